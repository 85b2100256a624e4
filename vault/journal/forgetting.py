"""Records and salts leave after 36 months, or with the document they tell of; the tree stays and still verifies."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select

from contracts.calendar import months_before
from vault.db import WriteTx
from vault.journal.records import JournalAct
from vault.journal.tables import ENTRY, RECORD

KEPT_MONTHS = 36
"""CRPA R.114-9-7; the database refuses anything sooner."""
TELL_OF_CONTENT = (JournalAct.CONCLUDE, JournalAct.REVIEW)
"""Acts whose record says what was found in a document; all others say who did what, and stay the person's to read."""
GRACE = timedelta(days=1)
"""Longer than two machines' clocks differ: what the database would refuse is not asked of it."""
BATCH = 5000


def forget_old_records(tx: WriteTx, *, now: datetime) -> int:
    """Let the records of entries older than 36 months go, at most :data:`BATCH`; return how many went.

    Call it until it returns zero; a second run on the same day finds nothing.
    """
    before = months_before(now, KEPT_MONTHS) - GRACE
    old = select(RECORD.c.entry_id).join(ENTRY, ENTRY.c.entry_id == RECORD.c.entry_id)
    return _delete(tx, RECORD.c.entry_id.in_(old.where(ENTRY.c.recorded_at < before).limit(BATCH)))


def forget_readings_of(tx: WriteTx, document_id: UUID) -> int:
    """Let the records of what was found in a document go, in the transaction that destroys it."""
    about = select(ENTRY.c.entry_id).where(ENTRY.c.act.in_([act.value for act in TELL_OF_CONTENT]))
    return _delete(tx, RECORD.c.document_id == document_id, RECORD.c.entry_id.in_(about))


def _delete(tx: WriteTx, *which: ColumnElement[bool]) -> int:
    return len(tx.execute(delete(RECORD).where(*which).returning(RECORD.c.entry_id)).all())
