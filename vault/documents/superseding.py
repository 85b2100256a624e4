"""A newer paper of the same holder takes the place of an older one, which from then on serves nobody but its holder."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.engine import Row

from contracts.documents import OPENABLE, DocumentState
from contracts.identifiers import DocumentId
from vault.db import ReadTx, WriteTx
from vault.documents.hold import is_held
from vault.documents.tables import DOCUMENT, LIKENESS, REPLACEMENT

REASON = "superseded"


def replacement_of(tx: ReadTx, document_id: UUID) -> DocumentId | None:
    """Return the paper that takes, or is about to take, the place of this one."""
    found = select(REPLACEMENT.c.by_document_id).where(REPLACEMENT.c.document_id == document_id)
    by = tx.execute(found).scalar_one_or_none()
    return None if by is None else DocumentId(by)


def note_replacement(tx: WriteTx, document_id: DocumentId, by: DocumentId, *, holder_id: UUID, now: datetime) -> None:
    """Write down which paper is to take the place of which; :func:`supersede` carries it out."""
    row = {"document_id": document_id, "by_document_id": by, "holder_id": holder_id, "asked_at": now}
    tx.execute(insert(REPLACEMENT).values(**row))


def supersede(tx: WriteTx, document_id: DocumentId, *, now: datetime) -> "Row[Any] | None":
    """Carry out the replacement that was noted, and return the row of the paper that was replaced.

    Nothing happens, and nothing is returned, where it was carried out before. Where the older paper may not end its
    service any more (a hold came, it was erased) or the newer one cannot begin its own, the note is dropped too.
    """
    by = replacement_of(tx, document_id)
    if by is None:
        return None
    pair = select(DOCUMENT).where(DOCUMENT.c.document_id.in_((document_id, by)))
    rows = {row.document_id: row for row in tx.execute(pair.order_by(DOCUMENT.c.document_id).with_for_update())}
    old, new = rows[document_id], rows[by]
    if old.superseded_at is not None:
        return None
    if old.state is not DocumentState.AVAILABLE or new.state not in OPENABLE or is_held(tx, document_id):
        tx.execute(delete(REPLACEMENT).where(REPLACEMENT.c.document_id == document_id))
        return None
    # Its digest goes: the same content handed in once more is a new paper, not this one.
    values = {"state": DocumentState.SUPERSEDED, "state_reason": REASON, "state_since": now, "keyed_digest": None}
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.document_id == document_id).values(**values))
    tx.execute(delete(LIKENESS).where(or_(LIKENESS.c.document_id == document_id, LIKENESS.c.earlier_id == document_id)))
    return old
