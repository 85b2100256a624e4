"""A new version of the master key, while the doors run: what it wraps moves over in batches; no object is touched."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Row, func, select, tuple_, update

from vault.crypto.errors import KeyRefused, RotationUnfinished
from vault.crypto.holders import holder_key_context
from vault.crypto.keyring import RotatingMasterKey, await_versions
from vault.crypto.tables import HOLDER_KEY
from vault.db import Database, ReadTx, WriteTx

BATCH = 200
GRACE = 5.0
"""Seconds for whoever read a row before it was moved to finish opening it with the older version."""
_PASSES = 5


@dataclass(frozen=True, slots=True)
class Wrapped:
    """One secret under the master key: where it lies, as it lies, and what it is bound to."""

    place: tuple[Any, ...]
    wrapped: bytes = field(repr=False)
    context: bytes


class WrappedPlace(Protocol):
    """A table with secrets that the master key wraps."""

    def outdated(self, tx: ReadTx, prefix: bytes, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Wrapped]:
        """Return what does not begin with ``prefix``, in the order of its place, beyond ``after``."""
        ...

    def replace(self, tx: WriteTx, old: Wrapped, wrapped: bytes) -> bool:
        """Put ``wrapped`` in the place of ``old``; false where that is no longer there, which is no error."""
        ...


class HolderKeyPlace:
    """The private halves of holder keys."""

    def outdated(self, tx: ReadTx, prefix: bytes, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Wrapped]:
        """See :meth:`WrappedPlace.outdated`."""
        place = tuple_(HOLDER_KEY.c.holder_id, HOLDER_KEY.c.generation)
        statement = select(HOLDER_KEY).where(_other_prefix(HOLDER_KEY.c.wrapped_private, prefix))
        if after is not None:
            statement = statement.where(place > after)
        rows = tx.execute(statement.order_by(HOLDER_KEY.c.holder_id, HOLDER_KEY.c.generation).limit(limit))
        return [_of_holder(row) for row in rows]

    def replace(self, tx: WriteTx, old: Wrapped, wrapped: bytes) -> bool:
        """See :meth:`WrappedPlace.replace`."""
        holder_id, generation = old.place
        where = (
            HOLDER_KEY.c.holder_id == holder_id,
            HOLDER_KEY.c.generation == generation,
            HOLDER_KEY.c.wrapped_private == old.wrapped,
        )
        return tx.execute(update(HOLDER_KEY).where(*where).values(wrapped_private=wrapped)).rowcount == 1


def rotate(
    db: Database,
    master: RotatingMasterKey,
    places: Iterable[WrappedPlace],
    *,
    record: Callable[[WriteTx, int], object],
    grace: float = GRACE,
) -> int:
    """Make a new version, move everything to it, retire the older ones; return how many secrets were moved.

    A rotation that was broken off is taken up again. ``record`` writes the act down, with the number moved, in the
    transaction that proves that nothing is left behind, before the older versions stop opening. ``grace`` in seconds.
    Raises :class:`RotationUnfinished` where something stays behind, which then still opens; and as the key does.
    """
    known = tuple(places)
    master.begin()
    prefix = master.newest_prefix()
    moved = 0
    for _ in range(_PASSES):
        moved += sum(_move(db, master, place, prefix) for place in known)
        with db.transaction() as tx:
            # From here on nobody holds something wrapped under an older version that is not committed yet.
            await_versions(tx)
            if not any(place.outdated(tx, prefix, after=None, limit=1) for place in known):
                record(tx, moved)
                break
    else:
        raise RotationUnfinished
    time.sleep(grace)
    master.retire()
    return moved


def _move(db: Database, master: RotatingMasterKey, place: WrappedPlace, prefix: bytes) -> int:
    moved = 0
    after: tuple[Any, ...] | None = None
    while True:
        with db.read() as reading:
            found = place.outdated(reading, prefix, after=after, limit=BATCH)
        if not found:
            return moved
        after = found[-1].place
        # Nothing is asked of a key service inside a transaction, and no row is locked while it answers.
        fresh = [(old, _rewrapped(master, old)) for old in found]
        with db.transaction() as tx:
            moved += sum(place.replace(tx, old, wrapped) for old, wrapped in fresh if wrapped is not None)


def _rewrapped(master: RotatingMasterKey, old: Wrapped) -> bytes | None:
    try:
        return master.wrap(master.unwrap(old.wrapped, old.context), old.context)
    except KeyRefused:
        # An altered row: it opened nothing before and is left as it was found, for whoever looks into it.
        return None


def _of_holder(row: "Row[Any]") -> Wrapped:
    return Wrapped((row.holder_id, row.generation), bytes(row.wrapped_private), holder_key_context(row))


def _other_prefix(column: Any, prefix: bytes) -> Any:
    return func.substring(column, 1, len(prefix)) != prefix
