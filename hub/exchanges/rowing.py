"""The row of an exchange and of its attempts, as the engine changes them; each change is one step of its life."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row

from connectors.port import Exchange, WireRequest
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.exchanges.planning import State
from hub.exchanges.tables import EXCHANGE, EXCHANGE_ATTEMPT
from hub.exchanges.ways import Carried
from vault.db import ReadTx, WriteTx

SEND, LOOK_UP = "send", "look_up"


@dataclass(frozen=True, slots=True)
class Claim:
    """An exchange that this process carries out now: its row as it was, what it does, and the number of the attempt."""

    row: "Row[Any]"
    command: Any
    act: str
    number: int


def locked(tx: WriteTx, exchange_id: UUID) -> "Row[Any]":
    """Return the row of an exchange, held until the transaction ends."""
    return tx.execute(select(EXCHANGE).where(EXCHANGE.c.exchange_id == exchange_id).with_for_update()).one()


def put(tx: WriteTx, row: "Row[Any]", state: State, *, now: datetime, **values: Any) -> Carried:
    """Write down where an exchange stands now; it is held by nobody unless ``values`` say so."""
    told = {"leased_until": now, **values, "state": state.value}
    tx.execute(update(EXCHANGE).where(EXCHANGE.c.exchange_id == row.exchange_id).values(**told))
    return Carried(row.exchange_id, state, again=values.get("due_at"))


def stored(row: "Row[Any]") -> ExchangeOutcome | None:
    """Return the outcome in a row, without its data: what was found is evidence by now."""
    if row.outcome is None:
        return None
    kind = OutcomeKind(row.outcome)
    as_of = (row.settled_at or row.created_at) if kind is OutcomeKind.FOUND else None
    return ExchangeOutcome(kind, row.outcome_code or "", proof="stored", receipt=row.receipt or "", as_of=as_of)


def begin_attempt(tx: WriteTx, row: "Row[Any]", act: str, *, now: datetime) -> int:
    """Write an attempt down before its first byte; return its number."""
    number = last_attempt(tx, row.exchange_id) + 1
    tx.execute(
        insert(EXCHANGE_ATTEMPT).values(
            exchange_id=row.exchange_id,
            number=number,
            act=act,
            binding=row.binding,
            again=number > 1,
            target=row.operation,
            began_at=now,
        )
    )
    return number


def last_attempt(tx: ReadTx, exchange_id: UUID) -> int:
    """Return the number of the last attempt, 0 where there was none."""
    newest = select(func.coalesce(func.max(EXCHANGE_ATTEMPT.c.number), 0))
    return int(tx.execute(newest.where(EXCHANGE_ATTEMPT.c.exchange_id == exchange_id)).scalar_one())


def cut_off(tx: WriteTx, row: "Row[Any]", *, now: datetime) -> None:
    """Say of the attempt under which a process died that nobody knows how far it came."""
    tx.execute(
        update(EXCHANGE_ATTEMPT)
        .where(EXCHANGE_ATTEMPT.c.exchange_id == row.exchange_id, EXCHANGE_ATTEMPT.c.ended_at.is_(None))
        .values(ended_at=now, phase=Phase.SENT.value, fault="cut_off", outcome=OutcomeKind.IN_DOUBT.value)
    )


@dataclass(frozen=True, slots=True)
class Talked:
    """A conversation that is over: what was asked, where it could be; how far it came; what it came to."""

    request: WireRequest | None
    exchange: Exchange
    outcome: ExchangeOutcome


def end_attempt(tx: WriteTx, claim: Claim, talked: Talked, *, body_id: UUID | None, now: datetime) -> None:
    """Write down what an attempt came to."""
    request, exchange, outcome = talked.request, talked.exchange, talked.outcome
    values: dict[str, Any] = {
        "ended_at": now,
        "phase": exchange.phase.value,
        "status": exchange.status,
        "fault": exchange.fault or None,
        "outcome": outcome.kind.value,
        "outcome_code": outcome.code or None,
        "request_bytes": 0 if request is None else len(request.body),
        "response_bytes": len(exchange.body),
        "body_id": body_id,
    }
    mine = (EXCHANGE_ATTEMPT.c.exchange_id == claim.row.exchange_id, EXCHANGE_ATTEMPT.c.number == claim.number)
    tx.execute(update(EXCHANGE_ATTEMPT).where(*mine).values(**values))
