"""Erasing destroys the only key that opens a document: its holder is re-keyed and everything else moves over."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Row

from contracts.documents import DocumentState
from contracts.events import DocumentErased
from contracts.identifiers import DocumentId
from vault.crypto.holders import Rekeying, ValueContext
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import FACTS, FIELDS, keyed_digest
from vault.documents.opening import context_of
from vault.documents.tables import DOCUMENT, READING, VIEWING_COPY
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.outbox import publish
from vault.storage.objects import ObjectName


def erase(tx: WriteTx, custody: Custody, document_id: DocumentId, *, actor: Actor) -> tuple[ObjectName, ...]:
    """Erase a document; return the names of the objects to delete once ``tx`` has committed.

    Deleting objects is housekeeping: from the commit on nothing opens them. Erasing twice is harmless and returns
    nothing to delete the second time. Needs the right to unwrap, for moving the holder's other papers.
    """
    row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one()
    if row.state is DocumentState.ERASED:
        return ()
    copy = tx.execute(
        delete(VIEWING_COPY).where(VIEWING_COPY.c.document_id == document_id).returning(VIEWING_COPY.c.object_name)
    ).scalar_one_or_none()
    tx.execute(update(READING).where(READING.c.document_id == document_id).values(sealed_fields=None))
    tx.execute(
        update(DOCUMENT)
        .where(DOCUMENT.c.document_id == document_id)
        .values(
            state=DocumentState.ERASED,
            state_reason="asked_by_holder",
            state_since=custody.now(),
            wrapped_key=None,
            holder_generation=None,
            keyed_digest=None,
            sealed_facts=None,
        )
    )
    _move_holder(tx, custody, row.holder_id)
    append(tx, JournalEntry(act=JournalAct.ERASE, actor=actor, document=document_id, subjects=(row.holder_id,)))
    publish(tx, DocumentErased(document_id), now=custody.now())
    return tuple(ObjectName(name) for name in (row.object_name, copy) if name is not None)


def _move_holder(tx: WriteTx, custody: Custody, holder_id: UUID) -> None:
    """Give the holder a new key, re-wrap what remains, destroy the old key."""
    rekeying = custody.keys.rekey(tx, holder_id)
    kept = tx.execute(
        select(DOCUMENT)
        .where(DOCUMENT.c.holder_id == holder_id, DOCUMENT.c.state != DocumentState.ERASED)
        .with_for_update()
    ).all()
    for row in kept:
        _move_document(tx, custody, rekeying, row)
    rekeying.destroy_old(tx)


def _move_document(tx: WriteTx, custody: Custody, rekeying: Rekeying, row: "Row[Any]") -> None:
    document_id, holder_id = row.document_id, row.holder_id
    place = ValueContext(holder_id, document_id, FACTS)
    facts = json.loads(rekeying.opened.open_value(row.sealed_facts, place))
    digest = keyed_digest(custody, rekeying.new, bytes.fromhex(facts["sha256"]))
    tx.execute(
        update(DOCUMENT)
        .where(DOCUMENT.c.document_id == document_id)
        .values(
            holder_generation=rekeying.new.generation,
            wrapped_key=rekeying.rewrap_data_key(row.wrapped_key, context_of(row, holder_id)),
            sealed_facts=rekeying.reseal_value(row.sealed_facts, place),
            keyed_digest=None if row.keyed_digest is None else digest,
        )
    )
    for copy in tx.execute(select(VIEWING_COPY).where(VIEWING_COPY.c.document_id == document_id)):
        wrapped = rekeying.rewrap_data_key(copy.wrapped_key, context_of(copy, holder_id))
        values = {"wrapped_key": wrapped, "holder_generation": rekeying.new.generation}
        tx.execute(update(VIEWING_COPY).where(VIEWING_COPY.c.document_id == document_id).values(values))
    fields = tx.execute(
        select(READING.c.sealed_fields).where(READING.c.document_id == document_id)
    ).scalar_one_or_none()
    if fields is not None:
        moved = rekeying.reseal_value(fields, ValueContext(holder_id, document_id, FIELDS))
        tx.execute(update(READING).where(READING.c.document_id == document_id).values(sealed_fields=moved))
