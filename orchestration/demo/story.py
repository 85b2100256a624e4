"""The journey, step by step: each step does one thing for real and returns what to tell about it."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contracts.calendar import paris_day
from orchestration.demo.bodies import Bodies
from orchestration.demo.casting import LIV, YANN, bill_of, birth_certificate_of, forged_certificate, tax_notice_of
from orchestration.demo.people import Outside, Parent, expect, wait_for
from orchestration.journal import stamp_now, verify_all
from orchestration.pipelines.instance import PREFIX
from orchestration.pipelines.launching import launch_hand_over
from orchestration.stack.places import Places

CAISSE, FAMILLES, MAIRIE, BOURSES = "91000001200013", "91000002700011", "91000003500014", "91000004300018"
CAISSE_12, CAISSE_14 = "91000059500017", "91000060300019"
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
        self.requested = 0

    def steps(self) -> list[Step]:
        """The journey in order."""
        return [
            ("a parent signs in", self.sign_in),
            ("she hands in the birth certificate, which links the child", self.birth_certificate),
            ("she asks for five services at once", self.requests),
            ("two more papers, and the school file settles", self.papers),
            ("a quotient familial is fetched in place of a paper", self.quotient),
            ("two agencies are notified, ask, and receive what they are entitled to", self.agencies),
            ("the Caisse decides, and Paris Familles reuses its decision", self.decision),
            ("her other children eat at Caisses that speak SOAP, and the older RPC", self.siblings),
            ("each body is told in its own dialect, and what it decides comes back", self.bodies),
            ("who may not, does not", self.refusals),
            ("a stranger claims the same child", self.stranger),
            ("the day's files go to the Caisse in its own format, through Dagster", self.hand_over),
            ("the same paper a second time is reuse", self.reuse),
            ("one paper is erased", self.erasure),
            ("her account with the City shows where each request stands", self.dashboard),
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
            told = self._request(self.child, service, body)
            if told is not None:
                yield f"{told['service']}: acknowledged by {told['in_charge']['name']}"
        yield from self._file()

    def _request(self, child: str, service: str, body: str) -> dict[str, Any] | None:
        """Ask a body for a service; return its acknowledgement, or nothing where it was asked before."""
        answer = self.solene.post(
            "/v1/requests",
            {
                "child": child,
                "school_year": self._school_year(),
                "service": service,
                "body": body,
                "accuracy_sworn": True,
                "reuse_authorised": True,
            },
        )
        expect(answer.status_code in (201, 409), f"request for {service}: {answer.status_code}")
        if answer.status_code != 201:
            return None
        self.requested += 1
        return dict(answer.json())

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
                    (r := self.outside.received(slug))["asks"]  # type: ignore[misc]  # of a lambda with a default it infers nothing
                    and all(n["pulled"] for n in r["notifications"])
                    and r
                ),
                f"{slug} has received",
            )
            for ask in found["asks"]:
                for piece in ask["evidence"]:
                    expect(piece["digest_matches"], f"{slug} received other bytes than announced")
                    yield f"{slug}: {piece['type']} for {ask['purpose']}, {piece['size']:,} bytes, receipt given"

    def decision(self) -> Iterator[str]:
        """The hub proposed; the Caisse's own decision comes back, and is what others are answered from then on."""
        line = self._subject("caisse-13", "canteen_tariff")
        first, _, second = self._school_year().partition("-")
        decided = {
            "kind": "tariff",
            "service": "canteen_tariff",
            "line": line,
            "number": f"DEMO-{self.today}",
            "decided_on": self.today.isoformat(),
            "valid_from": f"{first}-09-01",
            "valid_until": f"{second}-08-31",
            "band": "3",
            "author": {"service": "Restauration scolaire", "function": "Responsable des tarifs"},
            "remedies": [{"kind": "court", "before": "le tribunal administratif de Paris", "within_months": 2}],
        }
        told = self.outside.decide("caisse-13", "canteen_tariff", decided)
        (outcome,) = told["answer"]["decisions"]
        expect(outcome["outcome"] in ("recorded", "repeated"), f"the decision was {outcome}")
        yield f"Caisse des écoles du 13e: {outcome['outcome']}, band {decided['band']}, number {decided['number']}"
        found = wait_for(
            lambda: next(
                (r for r in self._requirements("after_school") if r["id"] == "tariff_decision" and r["since"]), None
            ),
            "Paris Familles may rest on the decision",
        )
        yield f"she reads it in her school file: « {found['by']} », band {found['tariff_band']}, and how to contest it"
        question = {"service": "after_school", "purpose": "after_school", "requirement": "tariff_decision"}
        subject = self._subject("paris-familles", "after_school")
        answer = self.outside.ask("paris-familles", question | {"subject": subject, "wants": "answer"})
        expect(answer["outcome"] == "answer", f"Paris Familles was answered {answer['outcome']} {answer['detail']}")
        says = _claims(answer["answer"]["signed"])["answer"]
        expect(says["tariff_band"] == "3", "the decided band is what Paris Familles reads")
        days = f"from {says['valid_from']} to {says['valid_until']}"
        yield f"Paris Familles is answered: band {says['tariff_band']}, {says['decision']} by {says['decided_by']}, {days}"

    def siblings(self) -> Iterator[str]:
        """The same papers serve for them: nothing is asked a second time but who they are."""
        children = {LIV: CAISSE_12, YANN: CAISSE_14}
        for child in children:
            paper = birth_certificate_of(self.places, self.today, child)
            self.solene.hand_in(paper, "application/pdf", f"acte-{child.first_names}.pdf")
        linked = wait_for(
            lambda: len(found := self.solene.get("/v1/children")) == 3 and found, "the other children are linked"
        )
        by_name = {one["given_names"][0]: one["child"] for one in linked}
        for child, caisse in children.items():
            wanted = [("canteen_enrolment", caisse), ("canteen_tariff", caisse)]
            for service, body in [*wanted, ("after_school", FAMILLES)] if child is LIV else wanted:
                self._request(by_name[child.first_names], service, body)
            yield f"{child.first_names} is linked to her mother, and enrolled at {caisse}"
        wait_for(lambda: self._missing() == 0, "nothing is missing for them")
        bands = {one["tariff_band"] for one in self._requirements("canteen_tariff") if one["id"] == "household_income"}
        yield f"no other paper was asked for: proposed bands {', '.join(sorted(filter(None, bands)))}"

    def bodies(self) -> Iterator[str]:
        """Planned under the pipelines' login, which holds no secret of any partner; carried by the worker's engine."""
        with Bodies(self.places, self.today) as told:
            for slug in ("caisse-12-soap", "caisse-14-rpc"):
                yield from told.told(slug)
                yield from told.asked(slug)
            if told.decided:
                found = wait_for(
                    lambda: [
                        r for r in self._requirements("after_school") if r["id"] == "tariff_decision" and r["since"]
                    ][1:],
                    "the decision that was fetched is reused",
                )
                yield f"Liv's after-school line rests on it: band {found[0]['tariff_band']}, from « {found[0]['by']} »"
            for slug in ("mairie-13-rest", "bourses-rest", "paris-familles-rest"):
                yield from told.told(slug)

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
            f"{self.places.url('dagster-web')}{PREFIX}/graphql", "caisse-13-fichiers", self.today, DAGSTER_PATIENCE
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

    def dashboard(self) -> Iterator[str]:
        """She signs in with that account as well; whoever has none has no dashboard, and whoever wants none says so."""
        browser = Parent(self.places, "solene")
        browser.sign_in()
        joined = browser.http.post("/comptes", data={"provider": "mon-paris", "login_hint": browser.persona})
        expect(joined.status_code == 200, f"her account with the City: {joined.status_code}")
        # Told a second time the story asks for nothing new, and the sandbox has forgotten what it was shown.
        wait_for(lambda: len(self.outside.dashboard()) >= self.requested, "the dashboard shows them")
        for (service, word), many in sorted(Counter(self.outside.dashboard()).items()):
            yield f"{service}: {word}" + (f", {many} times" if many > 1 else "")

    def trace(self) -> Iterator[str]:
        """The person reads every access to their papers (CRPA R.114-9-7)."""
        for line in reversed(self.solene.get("/v1/accesses")):
            if line["act"] in ("release", "refuse", "pull", "erase"):
                yield f"{line['at'][11:19]}  {line['who']}: {line['what']}" + (
                    f" ({line['why']})" if line["why"] else ""
                )

    def journal(self) -> Iterator[str]:
        """Every commitment, leaf and signed head is computed again; an authority outside says when it saw the newest."""
        yield stamp_now(self.places.layout)[0]
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

    def _subject(self, slug: str, service: str) -> str:
        """What a partner calls its line, from a notification."""
        told = self.outside.received(slug)["notifications"]
        return str(next(one["subject"] for one in told if one["service"] == service))

    def _school_year(self) -> str:
        first = self.today.year if self.today.month >= 9 else self.today.year - 1
        return f"{first}-{first + 1}"


def _claims(token: str) -> dict[str, Any]:
    """Return what a signed answer says; whoever relies on it verifies it first."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def _mark(line: dict[str, Any]) -> str:
    states = {item["state"] for item in line["requirements"]}
    return "·" if "missing" in states else "…" if states - {"satisfied"} else "✓"
