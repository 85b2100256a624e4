"""Small values that a person told and no paper holds: sealed for them by whoever may wrap, opened by whoever may open."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from vault.crypto.holders import Rekeying, ValueContext, seal_value
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.tables import KEPT_VALUE


def keep_value(tx: WriteTx, custody: Custody, holder_id: UUID, place: str, value: bytes, *, now: datetime) -> None:
    """Seal a value for its holder, in place of the one that was there."""
    key = custody.keys.current(tx, holder_id)
    sealed = seal_value(key, value, _context(holder_id, place))
    told = {"holder_generation": key.generation, "sealed": sealed, "kept_at": now}
    keeping = insert(KEPT_VALUE).values(holder_id=holder_id, place=place, **told)
    # The values again and not « excluded »: that would be reading, which a door may not.
    tx.execute(keeping.on_conflict_do_update(index_elements=["holder_id", "place"], set_=told))


def forget_value(tx: WriteTx, holder_id: UUID, place: str) -> None:
    """Let go of a value; harmless where there is none."""
    tx.execute(delete(KEPT_VALUE).where(KEPT_VALUE.c.holder_id == holder_id, KEPT_VALUE.c.place == place))


def kept_since(tx: ReadTx, holder_id: UUID, place: str) -> datetime | None:
    """Return since when a value is kept, without a look at it; nothing where there is none."""
    found: datetime | None = tx.execute(
        select(KEPT_VALUE.c.kept_at).where(KEPT_VALUE.c.holder_id == holder_id, KEPT_VALUE.c.place == place)
    ).scalar_one_or_none()
    return found


def open_kept_value(custody: Custody, tx: ReadTx, holder_id: UUID, place: str) -> bytes | None:
    """Return a value in clear, or nothing where there is none; needs the right to unwrap.

    Raises :class:`~vault.crypto.errors.KeyRefused` for a row that was altered.
    """
    row = tx.execute(
        select(KEPT_VALUE).where(KEPT_VALUE.c.holder_id == holder_id, KEPT_VALUE.c.place == place)
    ).one_or_none()
    if row is None:
        return None
    opened = custody.keys.open(custody.keys.find(tx, holder_id, row.holder_generation))
    return opened.open_value(row.sealed, _context(holder_id, place))


def move_values(tx: WriteTx, rekeying: Rekeying) -> None:
    """Move a holder's values to their new key, before the old one is destroyed."""
    holder_id = rekeying.new.holder_id
    for row in tx.execute(select(KEPT_VALUE).where(KEPT_VALUE.c.holder_id == holder_id).with_for_update()).all():
        sealed = rekeying.reseal_value(row.sealed, _context(holder_id, row.place))
        ours = (KEPT_VALUE.c.holder_id == holder_id, KEPT_VALUE.c.place == row.place)
        moved = {"sealed": sealed, "holder_generation": rekeying.new.generation}
        tx.execute(update(KEPT_VALUE).where(*ours).values(**moved))


def pass_values(tx: WriteTx, custody: Custody, places: Collection[str], *, before: UUID, after: UUID) -> None:
    """Let values of one holder become another's; needs the right to unwrap.

    To be called before the holder's papers are handed over, which re-keys them: the key they keep opens nothing of it.
    """
    theirs = (KEPT_VALUE.c.holder_id == before, KEPT_VALUE.c.place.in_(places))
    rows = tx.execute(select(KEPT_VALUE).where(*theirs).order_by(KEPT_VALUE.c.place).with_for_update()).all()
    if not rows:
        return
    key = custody.keys.current(tx, after)
    for row in rows:
        opened = custody.keys.open(custody.keys.find(tx, before, row.holder_generation))
        value = opened.open_value(row.sealed, _context(before, row.place))
        moved = {
            "holder_id": after,
            "holder_generation": key.generation,
            "sealed": seal_value(key, value, _context(after, row.place)),
        }
        tx.execute(update(KEPT_VALUE).where(*theirs, KEPT_VALUE.c.place == row.place).values(**moved))


def _context(holder_id: UUID, place: str) -> ValueContext:
    return ValueContext(holder_id, holder_id, f"kept/{place}")
