"""A legal hold: a decision of a court or an authority that keeps one document from every end until it is lifted."""

from uuid import UUID

from sqlalchemy import insert, select, update

from contracts.documents import DocumentState
from contracts.identifiers import DocumentId, new_uuid
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.tables import DOCUMENT, LEGAL_HOLD
from vault.errors import DocumentUnknown, HoldUnknown, TransitionRefused
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry


def hold(tx: WriteTx, custody: Custody, document_id: DocumentId, *, reference: str, actor: Actor) -> None:
    """Keep an available document from erasure and expiry; ``reference`` names the decision, never a person.

    Raises :class:`~vault.errors.DocumentUnknown`, and :class:`~vault.errors.TransitionRefused` for a document that is
    not available.
    """
    row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one_or_none()
    if row is None:
        raise DocumentUnknown(str(document_id))
    if row.state is not DocumentState.AVAILABLE:
        raise TransitionRefused(f"{row.state} to held")
    now = custody.now()
    tx.execute(
        insert(LEGAL_HOLD).values(hold_id=new_uuid(), document_id=document_id, reference=reference, placed_at=now)
    )
    _move(tx, document_id, DocumentState.HELD, "held", now=now)
    _keep(tx, document_id, row.holder_id, actor, step="placed")


def lift(tx: WriteTx, custody: Custody, document_id: DocumentId, *, actor: Actor) -> None:
    """Lift the hold: the document is available again, and ends as any other. Raises ``HoldUnknown``."""
    now = custody.now()
    row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one_or_none()
    lifted = tx.execute(
        update(LEGAL_HOLD)
        .where(LEGAL_HOLD.c.document_id == document_id, LEGAL_HOLD.c.lifted_at.is_(None))
        .values(lifted_at=now)
        .returning(LEGAL_HOLD.c.hold_id)
    ).one_or_none()
    if row is None or lifted is None:
        raise HoldUnknown(str(document_id))
    _move(tx, document_id, DocumentState.AVAILABLE, "read", now=now)
    _keep(tx, document_id, row.holder_id, actor, step="lifted")


def _move(tx: WriteTx, document_id: DocumentId, state: DocumentState, reason: str, *, now: object) -> None:
    values = {"state": state, "state_reason": reason, "state_since": now}
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.document_id == document_id).values(**values))


def _keep(tx: WriteTx, document_id: DocumentId, holder_id: UUID, actor: Actor, *, step: str) -> None:
    # Without the reference: it can tell of a case the holder must learn of from its judge.
    append(tx, JournalEntry(JournalAct.HOLD, actor, document=document_id, subjects=(holder_id,), detail={"step": step}))
