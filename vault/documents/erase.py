"""Erasing destroys the only key that opens a document: its holder is re-keyed and everything else moves over."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Row

from contracts.documents import GONE, DocumentState
from contracts.events import DocumentErased
from contracts.identifiers import DocumentId, EntryId
from vault.crypto.holders import Rekeying, ValueContext
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import FACTS, FIELDS, PLACES, keyed_digest
from vault.documents.erasure_log import LoggedErasure
from vault.documents.hold import is_held
from vault.documents.kept_values import move_values
from vault.documents.likeness import LOOKS, forget_likenesses
from vault.documents.opening import context_of
from vault.documents.tables import DOCUMENT, FINDING, READING, VIEWING_COPY
from vault.errors import DocumentHeld
from vault.journal.entries import append
from vault.journal.forgetting import forget_readings_of
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.outbox import publish
from vault.storage.objects import ObjectName


class Cause(StrEnum):
    """Why a document ends."""

    ASKED_BY_HOLDER = "asked_by_holder"
    RETENTION_OVER = "retention_over"


@dataclass(frozen=True, slots=True)
class Erased:
    """What a destruction leaves to do and to certify; ``names`` are the objects to delete once it has committed."""

    names: tuple[ObjectName, ...]
    evidence_type: str
    received_at: datetime
    destroyed_at: datetime
    key_generation: int
    entry_id: EntryId


def erase(tx: WriteTx, custody: Custody, document_id: DocumentId, *, cause: Cause, actor: Actor) -> Erased | None:
    """Destroy what opens a document, and all that custody knows of its content.

    Deleting objects is housekeeping: from the commit on nothing opens them. Doing it twice is harmless and returns
    nothing the second time. Needs the right to unwrap, for moving the holder's other papers. Raises
    :class:`~vault.errors.DocumentHeld` under a legal hold.
    """
    row = _locked(tx, document_id)
    if row.state in GONE:
        return None
    if is_held(tx, document_id):
        raise DocumentHeld(str(document_id))
    now = custody.now()
    if custody.erasure_log is not None:
        # Before the commit: what a backup may bring back must be written down before it is gone.
        custody.erasure_log.append(LoggedErasure(document_id, now, cause))
    copy = tx.execute(
        delete(VIEWING_COPY).where(VIEWING_COPY.c.document_id == document_id).returning(VIEWING_COPY.c.object_name)
    ).scalar_one_or_none()
    kind = _forget_reading(tx, document_id) or row.announced_type
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.document_id == document_id).values(**_emptied(cause, now)))
    rekey_holder(tx, custody, row.holder_id)
    forget_readings_of(tx, document_id)
    entry = append(tx, JournalEntry(act=JournalAct.ERASE, actor=actor, document=document_id, subjects=(row.holder_id,)))
    publish(tx, DocumentErased(document_id), now=now)
    return Erased(
        names=tuple(ObjectName(name) for name in (row.object_name, copy) if name is not None),
        evidence_type=kind,
        received_at=row.received_at,
        destroyed_at=now,
        key_generation=row.holder_generation,
        entry_id=entry,
    )


def _locked(tx: WriteTx, document_id: DocumentId) -> "Row[Any]":
    """Return a document, locked, with all that is left of its holder's in the order that everybody locks documents in.

    All of them are moved to a new key. Two erasures that locked their own paper first would each wait for the other's.
    """
    of_this = select(DOCUMENT.c.holder_id).where(DOCUMENT.c.document_id == document_id).scalar_subquery()
    left = DOCUMENT.c.state.not_in(GONE) | (DOCUMENT.c.document_id == document_id)
    papers = select(DOCUMENT).where(DOCUMENT.c.holder_id == of_this, left).order_by(DOCUMENT.c.document_id)
    found = {row.document_id: row for row in tx.execute(papers.with_for_update())}
    return found[document_id]


def _emptied(cause: Cause, now: datetime) -> dict[str, Any]:
    return {
        "state": DocumentState.EXPIRED if cause is Cause.RETENTION_OVER else DocumentState.ERASED,
        "state_reason": cause.value,
        "state_since": now,
        "wrapped_key": None,
        "holder_generation": None,
        "keyed_digest": None,
        "sealed_facts": None,
    }


def _forget_reading(tx: WriteTx, document_id: DocumentId) -> str | None:
    """Empty what reading found but the kind, by which the person knows the paper; return the kind."""
    forget_likenesses(tx, document_id)
    tx.execute(delete(FINDING).where(FINDING.c.document_id == document_id))
    kind: str | None = tx.execute(
        update(READING)
        .where(READING.c.document_id == document_id)
        .values(sealed_fields=None, sealed_looks=None, sealed_places=None, issued_on=None, pages=0)
        .returning(READING.c.evidence_type)
    ).scalar_one_or_none()
    return kind


def rekey_holder(tx: WriteTx, custody: Custody, holder_id: UUID) -> None:
    """Give the holder a new key, re-wrap what remains, destroy the old key: nothing that left opens with it any more."""
    rekeying = custody.keys.rekey(tx, holder_id)
    kept = tx.execute(
        select(DOCUMENT).where(DOCUMENT.c.holder_id == holder_id, DOCUMENT.c.state.not_in(GONE)).with_for_update()
    ).all()
    for row in kept:
        _move_document(tx, custody, rekeying, row)
    move_values(tx, rekeying)
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
    _move_reading(tx, rekeying, document_id, holder_id)


def _move_reading(tx: WriteTx, rekeying: Rekeying, document_id: DocumentId, holder_id: UUID) -> None:
    columns = {FIELDS: READING.c.sealed_fields, LOOKS: READING.c.sealed_looks, PLACES: READING.c.sealed_places}
    row = tx.execute(select(*columns.values()).where(READING.c.document_id == document_id)).one_or_none()
    if row is None:
        return
    moved = {
        column.name: rekeying.reseal_value(value, ValueContext(holder_id, document_id, place))
        for (place, column), value in zip(columns.items(), row, strict=True)
        if value is not None
    }
    if moved:
        tx.execute(update(READING).where(READING.c.document_id == document_id).values(**moved))
