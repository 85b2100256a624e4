"""Exchanges as an operator looks for them: page by page from the newest, narrowed down, and one of them whole.

Nothing here reads a command or a body: identifiers, words of ours, moments and sizes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.engine import Row

from contracts.outcomes import OutcomeKind
from hub.errors import InvalidValue, NothingHere
from hub.exchanges.planning import State
from hub.exchanges.tables import BINDING_HEALTH, EXCHANGE, EXCHANGE_ATTEMPT
from vault.db import ReadTx

USUAL = (OutcomeKind.APPLIED, OutcomeKind.ACCEPTED, OutcomeKind.FOUND, OutcomeKind.EMPTY)
"""What most exchanges come to; the index of the others leaves them out."""
_UNUSUAL: ColumnElement[bool] = literal_column("exchange.outcome NOT IN ('applied', 'accepted', 'found', 'empty')")
"""Written out as the index has it: a plan made once must know that it serves."""
OPEN = tuple(one for one in State if one not in (State.SETTLED, State.CANCELLED))
PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; what is not told narrows nothing down.

    ``state`` is one of :class:`State`, ``outcome`` one of what exchanges come to.
    """

    binding: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: State | None = None
    outcome: OutcomeKind | None = None
    correlation: str | None = None
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One exchange in a list."""

    exchange_id: UUID
    binding: str
    operation: str
    state: State
    outcome: str | None
    outcome_code: str
    attempts: int
    correlation: str
    created_at: datetime
    settled_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some exchanges, newest first, and where the next page begins; nothing where there is none."""

    lines: tuple[Line, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Hop:
    """One attempt of an exchange: where to, how far it came, how much went each way, and what it came to."""

    number: int
    act: str
    target: str
    began_at: datetime
    ended_at: datetime | None
    phase: str | None
    status: int | None
    fault: str
    outcome: str | None
    outcome_code: str
    sent: int | None
    received: int | None
    kept: bool
    """Whether its bytes can still be looked at."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One exchange with everything the console shows of it."""

    line: Line
    kind: str | None
    write_class: str | None
    siret: str | None
    connector: str | None
    phase: str | None
    receipt: str | None
    decoded_with: str | None
    parent_id: UUID | None
    author: str | None
    approver: str | None
    hops: tuple[Hop, ...]


_COLUMNS = tuple(
    EXCHANGE.c[name]
    for name in (
        "exchange_id", "binding", "operation", "state", "outcome", "outcome_code", "attempts", "correlation",
        "created_at", "settled_at", "due_at",
    )
)  # fmt: skip
_MORE = (
    "kind",
    "write_class",
    "siret",
    "connector",
    "phase",
    "receipt",
    "decoded_with",
    "parent_id",
    "author",
    "approver",
)


def search(tx: ReadTx, filters: Filters, *, after: str | None = None, limit: int = PAGE) -> Page:
    """Return a page of exchanges, newest first; ``after`` is what the page before gave.

    Raises :class:`InvalidValue` for a place that no page gave.
    """
    statement = select(*_COLUMNS).where(*conditions(filters))
    if after is not None:
        statement = statement.where(tuple_(EXCHANGE.c.created_at, EXCHANGE.c.exchange_id) < tuple_(*_place(after)))
    newest = (EXCHANGE.c.created_at.desc(), EXCHANGE.c.exchange_id.desc())
    rows = tx.execute(statement.order_by(*newest).limit(limit + 1)).all()
    lines = tuple(_line(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(lines, f"{lines[-1].created_at.isoformat()}~{lines[-1].exchange_id}" if more else None)


def conditions(filters: Filters) -> list[Any]:
    """Return what ``filters`` asks for, as conditions on the table of exchanges."""
    found: list[Any] = []
    for column in ("binding", "correlation", "operation"):
        told = getattr(filters, column)
        if told:
            found.append(EXCHANGE.c[column] == told)
    if filters.since is not None:
        found.append(EXCHANGE.c.created_at >= filters.since)
    if filters.until is not None:
        found.append(EXCHANGE.c.created_at < filters.until)
    if filters.state is not None:
        found.append(EXCHANGE.c.state == filters.state.value)
        if filters.state in OPEN:
            # As the index of what is open has it.
            found.append(literal_column("exchange.state NOT IN ('settled', 'cancelled')"))
    if filters.outcome is not None:
        found.append(EXCHANGE.c.outcome == filters.outcome.value)
        if filters.outcome not in USUAL:
            found.append(_UNUSUAL)
    return found


def one_exchange(tx: ReadTx, exchange_id: UUID) -> Whole:
    """Return one exchange with its attempts; raises :class:`NothingHere`."""
    wanted = select(*_COLUMNS, *(EXCHANGE.c[name] for name in _MORE))
    row = tx.execute(wanted.where(EXCHANGE.c.exchange_id == exchange_id)).one_or_none()
    if row is None:
        raise NothingHere
    hops = tx.execute(
        select(EXCHANGE_ATTEMPT)
        .where(EXCHANGE_ATTEMPT.c.exchange_id == exchange_id)
        .order_by(EXCHANGE_ATTEMPT.c.number)
    )
    return Whole(_line(row), **{name: getattr(row, name) for name in _MORE}, hops=tuple(_hop(one) for one in hops))


def names_seen(tx: ReadTx) -> list[str]:
    """Return the bindings whose health was ever looked at, and those with something open."""
    looked = select(BINDING_HEALTH.c.binding).distinct()
    still: Select[Any] = (
        select(EXCHANGE.c.binding).where(literal_column("exchange.state NOT IN ('settled', 'cancelled')")).distinct()
    )
    return sorted(set(tx.execute(looked).scalars()) | set(tx.execute(still).scalars()))


def open_by_binding(tx: ReadTx) -> dict[str, dict[State, int]]:
    """Return how many exchanges are open with each binding, by state."""
    rows = tx.execute(
        select(EXCHANGE.c.binding, EXCHANGE.c.state, func.count().label("many"))
        .where(literal_column("exchange.state NOT IN ('settled', 'cancelled')"))
        .group_by(EXCHANGE.c.binding, EXCHANGE.c.state)
    )
    found: dict[str, dict[State, int]] = {}
    for row in rows:
        found.setdefault(row.binding, {})[State(row.state)] = row.many
    return found


def needs_person(tx: ReadTx, *, limit: int = PAGE) -> Sequence[Line]:
    """Return what waits for a person, oldest first: in doubt and not looked up by itself, parked, quarantined, proposed."""
    states = (State.PARKED.value, State.QUARANTINED.value, State.PROPOSED.value)
    doubt = and_(EXCHANGE.c.state == State.IN_DOUBT.value, EXCHANGE.c.due_at.is_(None))
    rows = tx.execute(
        select(*_COLUMNS)
        .where(
            literal_column("exchange.state NOT IN ('settled', 'cancelled')"), or_(EXCHANGE.c.state.in_(states), doubt)
        )
        .order_by(EXCHANGE.c.created_at, EXCHANGE.c.exchange_id)
        .limit(limit)
    )
    return [_line(row) for row in rows]


def _place(after: str) -> tuple[datetime, UUID]:
    moment, _, number = after.partition("~")
    try:
        found = datetime.fromisoformat(moment), UUID(number)
    except ValueError:
        raise InvalidValue("suite: a place that a page gave") from None
    if found[0].tzinfo is None:
        raise InvalidValue("suite: a place that a page gave")
    return found


def _line(row: "Row[Any]") -> Line:
    told = {column.name: getattr(row, column.name) for column in _COLUMNS}
    return Line(**{**told, "state": State(row.state), "outcome_code": row.outcome_code or ""})


def _hop(row: "Row[Any]") -> Hop:
    return Hop(
        number=row.number,
        act=row.act,
        target=row.target,
        began_at=row.began_at,
        ended_at=row.ended_at,
        phase=row.phase,
        status=row.status,
        fault=row.fault or "",
        outcome=row.outcome,
        outcome_code=row.outcome_code or "",
        sent=row.request_bytes,
        received=row.response_bytes,
        kept=row.body_id is not None,
    )
