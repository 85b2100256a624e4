"""Appending to the journal in the transaction of the act itself, and asking what was appended."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from contracts.identifiers import EntryId, new_uuid
from vault.db import ReadTx, WriteTx
from vault.journal.records import SALT_LENGTH, JournalAct, JournalEntry, commit_record, parse_record
from vault.journal.tables import ENTRY, PENDING, RECORD
from vault.standing import mandate


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it lies in the journal, with its record."""

    entry_id: EntryId
    recorded_at: datetime
    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """What the gate must find committed before anything is opened."""

    entry_id: EntryId
    act: JournalAct
    document: UUID | None
    recorded_at: datetime


def append(tx: WriteTx, entry: JournalEntry) -> EntryId:
    """Write ``entry`` down; it is in the journal exactly if ``tx`` commits.

    Raises :class:`~vault.journal.errors.RecordRefused` for an entry that holds anything but words and identifiers.
    """
    return append_all(tx, (entry,))[0]


def append_all(tx: WriteTx, entries: Sequence[JournalEntry]) -> list[EntryId]:
    """Write several entries down at once, in this order; raises as :func:`append` does."""
    if not entries:
        return []
    recorded_at = datetime.now(UTC)
    rows = [_row(entry, recorded_at) for entry in entries]
    for table in (ENTRY, RECORD, PENDING):
        own = [{column.name: row[column.name] for column in table.columns} for row in rows]
        if len(own) == 1:
            tx.insert(table, own[0])
        else:
            tx.execute(insert(table), own)
    return [EntryId(row["entry_id"]) for row in rows]


def _row(entry: JournalEntry, recorded_at: datetime) -> dict[str, Any]:
    if (under := mandate()) is not None:
        # Whoever acts for somebody is named with all they do, whichever room writes it down.
        entry = replace(entry, detail={**entry.detail, "mandate": under})
    salt, record = secrets.token_bytes(SALT_LENGTH), entry.canonical()
    return {
        "entry_id": new_uuid(),
        "recorded_at": recorded_at,
        "act": str(entry.act),
        "commitment": commit_record(salt, record),
        "record": record,
        "salt": salt,
        "document_id": entry.document,
        "subjects": list(entry.subjects),
    }


_RELEASE_ENTRY = (
    select(ENTRY.c.act, ENTRY.c.recorded_at, RECORD.c.document_id)
    .join(RECORD, RECORD.c.entry_id == ENTRY.c.entry_id)
    .where(ENTRY.c.entry_id == bindparam("entry"))
)


def find_release_entry(tx: ReadTx, entry_id: UUID) -> ReleaseEntry | None:
    """Return what the gate asks of a committed entry, or nothing where there is none or its record is gone.

    Call it in a transaction of its own: in the one that appended, the entry is visible before it is committed.
    """
    row = tx.execute(_RELEASE_ENTRY, {"entry": entry_id}).one_or_none()
    if row is None:
        return None
    return ReleaseEntry(EntryId(entry_id), JournalAct(row.act), row.document_id, row.recorded_at)


def entries_about(tx: ReadTx, subject: UUID, *, limit: int = 200) -> list[StoredEntry]:
    """Return the newest ``limit`` entries that name ``subject``, newest first: a person's own trace."""
    statement = (
        select(ENTRY.c.entry_id, ENTRY.c.recorded_at, RECORD.c.record)
        .join(RECORD, RECORD.c.entry_id == ENTRY.c.entry_id)
        .where(RECORD.c.subjects.contains([subject]))
        .order_by(ENTRY.c.recorded_at.desc(), ENTRY.c.entry_id.desc())
        .limit(limit)
    )
    return [
        StoredEntry(EntryId(row.entry_id), row.recorded_at, parse_record(bytes(row.record)))
        for row in tx.execute(statement)
    ]
