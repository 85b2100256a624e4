"""What became of a day's exchanges with one binding: counts by state and outcome, and nobody."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from contracts.calendar import day_of
from contracts.outcomes import OutcomeKind
from hub.exchanges.planning import State
from hub.exchanges.tables import EXCHANGE, TOLD_LINE
from hub.exchanges.ways import Way
from vault.db import Database
from vault.standing import standing

REFUSED = (OutcomeKind.REJECTED.value, OutcomeKind.CONFLICT.value, OutcomeKind.SUPERSEDED.value)
"""Answers after which a body does not have a line as we told it."""


@dataclass(frozen=True, slots=True)
class Day:
    """The exchanges that were planned on one day; ``refused`` are lines that the body does not have as it was told."""

    states: dict[str, int]
    outcomes: dict[str, int]
    refused: int

    @property
    def under_way(self) -> int:
        """How many are still to be carried out, or are right now."""
        return self.states.get(State.PLANNED, 0) + self.states.get(State.SENDING, 0)

    @property
    def waiting_for_a_person(self) -> int:
        """How many somebody has to look at: nobody knows what became of them, or they did not happen."""
        return sum(self.states.get(one, 0) for one in (State.IN_DOUBT, State.PARKED, State.QUARANTINED))


def look_at_day(db: Database, way: Way, day: date) -> Day:
    """Return what became of the exchanges with a binding that were planned on ``day`` (Europe/Paris)."""
    first, end = day_of(day)
    slug = way.binding.slug
    then = (EXCHANGE.c.binding == slug, EXCHANGE.c.created_at >= first, EXCHANGE.c.created_at < end)
    counted = select(EXCHANGE.c.state, EXCHANGE.c.outcome, func.count().label("n")).where(*then)
    refusing = (TOLD_LINE.c.binding == slug, TOLD_LINE.c.told_at >= first, TOLD_LINE.c.told_at < end)
    with standing(partner=way.binding.siret), db.read() as tx:
        rows = tx.execute(counted.group_by(EXCHANGE.c.state, EXCHANGE.c.outcome)).all()
        refused = tx.execute(select(func.count()).where(*refusing, TOLD_LINE.c.outcome.in_(REFUSED))).scalar_one()
    states: dict[str, int] = {}
    outcomes: dict[str, int] = {}
    for row in rows:
        states[row.state] = states.get(row.state, 0) + row.n
        if row.state == State.SETTLED:
            outcomes[row.outcome] = outcomes.get(row.outcome, 0) + row.n
    return Day(states, outcomes, int(refused))
