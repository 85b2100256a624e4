"""Recomputing the whole journal, every commitment, leaf, node, root and signature, and naming the first bad one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Row, cast, select, text

from vault.db import ReadTx
from vault.journal.errors import RecordRefused
from vault.journal.records import commit_record, leaf_data, parse_record
from vault.journal.sequencer import to_head
from vault.journal.signing import Head, HeadVerifier, parse_note
from vault.journal.tables import ENTRY, HEAD, LEAF, NODE, PENDING, RECORD
from vault.journal.tree import Coordinate, Frontier, leaf_hash
from vault.standing import Purpose

_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong: in which row, at which leaf, of which entry where that is known."""

    what: str
    leaf_index: int | None = None
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What a verification found; counts are of rows that were right."""

    sequenced: int
    waiting: int
    records: int
    heads: int
    fault: Fault | None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None


class _Found(Exception):  # it carries the fault out of the walk and is no error of anyone else
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


def verify_journal(tx: ReadTx, public_key: HeadVerifier, *, published: str | None = None) -> JournalReport:
    """Recompute everything in one pass in constant memory.

    ``published`` is a signed head kept outside: with it, a journal cut back to an earlier head is noticed too. Raises
    :class:`~vault.journal.errors.ProofMalformed` where that text is no signed head. Call it first in ``tx``,
    which it turns into one snapshot: what is sequenced while it reads would else look like a fault.
    """
    tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    # Records that are not shown would pass for records that went.
    tx.stand(purpose=Purpose.AUDIT)
    walk = _Walk(tx, public_key, None if published is None else parse_note(published))
    fault = None
    try:
        walk.run()
    except _Found as found:
        fault = found.fault
    return JournalReport(walk.frontier.size, walk.waiting, walk.records, walk.heads, fault)


class _Walk:
    def __init__(self, tx: ReadTx, public_key: HeadVerifier, published: Head | None) -> None:
        self._tx, self._key, self._published = tx, public_key, published
        self.frontier = Frontier()
        self.waiting = self.records = self.heads = 0
        self._last: Head | None = None
        self._met_published = False

    def run(self) -> None:
        heads = (to_head(row) for row in self._stream(select(HEAD).order_by(HEAD.c.tree_size)))
        nodes = _NodeCheck(self._nodes())
        head = next(heads, None)
        for row in self._sequenced():
            self._check_leaf(row)
            nodes.expect(self.frontier.append(bytes(row.leaf_hash)), row)
            if head is not None and head.tree_size == self.frontier.size:
                self._check_head(head)
                head = next(heads, None)
        if head is not None:
            raise _Found(Fault(f"leaf {self.frontier.size} of the signed head {head.tree_size} is missing"))
        self._check_end()
        nodes.end()
        self._check_waiting()

    def _sequenced(self) -> Iterator[Row[Any]]:
        statement = (
            select(
                LEAF.c.leaf_index,
                LEAF.c.leaf_hash,
                LEAF.c.entry_id,
                ENTRY.c.recorded_at,
                ENTRY.c.act,
                ENTRY.c.commitment,
                *_RECORD_COLUMNS,
            )
            .outerjoin(ENTRY, ENTRY.c.entry_id == LEAF.c.entry_id)
            .outerjoin(RECORD, RECORD.c.entry_id == LEAF.c.entry_id)
            .order_by(LEAF.c.leaf_index)
        )
        return self._stream(statement)

    def _nodes(self) -> Iterator[Row[Any]]:
        completed_by = (NODE.c.index + 1).op("<<")(cast(NODE.c.level, Integer))
        columns = (NODE.c.level, NODE.c.index.label("place"), NODE.c.hash.label("node_hash"))
        return self._stream(select(*columns).order_by(completed_by, NODE.c.level))

    def _check_leaf(self, row: Row[Any]) -> None:
        if row.leaf_index != self.frontier.size:
            raise _Found(Fault("a leaf is missing", self.frontier.size))
        if row.act is None:
            raise _fault("the entry of a leaf is missing", row)
        data = leaf_data(row.entry_id, row.recorded_at, row.act, bytes(row.commitment))
        if leaf_hash(data) != bytes(row.leaf_hash):
            raise _fault("the entry or its leaf was changed", row)
        self._check_record(row)

    def _check_record(self, row: Row[Any]) -> None:
        if row.record is None:
            return
        record = bytes(row.record)
        if commit_record(bytes(row.salt), record) != bytes(row.commitment):
            raise _fault("the record or its salt was changed", row)
        try:
            entry = parse_record(record)
        except RecordRefused:
            raise _fault("the record cannot be read", row) from None
        if (entry.act, entry.document, list(entry.subjects)) != (row.act, row.document_id, row.subjects):
            raise _fault("the act, document or subjects beside the record are not its own", row)
        self.records += 1

    def _check_head(self, head: Head) -> None:
        name = f"the signed head {head.tree_size}"
        if head.previous_size != (0 if self._last is None else self._last.tree_size):
            raise _Found(Fault(f"the head before {name} is missing"))
        if head.root_hash != self.frontier.root():
            raise _Found(Fault(f"{name} has another root", head.tree_size - 1))
        if not self._key.accepts(head):
            raise _Found(Fault(f"{name} is not signed by this key"))
        published = self._published
        if published is not None and published.tree_size == head.tree_size:
            if published.root_hash != head.root_hash:
                raise _Found(Fault(f"{name} is not the published one", head.tree_size - 1))
            self._met_published = True
        self._last = head
        self.heads += 1

    def _check_end(self) -> None:
        covered = 0 if self._last is None else self._last.tree_size
        if covered != self.frontier.size:
            raise _Found(Fault("a leaf is under no signed head", covered))
        if self._published is not None:
            if not self._key.accepts(self._published):
                raise _Found(Fault("the published head is not signed by this key"))
            if not self._met_published:
                raise _Found(Fault(f"the published head {self._published.tree_size} is missing"))

    def _check_waiting(self) -> None:
        statement = (
            select(ENTRY, *_RECORD_COLUMNS, PENDING.c.entry_id.label("pending"))
            .outerjoin(LEAF, LEAF.c.entry_id == ENTRY.c.entry_id)
            .outerjoin(PENDING, PENDING.c.entry_id == ENTRY.c.entry_id)
            .outerjoin(RECORD, RECORD.c.entry_id == ENTRY.c.entry_id)
            .where(LEAF.c.entry_id.is_(None))
            .order_by(ENTRY.c.entry_id)
        )
        for row in self._stream(statement):
            if row.pending is None:
                raise _Found(Fault("an entry is neither in the tree nor waiting for it", None, row.entry_id))
            self._check_record(row)
            self.waiting += 1

    def _stream(self, statement: Any) -> Iterator[Row[Any]]:
        return iter(self._tx.execute(statement.execution_options(yield_per=_ROWS)))


_RECORD_COLUMNS = (RECORD.c.record, RECORD.c.salt, RECORD.c.document_id, RECORD.c.subjects)


class _NodeCheck:
    """Compares stored subtrees with those recomputed, both in the order in which leaves complete them."""

    def __init__(self, stored: Iterator[Row[Any]]) -> None:
        self._stored = stored

    def expect(self, completed: list[tuple[Coordinate, bytes]], row: Row[Any]) -> None:
        for (level, index), one in completed:
            found = next(self._stored, None)
            if found is None or (found.level, found.place, bytes(found.node_hash)) != (level, index, one):
                raise _fault(f"the inner node {(level, index)} is missing or was changed", row)

    def end(self) -> None:
        found = next(self._stored, None)
        if found is not None:
            raise _Found(Fault(f"the inner node {(found.level, found.place)} belongs to no tree"))


def _fault(what: str, row: Row[Any]) -> _Found:
    # An entry that still waits has no leaf.
    return _Found(Fault(what, getattr(row, "leaf_index", None), row.entry_id))
