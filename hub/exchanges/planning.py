"""Write an exchange down before anything is sent: what it does, sealed; what makes it the same one; why it may be."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from connectors.port import Binding, Command, OperationKind, Replayable
from contracts.identifiers import ExchangeId, new_uuid
from hub.errors import PayloadDiffers
from hub.exchanges.tables import EXCHANGE
from hub.partners.suspending import refuse_while_stopped
from vault.bodies.keeping import BodyKind, Talk, period_key, seal_command
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.telemetry import carried

DUE = "exchange_due"
"""Announced at the commit of every plan; what is said is the binding, and nothing of anybody."""
CommandT = TypeVar("CommandT", bound=Command)


class State(StrEnum):
    """How an exchange stands."""

    PROPOSED = "proposed"
    """Somebody edited it; another person has to approve."""
    PLANNED = "planned"
    SENDING = "sending"
    SETTLED = "settled"
    IN_DOUBT = "in_doubt"
    PARKED = "parked"
    """It did not happen, and waits for a person."""
    QUARANTINED = "quarantined"
    """The answer waits for somebody who understands it."""
    CANCELLED = "cancelled"


class Decide(Protocol):
    """What else is decided with an exchange, in its transaction: above all, that what it brings may be released."""

    def __call__(self, tx: WriteTx, exchange_id: ExchangeId) -> None:
        """Decide; what it raises leaves no exchange."""
        ...


@dataclass(frozen=True, slots=True)
class Edit:
    """That an exchange repeats another with other content, and who wrote it; it waits for another person."""

    parent_id: UUID
    author: str


@dataclass(frozen=True, slots=True)
class Planned:
    """An exchange as it is written down: now, or before by somebody who asked for the same."""

    exchange_id: ExchangeId
    state: State
    outcome: str | None = None
    fresh: bool = False


def plan(
    tx: WriteTx,
    custody: Custody,
    with_whom: tuple[Replayable[CommandT], Binding],
    command: CommandT,
    *,
    correlation: str,
    decide: Decide | None = None,
    edit: Edit | None = None,
) -> Planned:
    """Write an exchange down in the caller's transaction; nothing is sent before that commits.

    The same natural key with the same content is the same exchange, whatever has become of it since. Who calls stands
    for the binding's body. A push is decided on where it is new: ``decide`` orders one release for each child, and
    without a ground it raises, so that there is no exchange and no byte.

    Raises :class:`PayloadDiffers` for another content under the same natural key,
    :class:`~hub.errors.ReleasesStopped`, and what ``decide`` raises.
    """
    codec, binding = with_whom
    if codec.manifest.operations[command.operation].kind is OperationKind.PUSH:
        refuse_while_stopped(tx)
    packed, exchange_id = codec.commands.dump_json(command), ExchangeId(new_uuid())
    values = _values(tx, custody, with_whom, command, exchange_id=exchange_id, packed=packed)
    values |= {"correlation": correlation, "traceparent": carried()}
    state = State.PLANNED
    if edit is not None:
        state = State.PROPOSED
        natural_key = f"{command.natural_key}#{exchange_id}"
        values |= {"parent_id": edit.parent_id, "author": edit.author, "natural_key": natural_key, "due_at": None}
    fresh = insert(EXCHANGE).values(**values, state=state.value).on_conflict_do_nothing()
    if tx.execute(fresh.returning(EXCHANGE.c.exchange_id)).scalar_one_or_none() is None:
        return _same(tx, binding.slug, command, values["request_digest"])
    if decide is not None:
        decide(tx, exchange_id)
    tx.execute(select(func.pg_notify(DUE, binding.slug)))
    return Planned(exchange_id, state, fresh=True)


def _values(
    tx: WriteTx,
    custody: Custody,
    with_whom: tuple[Replayable[CommandT], Binding],
    command: CommandT,
    *,
    exchange_id: ExchangeId,
    packed: bytes,
) -> dict[str, Any]:
    """Return the row of a new exchange, its command sealed under the key of its period."""
    codec, binding = with_whom
    operation, now = codec.manifest.operations[command.operation], custody.now()
    talk = Talk(binding.siret, binding.slug, BodyKind(operation.kind.value))
    sealed = seal_command(period_key(tx, custody, talk, now=now), exchange_id, packed)
    return {
        "exchange_id": exchange_id,
        "binding": binding.slug,
        "operation": command.operation,
        "natural_key": command.natural_key,
        "attempts": 0,
        "leased_until": now,
        "created_at": now,
        # Of what was packed: it holds pseudonyms that nobody guesses.
        "request_digest": hashlib.sha256(packed).digest(),
        "kind": operation.kind.value,
        "write_class": None if operation.write_class is None else operation.write_class.value,
        "siret": binding.siret,
        "connector": codec.manifest.connector,
        "due_at": now,
        "command": sealed.sealed,
        "command_period": sealed.period_id,
        "command_generation": sealed.generation,
    }


def _same(tx: WriteTx, binding: str, command: Command, digest: bytes) -> Planned:
    row: Row[Any] = tx.execute(
        select(EXCHANGE)
        .where(
            EXCHANGE.c.binding == binding,
            EXCHANGE.c.operation == command.operation,
            EXCHANGE.c.natural_key == command.natural_key,
        )
        .with_for_update()
    ).one()
    if row.request_digest is None or bytes(row.request_digest) != digest:
        raise PayloadDiffers(str(row.exchange_id))
    return Planned(ExchangeId(row.exchange_id), State(row.state), row.outcome)


Effect = Callable[[WriteTx, UUID, Any, Any], None]
"""What follows from an outcome in the transaction that keeps it: transaction, exchange, command, outcome."""
