"""Giving committed entries their place in the tree, in batches, under a head signed with the worker's own key."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import sql
from sqlalchemy import Row, Table, delete, func, insert, select, tuple_

from vault.db import ReadTx, WriteTx
from vault.journal.errors import JournalBroken
from vault.journal.records import leaf_data
from vault.journal.signing import Head, HeadSigner
from vault.journal.tables import ENTRY, HEAD, LEAF, NODE, PENDING
from vault.journal.tree import Coordinate, Frontier, leaf_hash, peaks

BATCH = 5000
"""Entries under one head at most."""
_LOCK = 0x756E6566_6A726E6C
"""The advisory lock that one sequencer holds at a time."""


def sequence_batch(tx: WriteTx, signer: HeadSigner, now: datetime) -> Head | None:
    """Take up to :data:`BATCH` committed entries, oldest first, into the tree; return the new signed head.

    Returns nothing where nothing was waiting. A second sequencer waits for the first one's transaction. Raises
    :class:`~vault.journal.errors.JournalBroken` where the stored tree is not the one last signed: then nothing is.
    """
    tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    waiting = tx.execute(
        select(ENTRY).join(PENDING, PENDING.c.entry_id == ENTRY.c.entry_id).order_by(PENDING.c.entry_id).limit(BATCH)
    ).all()
    if not waiting:
        return None
    last = read_last_head(tx)
    frontier = _read_frontier(tx, last)
    first = frontier.size
    hashes = [leaf_hash(leaf_data(row.entry_id, row.recorded_at, row.act, bytes(row.commitment))) for row in waiting]
    nodes = [node for one in hashes for node in frontier.append(one)]
    places = zip(range(first, frontier.size), waiting, hashes, strict=True)
    _copy(tx, LEAF, ((index, row.entry_id, one) for index, row, one in places))
    _copy(tx, NODE, ((level, index, one) for (level, index), one in nodes))
    tx.execute(delete(PENDING).where(PENDING.c.entry_id.in_([row.entry_id for row in waiting])))
    head = signer.sign(frontier.size, first, frontier.root(), now)
    tx.execute(insert(HEAD), _head_row(head))
    return head


def read_last_head(tx: ReadTx) -> Head | None:
    """Return the newest signed head."""
    row = tx.execute(select(HEAD).order_by(HEAD.c.tree_size.desc()).limit(1)).one_or_none()
    return None if row is None else to_head(row)


def read_head(tx: ReadTx, tree_size: int) -> Head | None:
    """Return the signed head of exactly this size, if there is one."""
    row = tx.execute(select(HEAD).where(HEAD.c.tree_size == tree_size)).one_or_none()
    return None if row is None else to_head(row)


def to_head(row: Row[Any]) -> Head:
    """Return the head that a row of its table holds."""
    return Head(
        tree_size=row.tree_size,
        previous_size=row.previous_size,
        root_hash=bytes(row.root_hash),
        signed_at=row.signed_at,
        key_id=row.key_id,
        signature=bytes(row.signature),
    )


def read_hashes(tx: ReadTx, wanted: Iterable[Coordinate]) -> dict[Coordinate, bytes]:
    """Return the stored hashes of complete subtrees, leaves at level 0; what is missing is left out."""
    coordinates = set(wanted)
    leaves = [index for level, index in coordinates if level == 0]
    inner = [coordinate for coordinate in coordinates if coordinate[0] > 0]
    found: dict[Coordinate, bytes] = {}
    if leaves:
        rows = tx.execute(select(LEAF.c.leaf_index, LEAF.c.leaf_hash).where(LEAF.c.leaf_index.in_(leaves)))
        found |= {(0, row.leaf_index): bytes(row.leaf_hash) for row in rows}
    if inner:
        columns = (NODE.c.level, NODE.c.index.label("place"), NODE.c.hash.label("node_hash"))
        rows = tx.execute(select(*columns).where(tuple_(NODE.c.level, NODE.c.index).in_(inner)))
        found |= {(row.level, row.place): bytes(row.node_hash) for row in rows}
    return found


def _read_frontier(tx: ReadTx, last: Head | None) -> Frontier:
    size = 0 if last is None else last.tree_size
    stored = read_hashes(tx, peaks(size))
    try:
        frontier = Frontier(size, [stored[peak] for peak in peaks(size)])
    except KeyError:
        raise JournalBroken from None
    # A signature is a promise: never extend a tree whose right edge somebody changed since the last one.
    if last is not None and frontier.root() != last.root_hash:
        raise JournalBroken
    return frontier


def _copy(tx: WriteTx, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    name = sql.Identifier(str(table.schema), table.name)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)
    with tx.driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _head_row(head: Head) -> dict[str, object]:
    return {column.name: getattr(head, column.name) for column in HEAD.columns}
