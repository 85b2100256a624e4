"""Agents of the sandbox at the residents' door, and what waits for them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from tests.journeys.doors import family, person_id, rows
from tests.system import MAIRIE, Resident, System, eventually

CLAIRE, BRUNO = "claire-agent", "bruno-agent"
"""Reviewers of the town hall, and of the one that decides for people whose arrondissement is not known."""
NADIA, LOUIS, ODILE = "nadia-agent", "louis-agent", "odile-agent"
"""Two reviewers and the operator of the caisse."""
SARAH, MARC = "sarah-agent", "marc-agent"
"""The City's operators, who answer for every partner; what one proposes, the other lets go."""
INES, PAUL = "ines-agent", "paul-agent"
"""A reviewer of Paris Familles, and an agent whom nobody gave a role."""
CENTRE = "91000066000019"
GOOD = {"outcome": "passed", "reason": "checked_on_sight"}
BAD = {"outcome": "failed", "reason": "other_person"}
UNSURE = {"outcome": "inconclusive", "reason": "unsure"}


@dataclass
class Agent:
    """An agent with a browser of their own."""

    system: System
    persona: str
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.system.door_url, follow_redirects=True, timeout=30)

    def enter(self) -> httpx.Response:
        """Sign in through ProConnect, whatever comes of it."""
        told = {"login_hint": self.persona, "return_to": "/agents"}
        return self.http.get("/sign-in/proconnect", params=told)

    def sign_in(self) -> "Agent":
        answer = self.enter()
        assert answer.status_code == 200, answer.text
        return self

    def queue(self, **wanted: str) -> list[dict[str, Any]]:
        """Everything that waits for this agent, page by page."""
        found, after = [], {}
        while True:
            page = self.http.get("/hub/v1/reviews", params={"limit": "100", **wanted, **after}).json()
            found += page["reviews"]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    def sees(self, review: UUID) -> bool:
        return str(review) in {one["review_id"] for one in self.queue()}

    def read(self, review: UUID) -> httpx.Response:
        return self.http.get(f"/hub/v1/reviews/{review}")

    def claim(self, review: UUID) -> httpx.Response:
        return self.http.post(f"/hub/v1/reviews/{review}/claim")

    def release(self, review: UUID) -> httpx.Response:
        return self.http.delete(f"/hub/v1/reviews/{review}/claim")

    def look(self, review: UUID, shown: str) -> httpx.Response:
        """Ask for a look and take it at the door that can open."""
        ticket = self.http.post(f"/hub/v1/reviews/{review}/looks", json={"shown": shown})
        return ticket if ticket.status_code != 201 else httpx.get(ticket.json()["href"], timeout=30)

    def say(self, review: UUID, opinion: dict[str, Any]) -> httpx.Response:
        return self.http.post(f"/hub/v1/reviews/{review}/opinions", json=opinion)

    def decide(self, review: UUID, opinion: dict[str, Any]) -> bool:
        """Take a review and say what one thinks of it; return whether that decided it."""
        assert self.claim(review).status_code == 200
        answer = self.say(review, opinion)
        assert answer.status_code == 201, answer.text
        decided: bool = answer.json()["decided"]
        return decided


def reviews_of(person: Resident, kind: str = "fit") -> list[dict[str, Any]]:
    """The reviews about a person, oldest first."""
    statement = "SELECT * FROM hub.review WHERE adult_id = %(adult)s AND kind = %(kind)s ORDER BY created_at"
    return rows(person.system, statement, adult=person_id(person), kind=kind)


def review_of(person: Resident, kind: str = "fit") -> UUID:
    """The one review that waits about a person, once it is there."""
    (found,) = eventually(lambda: [row for row in reviews_of(person, kind) if row["state"] == "waiting"])
    number: UUID = found["review_id"]
    return number


def applied(person: Resident, review: UUID) -> None:
    """Wait until what was decided is carried out."""
    statement = "SELECT applied_at FROM hub.review WHERE review_id = %(review)s"
    eventually(lambda: rows(person.system, statement, review=review)[0]["applied_at"])


def family_in_doubt(system: System, *, reuse: bool = True) -> tuple[Resident, UUID]:
    """A parent whose bill is in somebody else's name, so that an agent of the town hall must look at it."""
    parent, child = family(system)
    parent.request(child, "school_enrolment", MAIRIE, reuse=reuse)
    parent.hand_in_and_wait(system.papers().bill(Resident(system)), "application/pdf", kind="proof_of_address")
    return parent, review_of(parent)
