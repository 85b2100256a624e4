"""The row of an exchange: written before anything is sent, leased while it runs, settled with one outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from connectors.port import HELD_BACK
from contracts.identifiers import ExchangeId, new_uuid
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.errors import ExchangeInFlight
from hub.exchanges.tables import EXCHANGE
from vault.db import WriteTx

LEASE = timedelta(seconds=60)
"""How long a process that carries out an exchange may be silent; longer than any conversation."""


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two exchanges the same one: binding, operation, and the partner's or our natural key."""

    binding: str
    operation: str
    natural_key: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An exchange this process may carry out now, or one that has its outcome already."""

    exchange_id: ExchangeId
    settled: str | None
    attempts: int


def begin(tx: WriteTx, key: Key, *, correlation: str, now: datetime, lease: timedelta = LEASE) -> Begun:
    """Write the exchange down as about to be sent, or take over one whose process was silent for ``lease``.

    Raises :class:`ExchangeInFlight` while another process holds it.
    """
    fresh = tx.execute(
        insert(EXCHANGE)
        .values(
            exchange_id=new_uuid(),
            binding=key.binding,
            operation=key.operation,
            natural_key=key.natural_key,
            correlation=correlation,
            state="sending",
            attempts=1,
            leased_until=now + lease,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(EXCHANGE.c.exchange_id)
    ).scalar_one_or_none()
    if fresh is not None:
        return Begun(ExchangeId(fresh), None, 1)
    row = tx.execute(
        select(EXCHANGE)
        .where(
            EXCHANGE.c.binding == key.binding,
            EXCHANGE.c.operation == key.operation,
            EXCHANGE.c.natural_key == key.natural_key,
        )
        .with_for_update()
    ).one()
    if row.state == "settled":
        return Begun(ExchangeId(row.exchange_id), row.outcome, row.attempts)
    if row.leased_until > now:
        raise ExchangeInFlight(str(row.exchange_id))
    values = {"attempts": row.attempts + 1, "leased_until": now + lease, "state": "sending"}
    tx.execute(update(EXCHANGE).where(EXCHANGE.c.exchange_id == row.exchange_id).values(**values))
    return Begun(ExchangeId(row.exchange_id), None, row.attempts + 1)


def hold(tx: WriteTx, begun: Begun) -> None:
    """Make sure that the exchange is still this process's to settle; raises :class:`ExchangeInFlight` where it is not.

    A process that was stopped for longer than its lease finds here that another one took over.
    """
    row = tx.execute(select(EXCHANGE).where(EXCHANGE.c.exchange_id == begun.exchange_id).with_for_update()).one()
    if row.state != "sending" or row.attempts != begun.attempts:
        raise ExchangeInFlight(str(begun.exchange_id))


def settle(
    tx: WriteTx,
    exchange_id: UUID,
    outcome: ExchangeOutcome,
    *,
    phase: Phase,
    now: datetime,
    digest: bytes | None = None,
) -> None:
    """Keep what the exchange came to; one in doubt stays open for a look-up or a person.

    ``digest`` is that of the bytes sent, where these cannot be guessed from a name and a date of birth.
    """
    doubt = outcome.kind is OutcomeKind.IN_DOUBT
    tx.execute(
        update(EXCHANGE)
        .where(EXCHANGE.c.exchange_id == exchange_id)
        .values(
            state="in_doubt" if doubt else "settled",
            phase=phase.value,
            outcome=outcome.kind.value,
            outcome_code=outcome.code,
            request_digest=digest,
            settled_at=None if doubt else now,
        )
    )


def postpone(tx: WriteTx, exchange_id: UUID, outcome: ExchangeOutcome, *, phase: Phase, until: datetime) -> None:
    """Keep that an attempt did not come through and may be repeated after ``until``.

    What we held back ourselves was no attempt: nothing is wrong at the partner's end, and its turn comes.
    """
    values: dict[str, object] = {"phase": phase.value, "outcome_code": f"{outcome.kind}:{outcome.code}"}
    values["leased_until"] = until
    if outcome.code == HELD_BACK:
        values["attempts"] = EXCHANGE.c.attempts - 1
    tx.execute(update(EXCHANGE).where(EXCHANGE.c.exchange_id == exchange_id).values(**values))
