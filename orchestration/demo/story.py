"""The journey, step by step: each step does one thing for real and returns what to tell about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contracts.calendar import paris_day
from orchestration.demo.casting import bill_of, birth_certificate_of, forged_certificate, tax_notice_of
from orchestration.demo.people import Outside, Parent, expect, wait_for
from orchestration.journal import verify_all
from orchestration.pipelines.launching import launch_hand_over
from orchestration.stack.places import Places

CAISSE, FAMILLES, MAIRIE, BOURSES = "91000001200013", "91000002700011", "91000003500014", "91000004300018"
SERVICES = (
    ("school_enrolment", MAIRIE),
    ("canteen_enrolment", CAISSE),
    ("canteen_tariff", CAISSE),
    ("after_school", FAMILLES),
    ("bursary", BOURSES),
)
DAGSTER_PATIENCE = 120.0

Step = tuple[str, Callable[[], Iterator[str]]]


@dataclass
class Story:
    """What the steps hand on to one another."""

    places: Places
    figures: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Bring the people on stage."""
        self.solene = Parent(self.places, "solene")
        self.gontran = Parent(self.places, "gontran")
        self.outside = Outside(self.places)
        self.today = paris_day(datetime.now(UTC))
        self.child = ""
        self.bill = b""
        self.bill_document = ""

    def steps(self) -> list[Step]:
        """The journey in order."""
        return [
            ("a parent signs in", self.sign_in),
            ("she hands in the birth certificate, which links the child", self.birth_certificate),
            ("she asks for five services at once", self.requests),
            ("two more papers, and the school file settles", self.papers),
            ("a quotient familial is fetched in place of a paper", self.quotient),
            ("two agencies are notified, ask, and receive what they are entitled to", self.agencies),
            ("who may not, does not", self.refusals),
            ("a stranger claims the same child", self.stranger),
            ("the day's files go to the Caisse in its own format, through Dagster", self.hand_over),
            ("the same paper a second time is reuse", self.reuse),
            ("one paper is erased", self.erasure),
            ("who saw what, and why", self.trace),
            ("the journal verifies", self.journal),
        ]

    def sign_in(self) -> Iterator[str]:
        """The sandbox plays FranceConnect: code flow, PKCE, signed user information."""
        session = self.solene.sign_in()
        yield f"{session['given_names'][0]} {session['family_name']} came through FranceConnect ({session['level']})"

    def birth_certificate(self) -> Iterator[str]:
        """A PDF signed by the test civil registry: sealed, so the link is proved at once."""
        begun = datetime.now(UTC)
        paper = birth_certificate_of(self.places, self.today)
        receipt = self.solene.hand_in(paper, "application/pdf", "acte-de-naissance.pdf").json()
        yield f"receipt {receipt['receipt'][-12:]} for {receipt['length']:,} bytes, sealed before they were stored"
        found = self.solene.read_to_the_end(receipt["document"])
        self.figures["document_available_s"] = (datetime.now(UTC) - begun).total_seconds()
        expect(found["state"] == "available", f"the certificate is {found['state']}: {found['reason']}")
        children = wait_for(lambda: self.solene.get("/v1/children"), "the child is linked")
        self.child = children[0]["child"]
        yield f"{found['state']}, grade « {found['grade']} »: {children[0]['given_names'][0]} is linked to her mother"

    def requests(self) -> Iterator[str]:
        """Each request is acknowledged with date, service, contact and what is missing (CRPA L.112-11)."""
        for service, body in SERVICES:
            answer = self.solene.post(
                "/v1/requests",
                {
                    "child": self.child,
                    "school_year": self._school_year(),
                    "service": service,
                    "body": body,
                    "accuracy_sworn": True,
                    "reuse_authorised": True,
                },
            )
            expect(answer.status_code in (201, 409), f"request for {service}: {answer.status_code}")
            if answer.status_code == 201:
                told = answer.json()
                yield f"{told['service']}: acknowledged by {told['in_charge']['name']}"
        yield from self._file()

    def papers(self) -> Iterator[str]:
        """A bill with a 2D-Doc seal, and a photo of the sealed page of a tax notice."""
        self.bill = bill_of(self.places, self.today)
        photo = tax_notice_of(self.places, self.today)
        handed = [
            self.solene.hand_in(self.bill, "application/pdf", "facture.pdf").json()["document"],
            self.solene.hand_in(photo, "image/jpeg", "avis-impot.jpg").json()["document"],
        ]
        self.bill_document = handed[0]
        for document in handed:
            found = self.solene.read_to_the_end(document)
            expect(found["state"] == "available", f"{found['evidence_type']} is {found['state']}: {found['reason']}")
            yield f"{found['evidence_type']}: {found['state']}, grade « {found['grade']} »"
        wait_for(lambda: self._missing() == 0, "nothing is missing any more")
        yield from self._file()

    def quotient(self) -> Iterator[str]:
        """The Caisse's own call, under its own token: never handed to another body."""
        tariff = wait_for(
            lambda: next((r for r in self._requirements("canteen_tariff") if r["state"] == "satisfied"), None),
            "the quotient familial is fetched",
        )
        yield f"{tariff['by']}, grade « {tariff['grade']} », proposed tariff band {tariff['tariff_band']}"
        yield "nobody asked the family for a paper; the Caisse decides the tariff, the hub only proposes"

    def agencies(self) -> Iterator[str]:
        """A thin signed notification, then the partner asks with its own credentials."""
        for slug in ("caisse-13", "paris-familles"):
            found = wait_for(
                lambda slug=slug: (
                    (r := self.outside.received(slug))["asks"]  # type: ignore[misc]
                    and all(n["pulled"] for n in r["notifications"])
                    and r
                ),
                f"{slug} has received",
            )
            for ask in found["asks"]:
                for piece in ask["evidence"]:
                    expect(piece["digest_matches"], f"{slug} received other bytes than announced")
                    yield f"{slug}: {piece['type']} for {ask['purpose']}, {piece['size']:,} bytes, receipt given"

    def refusals(self) -> Iterator[str]:
        """Credentials alone open nothing, and a pseudonym is worth something to its own partner only."""
        mine = self.outside.received("caisse-13")["notifications"][0]
        question = {name: mine[name] for name in ("subject", "service", "requirement")} | {"purpose": mine["service"]}
        refused = self.outside.ask("sans-convention", question)
        expect(refused["status"] == 400, f"a partner without agreement was answered {refused['status']}")
        yield f"a body without agreement asks the same question: {refused['status']} {refused['detail']}"
        theirs = question | {"service": "after_school", "purpose": "after_school", "requirement": "child_identity"}
        nothing = self.outside.ask("paris-familles", theirs)
        expect(nothing["outcome"] == "none", f"another partner's pseudonym gave {nothing['outcome']}")
        yield "Paris Familles asks with the Caisse's pseudonym: « none », as for a child that does not exist"

    def stranger(self) -> Iterator[str]:
        """He is told what everybody is told, and learns nothing; the mother is warned, without his name."""
        self.gontran.sign_in()
        claim = {"family_name": "OUVRARD", "given_names": ["Maëlle"], "born_on": "2018-06-05"}
        unknown = claim | {"given_names": ["Personne"]}
        answers = [self.gontran.post("/v1/children", body) for body in (claim, unknown)]
        expect(answers[0].status_code == answers[1].status_code == 202, "claims are answered alike")
        expect(answers[0].json() == answers[1].json(), "a claim on a linked child reads like any other")
        forged = forged_certificate(self.places, self.today)
        paper = self.gontran.hand_in(forged, "application/pdf", "acte.pdf").json()["document"]
        self.gontran.read_to_the_end(paper)
        yield f"he claims her and hands in an unsigned certificate: « {answers[0].json()['en']} »"
        warned = wait_for(
            lambda: [line for line in self.solene.get("/v1/accesses") if "Une autre personne" in line["what"]],
            "the mother is warned",
        )
        expect(self.gontran.get("/v1/children") == [], "the stranger is linked to nobody")
        expect(self.gontran.get("/v1/school-files") == [], "the stranger sees no file")
        yield f"he sees no child and no file; she reads: « {warned[0]['what']} »"

    def hand_over(self) -> Iterator[str]:
        """An asset partitioned by binding and day; idempotence lies in our tables, not in a run key."""
        result = launch_hand_over(
            f"{self.places.url('dagster-web')}/graphql", "caisse-13-fichiers", self.today, DAGSTER_PATIENCE
        )
        expect(result.status == "SUCCESS", f"the run ended {result.status}")
        yield f"Dagster run {result.run_id[:8]} for caisse-13-fichiers | {self.today}: {dict(result.metadata)}"
        files = self.outside.files("caisse-13")
        expect(files and files[-1]["lines"], "the Caisse reads the file it got")
        yield f"the Caisse reads {files[-1]['name']}: {files[-1]['lines']} lines"

    def reuse(self) -> Iterator[str]:
        """Same content, same holder: offered as reuse, never silent; across holders nothing is ever compared."""
        answer = self.solene.hand_in(self.bill, "application/pdf", "facture-encore.pdf")
        expect(answer.status_code == 200 and answer.json()["reuse"], "the second deposit is reuse")
        yield answer.json()["reuse"]["en"]

    def erasure(self) -> Iterator[str]:
        """Withdrawn from every use at once; then the only key that opens it is destroyed."""
        answer = self.solene.http.delete(f"/v1/documents/{self.bill_document}")
        expect(answer.status_code == 202, f"erasure: {answer.status_code}")
        copies = answer.json()["case_copies"]
        wait_for(
            lambda: self.solene.get(f"/v1/documents/{self.bill_document}")["state"] == "erased", "the bill is erased"
        )
        yield f"the bill cannot be opened any more, not even from a backup; {len(copies)} case copies remain with services"
        yield from self._file()

    def trace(self) -> Iterator[str]:
        """The person reads every access to their papers (CRPA R.114-9-7)."""
        for line in reversed(self.solene.get("/v1/accesses")):
            if line["act"] in ("release", "refuse", "pull", "erase"):
                yield f"{line['at'][11:19]}  {line['who']}: {line['what']}" + (
                    f" ({line['why']})" if line["why"] else ""
                )

    def journal(self) -> Iterator[str]:
        """Every commitment, leaf and signed head is computed again."""
        words, holds = verify_all(self.places.layout, self.places.key("journal.pub"))
        expect(holds, words)
        yield words

    def _file(self) -> Iterator[str]:
        for file in self.solene.get("/v1/school-files"):
            for line in file["lines"]:
                states = ", ".join(f"{item['name']}: {item['state']}" for item in line["requirements"])
                yield f"  {_mark(line)} {line['service_name']}: {states}"

    def _missing(self) -> int:
        return sum(
            item["state"] == "missing"
            for file in self.solene.get("/v1/school-files")
            for line in file["lines"]
            for item in line["requirements"]
        )

    def _requirements(self, service: str) -> list[dict[str, Any]]:
        return [
            item
            for file in self.solene.get("/v1/school-files")
            for line in file["lines"]
            if line["service"] == service
            for item in line["requirements"]
        ]

    def _school_year(self) -> str:
        first = self.today.year if self.today.month >= 9 else self.today.year - 1
        return f"{first}-{first + 1}"


def _mark(line: dict[str, Any]) -> str:
    states = {item["state"] for item in line["requirements"]}
    return "·" if "missing" in states else "…" if states - {"satisfied"} else "✓"
