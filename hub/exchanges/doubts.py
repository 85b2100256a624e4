"""What waits for a person, and what a person says became of it; each decision is in the journal with its reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.engine import Row

from connectors.port import OperationKind, WriteClass
from contracts.identifiers import ExchangeId
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.errors import InvalidValue, NothingHere, NotRepeatable
from hub.exchanges.concluding import settle as settle_row
from hub.exchanges.planning import Decide, State
from hub.exchanges.rowing import locked, put
from hub.exchanges.tables import EXCHANGE
from hub.exchanges.ways import Carried
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry

REASON_MAX = 200
_HARMLESS = (None, WriteClass.KEYED.value, WriteClass.NATURAL.value)


class Settled(StrEnum):
    """What a person says became of an exchange, or what is to be done with it."""

    HAPPENED = "happened"
    AGAIN = "again"
    """It did not happen, or a repeat is harmless: it is carried out once more."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An exchange that waits for a person; identifiers and words of ours."""

    exchange_id: UUID
    binding: str
    siret: str
    operation: str
    state: State
    outcome_code: str
    attempts: int
    since: datetime
    repeatable: bool
    """Whether it may be carried out again without anybody knowing what became of it."""


def waiting(tx: ReadTx) -> list[Waiting]:
    """Return what waits for a person, oldest first; what is still looked up by itself does not."""
    states = (State.PARKED.value, State.QUARANTINED.value, State.PROPOSED.value)
    doubt = (EXCHANGE.c.state == State.IN_DOUBT.value) & EXCHANGE.c.due_at.is_(None)
    rows = tx.execute(
        select(EXCHANGE)
        .where(EXCHANGE.c.siret.is_not(None), or_(EXCHANGE.c.state.in_(states), doubt))
        .order_by(EXCHANGE.c.created_at)
    )
    return [
        Waiting(
            row.exchange_id,
            row.binding,
            row.siret,
            row.operation,
            State(row.state),
            row.outcome_code or "",
            row.attempts,
            row.created_at,
            _repeatable(row),
        )
        for row in rows
    ]


def settle(tx: WriteTx, exchange_id: UUID, how: Settled, reason: str, *, actor: Actor, now: datetime) -> Carried:
    """Write down what a person says of an exchange; who calls stands for the body at its other end.

    Of what is in doubt a person may say that it happened, or that it did not, and it is carried out again then. Raises
    :class:`NothingHere`, :class:`InvalidValue` for no reason, and :class:`NotRepeatable` where nothing is to be decided.
    """
    said = said_why(reason)
    row = _found(tx, exchange_id)
    state = State(row.state)
    if not may(how, state, row.write_class):
        raise NotRepeatable(f"{state}: {how}")
    append(tx, entry_about(row, actor, {"settled": how.value, "reason": said}))
    if how is Settled.HAPPENED:
        outcome = ExchangeOutcome(OutcomeKind.APPLIED, code="person")
        return settle_row(tx, row, outcome, phase=Phase(row.phase or Phase.SENT), now=now)
    if how is Settled.CANCELLED:
        return put(tx, row, State.CANCELLED, now=now, due_at=None)
    return put(tx, row, State.PLANNED, now=now, due_at=now, attempts=0, outcome=None)


def ask_partner(tx: WriteTx, exchange_id: UUID, reason: str, *, actor: Actor, now: datetime) -> Carried:
    """Have the partner asked now what became of an exchange in doubt, where its connector can ask.

    Raises as :func:`settle`; :class:`NotRepeatable` too where a repeat of its kind cannot be looked up.
    """
    said = said_why(reason)
    row = _found(tx, exchange_id)
    if row.state != State.IN_DOUBT or row.write_class != WriteClass.LOOKUP:
        raise NotRepeatable(f"{row.state}: nothing to look up")
    append(tx, entry_about(row, actor, {"settled": "look_up", "reason": said}))
    return put(tx, row, State.IN_DOUBT, now=now, due_at=now)


def approve(tx: WriteTx, exchange_id: UUID, *, approver: Actor, decide: Decide | None, now: datetime) -> Carried:
    """Let an exchange go that another person edited; the one it repeats is over then.

    ``decide`` looks for a ground anew: what was lawful for the first need not be for this one. Raises
    :class:`NothingHere`, :class:`NotRepeatable` where nothing is proposed, or by who proposed it, and what ``decide``
    raises.
    """
    row = _found(tx, exchange_id)
    if row.state != State.PROPOSED or row.author == approver.id:
        raise NotRepeatable(f"{row.state}: approved by who proposed it" if row.author == approver.id else row.state)
    if decide is not None:
        decide(tx, ExchangeId(exchange_id))
    append(tx, entry_about(row, approver, {"instead_of": str(row.parent_id), "author": row.author}))
    parent = locked(tx, row.parent_id)
    if parent.state != State.SETTLED:
        put(tx, parent, State.CANCELLED, now=now, due_at=None)
    return put(tx, row, State.PLANNED, now=now, due_at=now, approver=approver.id)


_MAY = {
    (Settled.HAPPENED, State.IN_DOUBT),
    (Settled.HAPPENED, State.QUARANTINED),
    (Settled.AGAIN, State.IN_DOUBT),
    (Settled.AGAIN, State.PARKED),
    (Settled.AGAIN, State.QUARANTINED),
    (Settled.CANCELLED, State.PARKED),
    (Settled.CANCELLED, State.QUARANTINED),
}


def may(how: Settled, state: State, write_class: str | None) -> bool:
    """Tell whether a person may say this of an exchange that stands so."""
    harmless = write_class in _HARMLESS
    return (how, state) in _MAY and (harmless or how is not Settled.AGAIN or state is not State.QUARANTINED)


def _repeatable(row: "Row[tuple[object, ...]]") -> bool:
    return row.write_class in _HARMLESS and row.state in (State.PARKED.value, State.QUARANTINED.value)


def said_why(reason: str) -> str:
    """Return a reason as it is kept; raises :class:`InvalidValue` without one, and for one that is too long."""
    said = reason.strip()
    if not 1 <= len(said) <= REASON_MAX:
        raise InvalidValue(f"reason: 1 to {REASON_MAX} characters")
    return said


def _found(tx: WriteTx, exchange_id: UUID) -> "Row[Any]":
    found = tx.execute(select(EXCHANGE.c.exchange_id).where(EXCHANGE.c.exchange_id == exchange_id)).one_or_none()
    if found is None:
        raise NothingHere
    return locked(tx, exchange_id)


def entry_about(row: "Row[Any]", actor: Actor, told: dict[str, str]) -> JournalEntry:
    """Return what the journal keeps of what somebody decided about an exchange."""
    act = JournalAct.PUSH if row.kind == OperationKind.PUSH else JournalAct.PULL
    return JournalEntry(
        act, actor, recipient=row.siret, detail={"exchange": str(row.exchange_id), "binding": row.binding, **told}
    )
