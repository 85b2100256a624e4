"""What one day with one binding came to: how many exchanges stand where, how fresh each operation is, and what is usual."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, case, exists, func, literal_column, select

from connectors.port import Binding, OperationKind
from contracts.calendar import day_of, paris_day
from contracts.outcomes import OutcomeKind
from hub.exchanges.planning import State
from hub.exchanges.tables import EXCHANGE
from hub.releases.tables import RELEASE
from hub.requests.tables import ENROLMENT_LINE
from hub.school_files.tables import SATISFACTION
from vault.db import Database, ReadTx
from vault.standing import standing

WELL = frozenset(
    {
        OutcomeKind.APPLIED,
        OutcomeKind.ACCEPTED,
        OutcomeKind.DUPLICATE,
        OutcomeKind.SUPERSEDED,
        OutcomeKind.EMPTY,
        OutcomeKind.ABSENT,
        OutcomeKind.FOUND,
    }
)
"""Business was done, or there was none to do."""
_UNDER_WAY = frozenset({State.PLANNED, State.SENDING, State.PROPOSED})
_STUCK = frozenset({State.PARKED, State.QUARANTINED})
_WEEKS = 4
"""How many days of the same name are compared with; fewer than three say nothing."""


@dataclass(frozen=True, slots=True)
class Volume:
    """How much an operation brought on a day, and what is usual on that day of the week, where enough is known."""

    here: int
    usual: float | None

    def within(self, change_max: float | None) -> bool:
        """Tell whether it differs by no more than ``change_max``, a share of what is usual."""
        if change_max is None or self.usual is None:
            return True
        return abs(self.here - self.usual) <= change_max * max(self.usual, 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """One day of one binding, in exchanges; ``families`` are those of which something is still open."""

    well: int
    refused: int
    under_way: int
    in_doubt: int
    stuck: int
    families: int
    newest: Mapping[str, datetime]
    """When each operation last did its business, whatever the day; within :data:`_WEEKS` weeks."""
    volumes: Mapping[str, Volume]

    @property
    def whole(self) -> int:
        """How many there are in all; each is counted under one word."""
        return self.well + self.refused + self.under_way + self.in_doubt + self.stuck


def tally_day(db: Database, binding: Binding, day: date, *, now: datetime) -> Tally:
    """Count what was begun with ``binding`` for ``day`` (Europe/Paris); changes nothing.

    That is on the day, on its morrow, when its night is done, and today, when it may be done once more.
    """
    with standing(partner=binding.siret), db.read() as tx:
        of_day = _of_day(binding.slug, day, now)
        counts = _by_standing(tx, of_day)
        return Tally(
            well=counts["well"],
            refused=counts["refused"],
            under_way=counts["under_way"],
            in_doubt=counts["in_doubt"],
            stuck=counts["stuck"],
            families=_families(tx, of_day),
            newest=_newest(tx, binding.slug, now=now),
            # A night is done on the morrow, and what it brings is compared by that day of the week.
            volumes=_volumes(tx, binding.slug, min(day + timedelta(days=1), paris_day(now))),
        )


def _began(slug: str, first: datetime, last: datetime) -> tuple[Any, ...]:
    return EXCHANGE.c.binding == slug, EXCHANGE.c.created_at >= first, EXCHANGE.c.created_at < last


def _of_day(slug: str, day: date, now: datetime) -> tuple[ColumnElement[bool], ...]:
    first, last = day_of(day)[0], day_of(day + timedelta(days=1))[1]
    then = (EXCHANGE.c.created_at >= first) & (EXCHANGE.c.created_at < last)
    return EXCHANGE.c.binding == slug, then | (EXCHANGE.c.created_at >= day_of(paris_day(now))[0])


def _by_standing(tx: ReadTx, of_day: tuple[ColumnElement[bool], ...]) -> Counter[str]:
    rows = tx.execute(
        select(EXCHANGE.c.state, EXCHANGE.c.outcome, func.count().label("many"))
        .where(*of_day, EXCHANGE.c.state != State.CANCELLED.value)
        .group_by(EXCHANGE.c.state, EXCHANGE.c.outcome)
    )
    found: Counter[str] = Counter()
    for row in rows:
        found[_word(State(row.state), row.outcome)] += row.many
    return found


def _word(state: State, outcome: str | None) -> str:
    if state in _UNDER_WAY:
        return "under_way"
    if state in _STUCK:
        return "stuck"
    if state is State.IN_DOUBT:
        return "in_doubt"
    return "well" if outcome in WELL else "refused"


def families_of_day(db: Database, binding: Binding, day: date, *, now: datetime) -> int:
    """Count the families at the body of ``binding`` for whom something came together on ``day``, or is still open."""
    first, last = day_of(day)
    that_day = exists().where(
        SATISFACTION.c.line_id == ENROLMENT_LINE.c.line_id, SATISFACTION.c.since >= first, SATISFACTION.c.since < last
    )
    statement = select(func.count(func.distinct(ENROLMENT_LINE.c.payer_id))).where(
        ENROLMENT_LINE.c.body == binding.siret, ENROLMENT_LINE.c.retracted_at.is_(None), that_day
    )
    with standing(partner=binding.siret), db.read() as tx:
        return max(int(tx.execute(statement).scalar_one()), _families(tx, _of_day(binding.slug, day, now)))


def _families(tx: ReadTx, of_day: tuple[ColumnElement[bool], ...]) -> int:
    """Count families whose child is in something of the day that is not done."""
    statement = (
        select(func.count(func.distinct(ENROLMENT_LINE.c.payer_id)))
        .select_from(EXCHANGE)
        .join(RELEASE, RELEASE.c.exchange_id == EXCHANGE.c.exchange_id)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == RELEASE.c.line_id)
        .where(*of_day, EXCHANGE.c.state.not_in((State.SETTLED.value, State.CANCELLED.value)))
    )
    return int(tx.execute(statement).scalar_one())


def _newest(tx: ReadTx, slug: str, *, now: datetime) -> dict[str, datetime]:
    done = case((EXCHANGE.c.outcome.in_([one.value for one in WELL]), EXCHANGE.c.settled_at))
    statement = (
        select(EXCHANGE.c.operation, func.max(done).label("newest"))
        .where(*_began(slug, now - timedelta(weeks=_WEEKS), now + timedelta(days=1)))
        .group_by(EXCHANGE.c.operation)
    )
    return {row.operation: row.newest for row in tx.execute(statement) if row.newest is not None}


def _volumes(tx: ReadTx, slug: str, day: date) -> dict[str, Volume]:
    """Count children in what was brought, exchanges in what was fetched, on this day and on those of its name before."""
    days = [day - timedelta(weeks=week) for week in range(_WEEKS + 1)]
    here: ColumnClause[date] = literal_column("(created_at AT TIME ZONE 'Europe/Paris')::date")
    children = select(func.count()).where(RELEASE.c.exchange_id == EXCHANGE.c.exchange_id).scalar_subquery()
    many = func.sum(case((EXCHANGE.c.kind == OperationKind.PULL.value, 1), else_=children))
    first, last = day_of(days[-1])[0], day_of(day)[1]
    rows = tx.execute(
        select(EXCHANGE.c.operation, here.label("day"), many.label("many"))
        .where(*_began(slug, first, last), here.in_(days))
        .group_by(EXCHANGE.c.operation, here)
    )
    found: dict[str, dict[date, int]] = {}
    for row in rows:
        found.setdefault(row.operation, {})[row.day] = int(row.many)
    return {operation: _volume(by_day, days) for operation, by_day in found.items()}


def _volume(by_day: Mapping[date, int], days: list[date]) -> Volume:
    before = [by_day[one] for one in days[1:] if one in by_day]
    return Volume(by_day.get(days[0], 0), median(before) if len(before) >= _WEEKS - 1 else None)
