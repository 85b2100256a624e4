"""The door by which decisions come back: a body sends what it decided, and reads what became of each."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from contracts.calendar import Parity
from contracts.decisions import (
    NUMBER_MAX,
    WORDS_MAX,
    Amendment,
    AmendmentKind,
    Author,
    Decision,
    DecisionKind,
    Flaw,
    Payer,
    RefusalGround,
    Remedy,
    RemedyKind,
    School,
    Taken,
)
from contracts.identifiers import PartnerPseudonym, Siret
from hub.api.authorisation import CallerDep, DoorDep
from hub.api.shapes import Shape, Word
from hub.decisions.recording import Sender, record_decisions

router = APIRouter(prefix="/hub/v1", tags=["decisions"])
BATCH_MAX = 100
"""Decisions of one request; they are recorded in one transaction."""
Number = Annotated[str, Field(min_length=1, max_length=NUMBER_MAX)]
Words = Annotated[str, Field(min_length=1, max_length=WORDS_MAX)]
Band = Annotated[str, Field(max_length=4)]


class PayerShape(Shape):
    """One of two who pay: their line in your own name of it, their weeks or share, and their band of a tariff."""

    line: UUID
    band: Band = ""
    weeks: Parity = Parity.EVERY
    share: Annotated[int, Field(ge=1, le=100)] = 100


class SchoolShape(Shape):
    """A school: its name, and its number in the national register (UAI, with its letter)."""

    name: Words
    uai: Annotated[str, Field(pattern=r"^\d{7}[A-Z]$")]


class RemedyShape(Shape):
    """One way to contest: of which kind, before whom, and within how many months of being told."""

    kind: RemedyKind
    before: Words
    within_months: Annotated[int, Field(ge=1, le=24)]


class AuthorShape(Shape):
    """Who decided: service and function, and no name."""

    service: Words
    function: Words


class AmendmentShape(Shape):
    """What it does to an earlier decision, by that one's number."""

    kind: AmendmentKind
    number: Number


class DecisionShape(Shape):
    """One decision about one line, which is named by your own pseudonym of it."""

    kind: DecisionKind
    service: Word
    line: UUID
    number: Number
    decided_on: date
    notified_on: date | None = None
    valid_from: date
    valid_until: date | None = None
    band: Band = ""
    payers: Annotated[list[PayerShape], Field(max_length=2)] = Field(default_factory=list)
    school: SchoolShape | None = None
    refused_for: RefusalGround | None = None
    author: AuthorShape
    remedies: Annotated[list[RemedyShape], Field(min_length=1, max_length=6)]
    amends: AmendmentShape | None = None

    def told(self, siret: Siret) -> Decision:
        """Return it as the body with this SIRET decided it."""
        return Decision(
            kind=self.kind,
            decided_by=siret,
            service=self.service,
            line=PartnerPseudonym(self.line),
            number=self.number,
            decided_on=self.decided_on,
            notified_on=self.notified_on,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            author=Author(self.author.service, self.author.function),
            remedies=tuple(Remedy(one.kind, one.before, one.within_months) for one in self.remedies),
            band=self.band,
            payers=tuple(Payer(PartnerPseudonym(one.line), one.band, one.weeks, one.share) for one in self.payers),
            school=None if self.school is None else School(self.school.name, self.school.uai),
            refused_for=self.refused_for,
            amends=None if self.amends is None else Amendment(self.amends.kind, self.amends.number),
        )


class DecisionsShape(Shape):
    """What a body decided: each is recorded or refused by itself."""

    decisions: Annotated[list[DecisionShape], Field(min_length=1, max_length=BATCH_MAX)]


class DecisionOutcomeShape(Shape):
    """What became of one decision, in the order in which they were sent; ``flaw`` says why one was refused."""

    number: str
    outcome: Taken
    flaw: Flaw | None


class DecisionOutcomesShape(Shape):
    """What became of each."""

    decisions: list[DecisionOutcomeShape]


@router.post("/decisions")
def send_decisions(told: DecisionsShape, door: DoorDep, caller: CallerDep) -> DecisionOutcomesShape:
    """Record what your body decided; the family is told, and whoever may rest on it. A refused one hinders no other."""
    now = door.custody.now()
    for service in {one.service for one in told.decisions} & door.catalogue.services.keys():
        caller.require(service, door.catalogue.services[service].purpose)
    decisions = [one.told(caller.siret) for one in told.decisions]
    with door.custody.db.transaction() as tx:
        found = record_decisions(tx, door.catalogue, Sender(caller.siret), decisions, now=now)
    shown = [DecisionOutcomeShape(number=one.number, outcome=one.taken, flaw=one.flaw) for one in found]
    return DecisionOutcomesShape(decisions=shown)
