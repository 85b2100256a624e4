"""Holder keys: one hybrid key per holder and generation, its private half wrapped by the master key."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from vault.crypto.envelope import DataKey
from vault.crypto.errors import HolderKeyMissing
from vault.crypto.framing import frame
from vault.crypto.keyring import KeyState, MasterKey, hold_version
from vault.crypto.primitives import HybridOpener, hybrid_encrypt, new_hybrid_pair
from vault.crypto.tables import HOLDER_KEY
from vault.db import ReadTx, WriteTx
from vault.ready import Asked, Ready


@dataclass(frozen=True, slots=True)
class WrapContext:
    """What a wrapped data key is bound to: change one of these and it no longer opens."""

    custody_id: UUID
    version: int
    holder_id: UUID
    media_type: str
    plaintext_length: int
    commitment: bytes

    def encode(self) -> bytes:
        """Return the canonical bytes of the context."""
        return frame(
            "unefois/data-key/v1",
            self.custody_id,
            self.version,
            self.holder_id,
            self.media_type,
            self.plaintext_length,
            self.commitment,
        )


@dataclass(frozen=True, slots=True)
class ValueContext:
    """What a small sealed value is bound to: whose it is, of which row, in which place."""

    holder_id: UUID
    owner_id: UUID
    place: str

    def encode(self) -> bytes:
        """Return the canonical bytes of the context."""
        return frame("unefois/value/v1", self.holder_id, self.owner_id, self.place)


@dataclass(frozen=True, slots=True)
class HolderKey:
    """One generation of a holder's key, as it lies in its row: enough to seal, not to open."""

    holder_id: UUID
    generation: int
    public_keyset: bytes = field(repr=False)
    wrapped_private: bytes = field(repr=False)
    digest_salt: bytes = field(repr=False)


class OpenedHolder:
    """A holder's private key in clear, for as long as one reading lasts; it shows and pickles nothing."""

    __slots__ = ("_opener",)

    def __init__(self, private_keyset: bytes) -> None:
        self._opener = HybridOpener(private_keyset)

    def unwrap_data_key(self, wrapped: bytes, context: WrapContext) -> DataKey:
        """Return the data key; raises :class:`~vault.crypto.errors.KeyRefused` for another holder or context."""
        return DataKey(self._opener.open(wrapped, context.encode()))

    def open_value(self, sealed: bytes, context: ValueContext) -> bytes:
        """Return a sealed value; raises :class:`~vault.crypto.errors.KeyRefused` for another holder or context."""
        return self._opener.open(sealed, context.encode())

    def __repr__(self) -> str:
        """Show nothing."""
        return "<OpenedHolder>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("a key is never pickled")


def wrap_data_key(holder: HolderKey, data_key: DataKey, context: WrapContext) -> bytes:
    """Wrap a data key for its holder; needs public keys only."""
    return hybrid_encrypt(holder.public_keyset, data_key.reveal(), context.encode())


def seal_value(holder: HolderKey, value: bytes, context: ValueContext) -> bytes:
    """Seal a small value (an extracted field, a file's name) for its holder; needs public keys only."""
    return hybrid_encrypt(holder.public_keyset, value, context.encode())


_ONE = select(HOLDER_KEY).where(
    HOLDER_KEY.c.holder_id == bindparam("holder"), HOLDER_KEY.c.generation == bindparam("of")
)
_MANY = select(HOLDER_KEY).where(HOLDER_KEY.c.holder_id == any_(bindparam("holders", type_=ARRAY(Uuid))))
_NEWEST = Ready(
    select(HOLDER_KEY)
    .where(HOLDER_KEY.c.holder_id == bindparam("holder"))
    .order_by(HOLDER_KEY.c.generation.desc())
    .limit(1)
)


class HolderKeys:
    """Makes, finds, opens and destroys holder keys with whatever right the master key has."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    def state(self) -> KeyState:
        """Ask whether the master key can be used now; raises nothing."""
        return self._master.state()

    def current(self, tx: WriteTx, holder_id: UUID) -> HolderKey:
        """Return the newest key of the holder, made now where there is none; needs the right to wrap only.

        The row that refers to it must carry ``(holder_id, generation)`` as a foreign key: a generation destroyed
        meanwhile then refuses that row instead of leaving a paper nobody can open.
        """
        found = self._newest(tx, holder_id)
        if found is not None:
            return found
        hold_version(tx)
        # Two first deposits at once: one row wins, and both read the winner.
        tx.execute(insert(HOLDER_KEY).on_conflict_do_nothing(), self._new_row(holder_id, 1))
        made = self._newest(tx, holder_id)
        if made is None:
            raise HolderKeyMissing
        return made

    def asking_current(self, holder_id: UUID) -> Asked:
        """Return the query for the newest key of the holder; :meth:`found` reads its answer."""
        return _NEWEST, {"holder": holder_id}

    def found(self, rows: Sequence[Any]) -> HolderKey | None:
        """Return the key in the answer to :meth:`asking_current`, or nothing where the holder has none yet."""
        return holder_key_in(rows[0]) if rows else None

    def find(self, tx: ReadTx, holder_id: UUID, generation: int) -> HolderKey:
        """Return one generation; raises :class:`~vault.crypto.errors.HolderKeyMissing` where it is destroyed."""
        row = tx.execute(_ONE, {"holder": holder_id, "of": generation}).one_or_none()
        if row is None:
            raise HolderKeyMissing
        return holder_key_in(row)

    def find_all(self, tx: ReadTx, holders: Collection[UUID]) -> dict[tuple[UUID, int], HolderKey]:
        """Return every generation of these holders in one round trip; one that is destroyed is not among them."""
        rows = tx.execute(_MANY, {"holders": list(holders)})
        return {(row.holder_id, row.generation): holder_key_in(row) for row in rows}

    def open(self, key: HolderKey) -> OpenedHolder:
        """Unwrap the private half.

        Raises :class:`~vault.crypto.errors.KeyRightMissing` in a process that may only wrap, and
        :class:`~vault.crypto.errors.KeyRefused` where the row was altered, its public half included.
        """
        return OpenedHolder(self._master.unwrap(key.wrapped_private, _private_context(key)))

    def rekey(self, tx: WriteTx, holder_id: UUID) -> "Rekeying":
        """Give the holder a new generation; what remains is moved to it before :meth:`Rekeying.destroy_old`.

        All in one transaction. Raises :class:`~vault.crypto.errors.HolderKeyMissing` for a holder without a key, and as
        :meth:`open` does.
        """
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"holder_key:{holder_id}", 0))))
        old = self._newest(tx, holder_id)
        if old is None:
            raise HolderKeyMissing
        opened = self.open(old)
        hold_version(tx)
        tx.execute(insert(HOLDER_KEY), self._new_row(holder_id, old.generation + 1))
        return Rekeying(old=old, new=self.find(tx, holder_id, old.generation + 1), opened=opened)

    def _newest(self, tx: WriteTx, holder_id: UUID) -> HolderKey | None:
        row = tx.row(_NEWEST, {"holder": holder_id})
        return None if row is None else holder_key_in(row)

    def _new_row(self, holder_id: UUID, generation: int) -> dict[str, Any]:
        pair = new_hybrid_pair()
        key = HolderKey(holder_id, generation, pair.public, b"", secrets.token_bytes(32))
        return {
            "holder_id": holder_id,
            "generation": generation,
            "public_keyset": key.public_keyset,
            "wrapped_private": self._master.wrap(pair.private, _private_context(key)),
            "digest_salt": key.digest_salt,
            "created_at": datetime.now(UTC),
        }


@dataclass(frozen=True, slots=True)
class Rekeying:
    """A holder between two generations, within one transaction."""

    old: HolderKey
    new: HolderKey
    opened: OpenedHolder = field(repr=False)

    def rewrap_data_key(self, wrapped: bytes, context: WrapContext) -> bytes:
        """Move one wrapped data key to the new generation; the object itself is not touched."""
        return wrap_data_key(self.new, self.opened.unwrap_data_key(wrapped, context), context)

    def reseal_value(self, sealed: bytes, context: ValueContext) -> bytes:
        """Move one sealed value to the new generation."""
        return seal_value(self.new, self.opened.open_value(sealed, context), context)

    def destroy_old(self, tx: WriteTx) -> None:
        """Delete every older generation: what was not moved can never be opened again.

        Raises :class:`sqlalchemy.exc.IntegrityError` where a row still refers to one: a deposit that committed
        meanwhile. Roll back and begin again.
        """
        older = (HOLDER_KEY.c.holder_id == self.old.holder_id, HOLDER_KEY.c.generation < self.new.generation)
        tx.execute(delete(HOLDER_KEY).where(*older))


def holder_key_context(row: Row[Any]) -> bytes:
    """Return what the wrapped private half in a row of holder keys is bound to."""
    return _private_context(holder_key_in(row))


def _private_context(key: HolderKey) -> bytes:
    # The public half and the salt are bound too: whoever swaps them in the table is noticed at the next reading.
    public = hashlib.sha256(key.public_keyset).digest()
    return frame("unefois/holder-key/v1", key.holder_id, key.generation, public, key.digest_salt)


def holder_key_in(row: Row[Any]) -> HolderKey:
    """Return the key in a row that has the columns of its table."""
    return HolderKey(
        holder_id=row.holder_id,
        generation=row.generation,
        public_keyset=bytes(row.public_keyset),
        wrapped_private=bytes(row.wrapped_private),
        digest_salt=bytes(row.digest_salt),
    )
