"""From a received document to a concluded one: read it in the child, keep what was found, move its state, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.documents import OPENABLE, DocumentState, EvidenceType, Grade, MediaType
from contracts.events import DocumentConcluded
from contracts.identifiers import DocumentId
from vault.crypto.holders import HolderKey, wrap_data_key
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import (
    VIEWING,
    SealedObject,
    record_seal,
    seal_bytes,
    seal_fields,
    seal_places,
    wrap_context,
)
from vault.documents.hold import is_held, tell_of_new_copy
from vault.documents.likeness import note_likeness, seal_looks
from vault.documents.opening import open_original
from vault.documents.superseding import REASON as SUPERSEDED
from vault.documents.tables import DOCUMENT, FINDING, READING, VIEWING_COPY
from vault.ingest.reading import Reading
from vault.ingest.reasons import Reason
from vault.ingest.scanning import released_only_scanned, scanned_with
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish
from vault.standing import Purpose, standing

RULES = "intrinsic/1"
"""Version of the intrinsic checks, kept with each finding."""
RESCAN_AFTER, RESCAN_WITHIN = timedelta(minutes=2), timedelta(hours=6)
"""Bounds on how long what could not be scanned waits for the next try."""
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
    return _compared(custody, _read_from(DocumentState.RECEIVED, custody, reader, document_id))


def rescan(custody: Custody, reader: Reader, document_id: DocumentId) -> Conclusion:
    """Read and scan a quarantined document again: it ends available, unusable, or quarantined as it was.

    One that a newer paper replaced before ends superseded where it would be available.

    For what no scanner could look at, and after a change of rules. Documents in another state are answered from
    their rows. Raises as :func:`conclude` does.
    """
    return _compared(custody, _read_from(DocumentState.QUARANTINED, custody, reader, document_id))


def _compared(custody: Custody, conclusion: Conclusion) -> Conclusion:
    """Note which of the holder's other papers this one looks like; a worker that dies before is asked again."""
    if conclusion.state in OPENABLE:
        note_likeness(custody, conclusion.document_id)
    return conclusion


def _read_from(state: DocumentState, custody: Custody, reader: Reader, document_id: DocumentId) -> Conclusion:
    with custody.db.read() as tx:
        row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id)).one()
    if row.state is not state:
        return _concluded(custody, document_id)
    content = open_original(custody, document_id)
    reading = reader.read(content, MediaType(row.media_type), today=paris_day(custody.now()))
    reading = released_only_scanned(reading)
    copy = None
    if reading.viewing_media_type is not None:
        copy = seal_bytes(custody, document_id, reading.viewing_copy, reading.viewing_media_type)
    with custody.db.transaction() as write:
        _record(write, custody, document_id, reading, copy, begun_in=state)
    return _concluded(custody, document_id)


def _record(
    tx: WriteTx,
    custody: Custody,
    document_id: DocumentId,
    reading: Reading,
    copy: SealedObject | None,
    *,
    begun_in: DocumentState,
) -> None:
    now = custody.now()
    row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one()
    if row.state is not begun_in:
        return  # another worker was quicker, or the holder erased it meanwhile
    if reading.verdict is DocumentState.AVAILABLE and row.superseded_at is None and _held_elsewhere(tx, row):
        # It came in again while this one waited in quarantine.
        reading, copy = Reading.refused(Reason.ALREADY_HELD, media_type=reading.media_type), None
    holder = custody.keys.current(tx, row.holder_id)
    if copy is not None:
        _keep_copy(tx, custody, document_id, copy, holder)
    _keep_reading(tx, document_id, reading, holder, now=now)
    state = _ends_in(tx, row, reading)
    reason = SUPERSEDED if state is DocumentState.SUPERSEDED else reading.reason.value
    move(tx, document_id, state, reason, now=custody.now)
    detail = {"state": state.value, "reason": reason}
    append(
        tx,
        JournalEntry(
            act=JournalAct.CONCLUDE, actor=READER, document=document_id, subjects=(row.holder_id,), detail=detail
        ),
    )
    if reading.reason is Reason.NOT_SCANNED:
        defer(tx, Job.RESCAN_DOCUMENT, at=_next_scan(row.received_at, now), document_id=document_id)
    event = DocumentConcluded(document_id, state, reason, reading.evidence_type)
    publish(tx, event, now=now)


def _ends_in(tx: WriteTx, row: "Row[Any]", reading: Reading) -> DocumentState:
    """Return the state reading leads to: where it would be available, what a newer paper replaced is superseded as it
    was before quarantine, and what a legal hold keeps is held.
    """
    held = is_held(tx, row.document_id)
    if held:
        tell_of_new_copy(tx, row.document_id)
    if reading.verdict is not DocumentState.AVAILABLE:
        return reading.verdict
    if row.superseded_at is not None:
        return DocumentState.SUPERSEDED
    return DocumentState.HELD if held else DocumentState.AVAILABLE


def _keep_copy(tx: WriteTx, custody: Custody, document_id: DocumentId, copy: SealedObject, holder: HolderKey) -> None:
    row = {
        "object_name": copy.object_name,
        "holder_id": holder.holder_id,
        "holder_generation": holder.generation,
        "wrapped_key": wrap_data_key(holder, copy.data_key, wrap_context(copy, holder.holder_id)),
        "commitment": copy.commitment,
        "media_type": copy.media_type,
        "plaintext_length": copy.length,
        "made_at": custody.now(),
        "record_seal": record_seal(custody, copy, holder.holder_id, form=VIEWING),
    }
    # A paper that comes back from quarantine may have one; the object of that is noise from now on.
    first = insert_or_update(VIEWING_COPY).values(document_id=document_id, **row)
    tx.execute(first.on_conflict_do_update(index_elements=[VIEWING_COPY.c.document_id], set_=row))


def _keep_reading(tx: WriteTx, document_id: DocumentId, reading: Reading, holder: HolderKey, *, now: datetime) -> None:
    for finding in reading.findings:
        values = {"step": finding.step, "outcome": finding.outcome, "reason": finding.reason}
        version = finding.version or RULES
        tx.execute(insert(FINDING).values(document_id=document_id, **values, rule_version=version, decided_at=now))
    known = {
        "evidence_type": reading.evidence_type,
        "grade": reading.grade,
        "issued_on": reading.issued_on,
        "pages": reading.pages,
        "sealed_fields": seal_fields(holder, document_id, reading.fields),
        "sealed_places": seal_places(holder, document_id, reading.plain_places()),
        "sealed_looks": seal_looks(holder, document_id, reading.looks),
        "scanned_with": scanned_with(reading.findings),
        "concluded_at": now,
    }
    first = insert_or_update(READING).values(document_id=document_id, **known)
    tx.execute(first.on_conflict_do_update(index_elements=[READING.c.document_id], set_=known))


def move(tx: WriteTx, document_id: DocumentId, state: DocumentState, reason: str, *, now: Callable[[], object]) -> None:
    """Put a document into ``state``; the database refuses what the table of transitions does not have."""
    values = {"state": state, "state_reason": reason, "state_since": now()}
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.document_id == document_id).values(**values))


def _held_elsewhere(tx: WriteTx, row: "Row[Any]") -> bool:
    """Tell whether the same holder has the same content in another document that counts."""
    twin = exists().where(
        DOCUMENT.c.holder_id == row.holder_id,
        DOCUMENT.c.keyed_digest == row.keyed_digest,
        DOCUMENT.c.document_id != row.document_id,
        DOCUMENT.c.state.not_in((DocumentState.QUARANTINED, DocumentState.UNUSABLE, DocumentState.ERASED)),
    )
    return bool(tx.execute(select(twin)).scalar_one())


def _next_scan(received_at: datetime, now: datetime) -> datetime:
    """Return when to scan again: as long from now as the document has waited, within bounds."""
    return now + min(max(now - received_at, RESCAN_AFTER), RESCAN_WITHIN)


@standing(purpose=Purpose.SAFETY)
def ask_rescan(custody: Custody) -> int:
    """Have everything that waits for a scan scanned again now; return how many documents that is."""
    with custody.db.transaction() as tx:
        waiting = waiting_for_a_scan(tx)
        for document_id in waiting:
            defer(tx, Job.RESCAN_DOCUMENT, document_id=document_id)
    return len(waiting)


def waiting_for_a_scan(tx: ReadTx) -> list[DocumentId]:
    """Return the documents in quarantine for want of a scan, longest waiting first."""
    rows = tx.execute(
        select(DOCUMENT.c.document_id)
        .where(DOCUMENT.c.state == DocumentState.QUARANTINED, DOCUMENT.c.state_reason == Reason.NOT_SCANNED)
        .order_by(DOCUMENT.c.state_since)
    )
    return [DocumentId(identifier) for identifier in rows.scalars()]


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
