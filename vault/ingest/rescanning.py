"""Scan again what may still be opened, once scanners or rules are no longer those that found nothing in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.documents import SEEN_BY_HOLDER, DocumentState, EvidenceType, MediaType
from contracts.events import DocumentConcluded
from contracts.identifiers import DocumentId
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.opening import open_original
from vault.documents.tables import DOCUMENT, FINDING, READING
from vault.ingest.conclude import READER, RULES, move
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import Reason
from vault.ingest.scanning import released_only_scanned, scanned_with
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry
from vault.outbox import publish

BATCH = 100
FOUND: frozenset[Reason] = frozenset({Reason.MALWARE, Reason.ACTIVE_CONTENT, Reason.POLYGLOT})
"""What takes a paper out of use; that a scanner is away, or slow today, does not."""
_BY_RULES = tuple(reason.value for reason in (Reason.MALWARE, Reason.ACTIVE_CONTENT))


class Rescanner(Protocol):
    """What scans a stranger's bytes without reading them: the limited child."""

    def scan(self, data: bytes, announced: MediaType, *, today: date) -> Reading:
        """Return what every scanner says of ``data``; never raises for what the data are."""
        ...

    def scanned_with(self) -> str | None:
        """Name scanners and rules as they are now; nothing where one does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class Rescanned:
    """What scanning a paper again came to."""

    document_id: DocumentId
    reason: Reason
    findings: tuple[Finding, ...]
    scanned_with: str


def outdated(tx: ReadTx, current: str, *, after: UUID | None = None, limit: int = BATCH) -> list[DocumentId]:
    """Return papers that were last scanned otherwise than ``current`` says, in the order of their identifiers.

    Those in use, and those that a newer one replaced: their holder may still open them.
    """
    statement = (
        select(DOCUMENT.c.document_id)
        .join(READING, READING.c.document_id == DOCUMENT.c.document_id)
        .where(DOCUMENT.c.origin == "deposit", DOCUMENT.c.state.in_(SEEN_BY_HOLDER), _otherwise(current))
        .order_by(DOCUMENT.c.document_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(DOCUMENT.c.document_id > after)
    return [DocumentId(found) for found in tx.execute(statement).scalars()]


def ask_quarantined(tx: WriteTx, current: str) -> int:
    """Have read again what other rules put into quarantine; return how many papers that is."""
    rows = tx.execute(
        select(DOCUMENT.c.document_id)
        .join(READING, READING.c.document_id == DOCUMENT.c.document_id)
        .where(
            DOCUMENT.c.state == DocumentState.QUARANTINED,
            DOCUMENT.c.state_reason.in_(_BY_RULES),
            and_(READING.c.scanned_with.is_not(None), READING.c.scanned_with != current),
        )
    ).scalars()
    waiting = list(rows)
    for document_id in waiting:
        defer(tx, Job.RESCAN_DOCUMENT, document_id=document_id)
        # Once for these rules; what reading finds then is written beside it.
        tx.execute(update(READING).where(READING.c.document_id == document_id).values(scanned_with=current))
    return len(waiting)


def ask_all_again(tx: WriteTx) -> int:
    """Have everything that may be opened scanned again, whatever with; return how many papers that is."""
    opened = select(DOCUMENT.c.document_id).where(DOCUMENT.c.origin == "deposit", DOCUMENT.c.state.in_(SEEN_BY_HOLDER))
    return tx.execute(update(READING).where(READING.c.document_id.in_(opened)).values(scanned_with=None)).rowcount


def scan_again(custody: Custody, scanner: Rescanner, document_id: DocumentId) -> Rescanned:
    """Scan one paper; needs the right to unwrap, and raises as :func:`vault.documents.opening.open_original` does."""
    with custody.db.read() as tx:
        media_type = tx.execute(select(DOCUMENT.c.media_type).where(DOCUMENT.c.document_id == document_id)).scalar_one()
    today = paris_day(custody.now())
    scanned = scanner.scan(open_original(custody, document_id), MediaType(media_type), today=today)
    reading = released_only_scanned(scanned)
    return Rescanned(document_id, reading.reason, reading.findings, scanned_with(reading.findings))


def record_rescan(tx: WriteTx, custody: Custody, rescanned: Rescanned) -> "Row[Any] | None":
    """Write down what scanning again found; return the paper's row where nobody may open it from now on.

    Nothing is written where no scanner gave an answer that counts, nor of a paper that nobody may open any more.
    """
    document_id, now = rescanned.document_id, custody.now()
    row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one()
    if row.state not in SEEN_BY_HOLDER or rescanned.reason not in FOUND | {Reason.READ}:
        return None
    _keep_findings(tx, custody, document_id, rescanned.findings)
    found = update(READING).where(READING.c.document_id == document_id).values(scanned_with=rescanned.scanned_with)
    kind = tx.execute(found.returning(READING.c.evidence_type)).scalar_one_or_none()
    if rescanned.reason is Reason.READ:
        return None
    move(tx, document_id, DocumentState.QUARANTINED, rescanned.reason.value, now=custody.now)
    detail = {"state": DocumentState.QUARANTINED.value, "reason": rescanned.reason.value, "step": "scanned_again"}
    append(
        tx, JournalEntry(JournalAct.CONCLUDE, READER, document=document_id, subjects=(row.holder_id,), detail=detail)
    )
    told = (DocumentState.QUARANTINED, rescanned.reason.value, kind or EvidenceType.UNKNOWN.value)
    publish(tx, DocumentConcluded(document_id, *told), now=now)
    return row


def _keep_findings(tx: WriteTx, custody: Custody, document_id: DocumentId, findings: Iterable[Finding]) -> None:
    for finding in findings:
        values = {"step": finding.step, "outcome": finding.outcome, "reason": finding.reason}
        version = finding.version or RULES
        row = {"document_id": document_id, **values, "rule_version": version, "decided_at": custody.now()}
        tx.execute(insert(FINDING).values(**row))


def _otherwise(current: str) -> Any:
    return or_(READING.c.scanned_with.is_(None), READING.c.scanned_with != current)
