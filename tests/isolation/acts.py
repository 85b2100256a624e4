"""What a parent, or a body for a parent, does at the doors: by either parent, at random, seen by the other or not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.journeys.doors import Partner, person_id, rows
from tests.journeys.uploading import begin
from tests.system import BOURSES, CAISSE, FAMILLES, MAIRIE, SCHOOL_YEAR, Resident

PDF, JPEG = "application/pdf", "image/jpeg"
BODIES = {
    "canteen_enrolment": CAISSE,
    "canteen_tariff": CAISSE,
    "after_school": FAMILLES,
    "bursary": BOURSES,
    "school_enrolment": MAIRIE,
}
_LINE = """SELECT line_id, service, body, request_id, agreement FROM hub.enrolment_line JOIN hub.request USING (line_id)
           LEFT JOIN (SELECT siret AS body, true AS agreement FROM hub.partner) p USING (body)
           WHERE payer_id = %(who)s AND retracted_at IS NULL ORDER BY recorded_at, line_id"""
_NAMED = """INSERT INTO hub.pseudonym SELECT body, 'file', line_id, gen_random_uuid() FROM hub.enrolment_line
            WHERE payer_id = %(who)s ON CONFLICT DO NOTHING"""
_SUBJECT = "SELECT value FROM hub.pseudonym WHERE kind = 'file' AND siret = %(body)s AND subject_id = %(line)s"


@dataclass(frozen=True)
class Turn:
    """Whose turn it is, for which child, with a number that decides the details."""

    person: Resident
    child: str
    number: int

    def pick(self, among: list[Any]) -> Any:
        """One of a list, by the number; nothing of none."""
        return among[self.number % len(among)] if among else None

    def lines(self) -> list[dict[str, Any]]:
        return rows(self.person.system, _LINE, who=person_id(self.person))

    def papers(self, state: str = "available") -> list[str]:
        found = self.person.http.get("/v1/documents").json()
        return [one["document"] for one in sorted(found, key=lambda one: one["received_at"]) if one["state"] == state]

    def post(self, path: str, **told: Any) -> httpx.Response:
        return self.person.http.post(path, json=told)


Act = Callable[[Turn], httpx.Response | None]


def hand_in_a_bill(turn: Turn) -> httpx.Response:
    paper = turn.person.system.papers().bill(turn.person, days_old=5 + turn.number % 70)
    return _hand_in(turn, paper, PDF, "proof_of_address")


def hand_in_a_tax_notice(turn: Turn) -> httpx.Response:
    paper = turn.person.system.papers().tax_notice(turn.person, reference_income=9_000 + 1_700 * turn.number)
    return _hand_in(turn, paper, JPEG, "tax_notice")


def hand_in_a_birth_certificate(turn: Turn) -> httpx.Response:
    (child,) = turn.person.children
    paper = turn.person.system.papers().birth_certificate(turn.person, child, issued_ago=100 + turn.number)
    return _hand_in(turn, paper, PDF, "birth_certificate")


def _hand_in(turn: Turn, paper: bytes, media_type: str, kind: str) -> httpx.Response:
    """Hand a paper in, for the first time or again, and wait until it is read."""
    answer = turn.person.hand_in(paper, media_type, kind=kind)
    assert answer.is_success, answer.text
    turn.person.concluded(answer.json()["document"])
    return turn.person.http.get("/v1/documents")


def begin_an_upload(turn: Turn) -> httpx.Response:
    return begin(turn.person, 1000 + turn.number)


def live_somewhere(turn: Turn) -> httpx.Response:
    home = {"postcode": f"750{1 + turn.number % 20:02d}", "confidential": turn.number % 2 == 0, "since": "2026-09-01"}
    turn.person.http.put("/v1/residence", json=home)
    return turn.person.http.get("/v1/residence")


def be_reached(turn: Turn) -> httpx.Response:
    contact = {"channel": "email", "value": f"boite-{turn.number}@exemple.example"}
    return turn.person.http.put("/v1/contact", json=contact)


def ask_for_a_service(turn: Turn) -> httpx.Response:
    return _request(turn, turn.pick([one for one in BODIES if one != "school_enrolment"]))


def enrol_at_school(turn: Turn) -> httpx.Response:
    """What the other parent has to confirm: the one request of which they are told."""
    return _request(turn, "school_enrolment")


def _request(turn: Turn, service: str) -> httpx.Response:
    wish = {"child": turn.child, "school_year": SCHOOL_YEAR, "service": service, "body": BODIES[service]}
    return turn.post("/v1/requests", **wish, accuracy_sworn=True, reuse_authorised=turn.number % 2 == 0)


def authorise(turn: Turn) -> httpx.Response | None:
    line = turn.pick(turn.lines())
    return None if line is None else turn.post("/v1/authorisations", request=str(line["request_id"]))


def step_an_authorisation(turn: Turn) -> httpx.Response | None:
    given = turn.pick(sorted(one["authorisation"] for one in turn.person.http.get("/v1/authorisations").json()))
    if given is None:
        return None
    address = f"/v1/authorisations/{given}"
    ways = (("DELETE", ""), ("POST", "/pause"), ("DELETE", "/pause"), ("POST", "/approval"), ("POST", "/refusal"))
    method, path = ways[turn.number % len(ways)]
    return turn.person.http.request(method, address + path)


def erase_a_paper(turn: Turn) -> httpx.Response | None:
    paper = turn.pick(turn.papers())
    return None if paper is None else turn.person.http.delete(f"/v1/documents/{paper}")


def replace_a_paper(turn: Turn) -> httpx.Response | None:
    papers = turn.papers()
    if len(papers) < 2:
        return None
    return turn.person.http.put(f"/v1/documents/{papers[-2]}/replacement", json={"by": papers[-1]})


def look_at_a_paper(turn: Turn) -> httpx.Response | None:
    paper = turn.pick(turn.papers())
    return None if paper is None else turn.post(f"/v1/documents/{paper}/preview-tickets")


def take_everything(turn: Turn) -> httpx.Response:
    return turn.post("/v1/export-tickets")


def lose_a_job(turn: Turn) -> httpx.Response:
    return turn.post("/v1/life-events", event="job_loss", **_today())


def separate(turn: Turn) -> httpx.Response:
    part = {"child": turn.child, "parity": ("even", "odd")[turn.number % 2], "share": 20 + turn.number}
    return turn.post("/v1/life-events", event="separation", parts=[part], **_today())


def move_house(turn: Turn) -> httpx.Response:
    told = {"on": "2026-10-01", "postcode": f"750{1 + turn.number % 20:02d}", "changing_school": []}
    sworn = {"confidential": turn.number % 2 == 0, "accuracy_sworn": True, "reuse_authorised": False}
    return turn.post("/v1/moves", **told, **sworn)


def claim_a_child(turn: Turn) -> httpx.Response:
    return turn.post("/v1/children", family_name="MARTIN", given_names=["Alba"], born_on="2019-02-03")


def be_asked_about(turn: Turn) -> httpx.Response | None:
    """A body asks the hub about one of the person's lines."""
    told = _subject(turn)
    if told is None:
        return None
    partner, subject, service = told
    requirement = turn.pick(["child_identity", "residence", "household_income", "custody"])
    return partner.ask(subject, service, requirement)


def be_asked_for_leave(turn: Turn) -> httpx.Response | None:
    """A body asks the person to allow the reuse of papers."""
    told = _subject(turn)
    if told is None:
        return None
    partner, subject, service = told
    wanted = {"requirement": "child_identity", "purpose": service, "on_behalf_of": f"treatment:{service}"}
    auth = partner.proving(partner.token())
    return partner.http.post("/hub/v1/authorisation-requests", json={"subject": str(subject), **wanted}, auth=auth)


def be_asked_by_a_body(turn: Turn) -> httpx.Response | None:
    """A body has the family asked for what the hub does not hold."""
    told = _subject(turn)
    if told is None:
        return None
    partner, subject, service = told
    wanted = {"requirement": turn.pick(["residence", "custody"]), "on_behalf_of": f"treatment:{service}"}
    auth = partner.proving(partner.token())
    return partner.http.post("/hub/v1/family-asks", json={"subject": str(subject), **wanted}, auth=auth)


SLUGS = {CAISSE: "caisse-13", FAMILLES: "paris-familles", MAIRIE: "mairie-13", BOURSES: "bourses"}


def _subject(turn: Turn) -> tuple[Partner, Any, str] | None:
    line = turn.pick([one for one in turn.lines() if one["body"] in SLUGS])
    if line is None:
        return None
    rows(turn.person.system, _NAMED, who=person_id(turn.person))
    (row,) = rows(turn.person.system, _SUBJECT, body=line["body"], line=line["line_id"])
    return Partner(turn.person.system, SLUGS[line["body"]]), row["value"], line["service"]


def _today() -> dict[str, Any]:
    return {"on": "2026-10-01", "accuracy_sworn": True, "reuse_authorised": False}


ACTS: tuple[Act, ...] = (
    ask_for_a_service,
    hand_in_a_bill,
    hand_in_a_tax_notice,
    hand_in_a_birth_certificate,
    begin_an_upload,
    live_somewhere,
    be_reached,
    authorise,
    step_an_authorisation,
    be_asked_about,
    be_asked_for_leave,
    be_asked_by_a_body,
    look_at_a_paper,
    take_everything,
    claim_a_child,
    separate,
    lose_a_job,
    replace_a_paper,
    erase_a_paper,
    move_house,
)
"""What is nobody else's business, whoever does it."""
