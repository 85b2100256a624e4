"""A legal hold: a decision of a court or an authority that keeps one document from every end until it is lifted."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, insert, select, update

from contracts.documents import KEPT, DocumentState
from contracts.identifiers import DocumentId, new_uuid
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.tables import DOCUMENT, LEGAL_HOLD, VIEWING_COPY
from vault.errors import DocumentUnknown, HoldUnknown, TransitionRefused
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.standing import Purpose, standing
from vault.storage.errors import ObjectMissing
from vault.storage.objects import ObjectName

_LOG = logging.getLogger(__name__)
_CURRENT = LEGAL_HOLD.c.lifted_at.is_(None)


def hold(tx: WriteTx, custody: Custody, document_id: DocumentId, *, reference: str, actor: Actor) -> None:
    """Keep a document from every end, whatever state it is in; ``reference`` names the decision, never a person.

    From the commit on the database refuses its end. Call :func:`tell_store` after it, so that the object store refuses
    too. Under a hold already, nothing happens. Raises :class:`~vault.errors.DocumentUnknown`, and
    :class:`~vault.errors.TransitionRefused` for a document whose keys are gone.
    """
    row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one_or_none()
    if row is None:
        raise DocumentUnknown(str(document_id))
    if row.state not in KEPT:
        raise TransitionRefused(f"{row.state} to held")
    if is_held(tx, document_id):
        return
    now = custody.now()
    tx.execute(
        insert(LEGAL_HOLD).values(hold_id=new_uuid(), document_id=document_id, reference=reference, placed_at=now)
    )
    if row.state is DocumentState.AVAILABLE:
        _move(tx, document_id, DocumentState.HELD, "held", now=now)
    _keep(tx, document_id, row.holder_id, actor, step="placed")


def lift(tx: WriteTx, custody: Custody, document_id: DocumentId, *, actor: Actor) -> None:
    """Lift the hold: what was held is available again, what stood elsewhere stays there, and each ends as any other.

    Call :func:`tell_store` after the commit. Raises :class:`~vault.errors.HoldUnknown`.
    """
    now = custody.now()
    row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one_or_none()
    lifted = tx.execute(
        update(LEGAL_HOLD)
        .where(LEGAL_HOLD.c.document_id == document_id, _CURRENT)
        .values(lifted_at=now, store_told_at=None)
        .returning(LEGAL_HOLD.c.hold_id)
    ).one_or_none()
    if row is None or lifted is None:
        raise HoldUnknown(str(document_id))
    if row.state is DocumentState.HELD:
        _move(tx, document_id, DocumentState.AVAILABLE, "read", now=now)
    _keep(tx, document_id, row.holder_id, actor, step="lifted")


def is_held(tx: ReadTx, document_id: UUID) -> bool:
    """Tell whether a legal hold keeps this document now."""
    return bool(tx.execute(select(exists().where(LEGAL_HOLD.c.document_id == document_id, _CURRENT))).scalar_one())


def tell_store(custody: Custody, document_id: DocumentId) -> None:
    """Bring the locks on a document's objects in line with its holds; harmless to repeat.

    The row comes first and the store second: between the two a hold already holds, and ``store_told_at`` stays empty
    until :func:`tell_untold` has seen to it. Raises the errors of the store.
    """
    while True:
        with custody.db.read() as tx:
            wanted = is_held(tx, document_id)
            names = _objects_of(tx, document_id)
        for name in names:
            custody.objects.hold(name, on=wanted)
        with custody.db.transaction() as write:
            # A hold placed or lifted, or a viewing copy made, while the store was being told: it is told again.
            write.execute(select(DOCUMENT.c.state).where(DOCUMENT.c.document_id == document_id).with_for_update())
            if is_held(write, document_id) == wanted and _objects_of(write, document_id) == names:
                told = update(LEGAL_HOLD).where(LEGAL_HOLD.c.document_id == document_id)
                write.execute(told.where(LEGAL_HOLD.c.store_told_at.is_(None)).values(store_told_at=custody.now()))
                return


@standing(purpose=Purpose.SAFETY)
def tell_untold(custody: Custody) -> int:
    """Tell the store of every hold it was not told of yet; return how many documents that was."""
    with custody.db.read() as tx:
        untold = tx.execute(
            select(LEGAL_HOLD.c.document_id).where(LEGAL_HOLD.c.store_told_at.is_(None)).distinct()
        ).scalars()
        waiting = [DocumentId(found) for found in untold]
    told = 0
    for document_id in waiting:
        try:
            tell_store(custody, document_id)
            told += 1
        except ObjectMissing:
            # A fault for the audit to name; it must not keep the others waiting.
            _LOG.error("held document %s lacks an object in the store", document_id)
    return told


def tell_of_new_copy(tx: WriteTx, document_id: DocumentId) -> None:
    """Have the store told again: a held document was given a viewing copy."""
    statement = update(LEGAL_HOLD).where(LEGAL_HOLD.c.document_id == document_id, _CURRENT)
    tx.execute(statement.values(store_told_at=None))


def _objects_of(tx: ReadTx, document_id: DocumentId) -> Sequence[ObjectName]:
    of = (DOCUMENT.c.document_id == document_id, DOCUMENT.c.state.in_(KEPT))
    names = select(DOCUMENT.c.object_name).where(*of)
    copies = select(VIEWING_COPY.c.object_name).where(VIEWING_COPY.c.document_id == document_id)
    return [ObjectName(name) for name in tx.execute(names.union_all(copies)).scalars()]


def _move(tx: WriteTx, document_id: DocumentId, state: DocumentState, reason: str, *, now: datetime) -> None:
    values = {"state": state, "state_reason": reason, "state_since": now}
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.document_id == document_id).values(**values))


def _keep(tx: WriteTx, document_id: DocumentId, holder_id: UUID, actor: Actor, *, step: str) -> None:
    # Without the reference: it can tell of a case the holder must learn of from its judge.
    append(tx, JournalEntry(JournalAct.HOLD, actor, document=document_id, subjects=(holder_id,), detail={"step": step}))
