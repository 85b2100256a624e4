"""Time-stamps of signed heads, as they are kept: what dates the journal for whoever does not believe our clock."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.dialects.postgresql import insert

from vault.db import ReadTx, WriteTx
from vault.journal.sequencer import to_head
from vault.journal.signing import Head
from vault.journal.tables import HEAD, LEAF, STAMP

_ROWS = 200


@dataclass(frozen=True, slots=True)
class HeadStamp:
    """The time-stamp of the head of ``tree_size``: when an authority saw it, under which policy and number."""

    tree_size: int
    stamped_at: datetime
    policy: str
    serial: str
    token: bytes = field(repr=False)


def keep_stamp(tx: WriteTx, stamp: HeadStamp) -> bool:
    """Keep a verified time-stamp; tell whether it is the head's first, which is the one that stays."""
    values = insert(STAMP).values(**asdict(stamp)).on_conflict_do_nothing()
    return tx.execute(values.returning(STAMP.c.tree_size)).one_or_none() is not None


def newest_stamp(tx: ReadTx) -> tuple[Head, HeadStamp] | None:
    """Return the largest head that is stamped."""
    return _first(tx, _STAMPED.order_by(STAMP.c.tree_size.desc()))


def stamp_of(tx: ReadTx, tree_size: int) -> HeadStamp | None:
    """Return the time-stamp of the head of exactly this size."""
    found = _first(tx, _STAMPED.where(STAMP.c.tree_size == tree_size))
    return None if found is None else found[1]


def first_stamp_over(tx: ReadTx, entry_id: UUID) -> tuple[Head, HeadStamp] | None:
    """Return the smallest stamped head that holds an entry: what dates it most closely."""
    place = select(LEAF.c.leaf_index).where(LEAF.c.entry_id == entry_id).scalar_subquery()
    return _first(tx, _STAMPED.where(STAMP.c.tree_size > place).order_by(STAMP.c.tree_size))


def all_stamps(tx: ReadTx) -> Iterator[tuple[Head, HeadStamp]]:
    """Yield every stamped head and its time-stamp, in the order of the tree."""
    for row in tx.execute(_STAMPED.order_by(STAMP.c.tree_size).execution_options(yield_per=_ROWS)):
        yield _pair(row)


_STAMPED = select(HEAD, STAMP.c.stamped_at, STAMP.c.policy, STAMP.c.serial, STAMP.c.token).join(
    STAMP, STAMP.c.tree_size == HEAD.c.tree_size
)


def _first(tx: ReadTx, wanted: "Select[tuple[object, ...]]") -> tuple[Head, HeadStamp] | None:
    row = tx.execute(wanted.limit(1)).one_or_none()
    return None if row is None else _pair(row)


def _pair(row: "Row[tuple[object, ...]]") -> tuple[Head, HeadStamp]:
    stamp = HeadStamp(row.tree_size, row.stamped_at, row.policy, row.serial, bytes(row.token))
    return to_head(row), stamp
