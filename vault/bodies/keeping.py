"""Keep the exact bytes of a conversation with a partner, and the command that led to it, until their period's key goes."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.identifiers import new_uuid
from vault.bodies.tables import BODY, BODY_PERIOD
from vault.crypto.envelope import DataKey, open_whole, seal_stream
from vault.crypto.holders import HolderKey, ValueContext, WrapContext, seal_value, wrap_data_key
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.errors import BodyGone
from vault.storage.objects import ObjectName, new_object_name

PULLED_FOR = timedelta(days=6)
"""After which day the answers of a day go: seven days are the most, and the run that destroys them may be a day late."""
PUSHED_FOR = timedelta(days=92)
"""How long after the month what we sent is kept, so that what a partner denies can still be shown to it."""
_VERSION = 1
_MEDIA_TYPE = "application/vnd.unefois.exchange"
_COMMAND = "exchange.command"


class BodyKind(StrEnum):
    """Whether a conversation fetched something or brought something; it decides how long its bytes are kept."""

    PULL = "pull"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Talk:
    """With whom, over what: the recipient, the binding, and which way; each has keys of its own."""

    siret: str
    binding: str
    kind: BodyKind

    def begins(self, day: date) -> date:
        """Return the first day of the period that ``day`` lies in: a day for what is pulled, a month for what is pushed."""
        return day if self.kind is BodyKind.PULL else day.replace(day=1)

    def goes_on(self, begins: date) -> date:
        """Return the day on which the key of the period that begins on ``begins`` is destroyed."""
        if self.kind is BodyKind.PULL:
            return begins + PULLED_FOR
        following = (begins + timedelta(days=31)).replace(day=1)
        return following + PUSHED_FOR


@dataclass(frozen=True, slots=True)
class SealedBody:
    """Ciphertext that lies in the store and that nobody can open until its key is committed."""

    body_id: UUID
    object_name: ObjectName
    data_key: DataKey = field(repr=False)
    commitment: bytes = field(repr=False)
    length: int


@dataclass(frozen=True, slots=True)
class SealedCommand:
    """A command under a period's key: what the key's row is, and the ciphertext."""

    period_id: UUID
    generation: int
    sealed: bytes = field(repr=False)


def period_key(tx: WriteTx, custody: Custody, talk: Talk, *, now: datetime) -> HolderKey:
    """Return the key of the period that ``now`` lies in, made where there is none; needs the right to wrap only."""
    begins = talk.begins(paris_day(now))
    row = {"siret": talk.siret, "binding": talk.binding, "kind": talk.kind.value, "begins": begins}
    fresh = insert_unless(BODY_PERIOD).values(period_id=new_uuid(), goes_on=talk.goes_on(begins), **row)
    tx.execute(fresh.on_conflict_do_nothing())
    wanted = select(BODY_PERIOD.c.period_id).where(*(BODY_PERIOD.c[name] == value for name, value in row.items()))
    return custody.keys.current(tx, tx.execute(wanted).scalar_one())


def seal_command(key: HolderKey, owner_id: UUID, packed: bytes) -> SealedCommand:
    """Seal what an exchange is going to do, for its row."""
    sealed = seal_value(key, packed, ValueContext(key.holder_id, owner_id, _COMMAND))
    return SealedCommand(key.holder_id, key.generation, sealed)


def open_command(tx: ReadTx, custody: Custody, owner_id: UUID, command: SealedCommand) -> bytes:
    """Return what was sealed for the row ``owner_id``.

    Raises :class:`~vault.errors.BodyGone` where the period's key was destroyed, and as
    :meth:`vault.crypto.holders.HolderKeys.open` does.
    """
    key = _key(tx, custody, command.period_id, command.generation)
    context = ValueContext(command.period_id, owner_id, _COMMAND)
    return custody.keys.open(key).open_value(command.sealed, context)


def seal_body(custody: Custody, content: bytes) -> SealedBody:
    """Seal and store the bytes of one conversation, before the transaction that says what it came to."""
    body_id, name = new_uuid(), new_object_name()
    sealer = seal_stream(body_id, _VERSION)
    ciphertext = sealer.update(content) + sealer.finish()
    custody.objects.put(name, (ciphertext,), len(ciphertext))
    return SealedBody(body_id, name, sealer.data_key, sealer.commitment, len(content))


def keep_body(tx: WriteTx, key: HolderKey, sealed: SealedBody, *, now: datetime) -> UUID:
    """Make stored bytes exist: write their key down under the period's; return their number.

    Raises :class:`~vault.errors.ObjectCondemned` where they lay so long without their row that they are being swept
    away: what was said is sealed and stored anew, under another name.
    """
    tx.execute(
        insert(BODY).values(
            body_id=sealed.body_id,
            period_id=key.holder_id,
            generation=key.generation,
            object_name=sealed.object_name,
            length=sealed.length,
            wrapped_key=wrap_data_key(key, sealed.data_key, _context(key.holder_id, sealed)),
            commitment=sealed.commitment,
            stored_at=now,
        )
    )
    return sealed.body_id


def open_body(tx: ReadTx, custody: Custody, body_id: UUID) -> bytes:
    """Return the bytes of one conversation, verified whole.

    Raises :class:`~vault.errors.BodyGone` where its period is over, :class:`~vault.crypto.errors.SealBroken`, and
    :class:`~vault.crypto.errors.KeyRightMissing` in a process that may only wrap.
    """
    row = tx.execute(select(BODY).where(BODY.c.body_id == body_id)).one_or_none()
    if row is None:
        raise BodyGone(str(body_id))
    key = _key(tx, custody, row.period_id, row.generation)
    data_key = custody.keys.open(key).unwrap_data_key(bytes(row.wrapped_key), _context(row.period_id, row))
    return open_whole(
        b"".join(custody.objects.get(ObjectName(row.object_name))),
        data_key,
        custody_id=body_id,
        version=_VERSION,
        expected_commitment=bytes(row.commitment),
        expected_length=row.length,
    )


def _key(tx: ReadTx, custody: Custody, period_id: UUID, generation: int) -> HolderKey:
    found = custody.keys.find_all(tx, [period_id]).get((period_id, generation))
    if found is None:
        raise BodyGone(str(period_id))
    return found


def _context(period_id: UUID, sealed: "SealedBody | Row[Any]") -> WrapContext:
    return WrapContext(sealed.body_id, _VERSION, period_id, _MEDIA_TYPE, sealed.length, bytes(sealed.commitment))
