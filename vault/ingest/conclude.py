"""From a received document to a concluded one: read it in the child, keep what was found, move its state, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import insert, select, update

from contracts.calendar import paris_day
from contracts.documents import DocumentState, EvidenceType, Grade, MediaType
from contracts.events import DocumentConcluded
from contracts.identifiers import DocumentId
from vault.crypto.holders import wrap_data_key
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import SealedObject, seal_bytes, seal_fields, wrap_context
from vault.documents.opening import open_original
from vault.documents.tables import DOCUMENT, FINDING, READING, VIEWING_COPY
from vault.ingest.reading import Reading
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish

RULES = "intrinsic/1"
"""Version of the intrinsic checks, kept with each finding."""
READER = Actor(ActorKind.PROCESS, "reader")


class Reader(Protocol):
    """What reads hostile bytes: the limited child."""

    def read(self, data: bytes, announced: MediaType, *, today: date) -> Reading:
        """Return what is learnt from ``data``; never raises for what the data are."""
        ...


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How reading ended, as rows tell it: no value of the document."""

    document_id: DocumentId
    state: DocumentState
    evidence_type: EvidenceType
    grade: Grade
    issued_on: date | None


def conclude(custody: Custody, reader: Reader, document_id: DocumentId) -> Conclusion:
    """Read a received document and conclude it; a document concluded before is answered from its rows.

    Two steps are durable: the viewing copy's object, noise until its key is committed, and one transaction. Raises as
    :func:`vault.documents.opening.open_original` does.
    """
    with custody.db.read() as tx:
        row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id)).one()
    if row.state is not DocumentState.RECEIVED:
        return _concluded(custody, document_id)
    content = open_original(custody, document_id)
    reading = reader.read(content, MediaType(row.media_type), today=paris_day(custody.now()))
    copy = None
    if reading.viewing_media_type is not None:
        copy = seal_bytes(custody, document_id, reading.viewing_copy, reading.viewing_media_type)
    with custody.db.transaction() as write:
        _record(write, custody, document_id, reading, copy)
    return _concluded(custody, document_id)


def _record(
    tx: WriteTx, custody: Custody, document_id: DocumentId, reading: Reading, copy: SealedObject | None
) -> None:
    now = custody.now()
    row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one()
    if row.state is not DocumentState.RECEIVED:
        return  # another worker was quicker, or the holder erased it meanwhile
    holder = custody.keys.current(tx, row.holder_id)
    if copy is not None:
        values = {
            "document_id": document_id,
            "object_name": copy.object_name,
            "holder_id": row.holder_id,
            "holder_generation": holder.generation,
            "wrapped_key": wrap_data_key(holder, copy.data_key, wrap_context(copy, row.holder_id)),
            "commitment": copy.commitment,
            "media_type": copy.media_type,
            "plaintext_length": copy.length,
            "made_at": now,
        }
        tx.execute(insert(VIEWING_COPY).values(**values))
    for finding in reading.findings:
        values = {"step": finding.step, "outcome": finding.outcome, "reason": finding.reason}
        tx.execute(insert(FINDING).values(document_id=document_id, **values, rule_version=RULES, decided_at=now))
    tx.execute(
        insert(READING).values(
            document_id=document_id,
            evidence_type=reading.evidence_type,
            grade=reading.grade,
            issued_on=reading.issued_on,
            pages=reading.pages,
            sealed_fields=seal_fields(holder, document_id, reading.fields),
            concluded_at=now,
        )
    )
    move(tx, document_id, reading.verdict, reading.reason.value, now=custody.now)
    detail = {"state": reading.verdict.value, "reason": reading.reason.value}
    append(
        tx,
        JournalEntry(
            act=JournalAct.CONCLUDE, actor=READER, document=document_id, subjects=(row.holder_id,), detail=detail
        ),
    )
    event = DocumentConcluded(document_id, reading.verdict, reading.reason.value, reading.evidence_type)
    publish(tx, event, now=now)


def move(tx: WriteTx, document_id: DocumentId, state: DocumentState, reason: str, *, now: Callable[[], object]) -> None:
    """Put a document into ``state``; the database refuses what the table of transitions does not have."""
    values = {"state": state, "state_reason": reason, "state_since": now()}
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.document_id == document_id).values(**values))


def _concluded(custody: Custody, document_id: DocumentId) -> Conclusion:
    with custody.db.read() as tx:
        row = tx.execute(
            select(DOCUMENT.c.state, READING)
            .outerjoin(READING, READING.c.document_id == DOCUMENT.c.document_id)
            .where(DOCUMENT.c.document_id == document_id)
        ).one()
    return Conclusion(
        document_id=document_id,
        state=row.state,
        evidence_type=EvidenceType(row.evidence_type or EvidenceType.UNKNOWN),
        grade=row.grade or Grade.SELF_DECLARED,
        issued_on=row.issued_on,
    )
