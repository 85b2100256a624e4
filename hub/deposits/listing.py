"""One's own papers and receipts, as rows tell them: nothing sealed is opened, so the residents' door can answer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.engine import Row

from contracts.documents import GONE, DocumentState, Grade
from hub.deposits.tables import RECEIPT
from hub.requests.tables import ENROLMENT_LINE
from hub.school_files.tables import EVIDENCE, SATISFACTION
from vault.db import ReadTx
from vault.documents.tables import DOCUMENT, ERASURE_ASKED, LEGAL_HOLD, READING, REPLACEMENT

LISTED = 200
"""How many papers a list shows; nobody reads further, and the newest come first."""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One paper of its holder.

    ``kind`` is what reading found, or what the sender announced until then; ``origin`` is ``deposit``, or ``record``
    for a datum obtained at its source; ``receipt_id`` is the first receipt; ``withdrawn`` says that its erasure was
    asked and is under way; ``held`` that a legal hold keeps it; ``replaced_by`` names the paper that takes its place,
    or is about to.
    """

    document_id: UUID
    kind: str
    origin: str
    state: DocumentState
    reason: str
    received_at: datetime
    issued_on: date | None
    grade: Grade | None
    receipt_id: UUID | None
    withdrawn: bool
    held: bool
    replaced_by: UUID | None


@dataclass(frozen=True, slots=True)
class UseView:
    """One requirement of a line of the holder's that a paper satisfies now, by catalogue names."""

    service: str
    body: str
    requirement: str
    since: datetime


def documents_of(tx: ReadTx, holder_id: UUID, limit: int = LISTED) -> list[DocumentView]:
    """Return a holder's papers, newest first, erased ones among them; at most ``limit``."""
    rows = tx.execute(_views(holder_id).order_by(DOCUMENT.c.received_at.desc(), DOCUMENT.c.document_id).limit(limit))
    return [_view(row) for row in rows]


def document_of(tx: ReadTx, holder_id: UUID, document_id: UUID) -> DocumentView | None:
    """Return one paper of a holder; nothing where it does not exist or is somebody else's."""
    row = tx.execute(_views(holder_id).where(DOCUMENT.c.document_id == document_id)).one_or_none()
    return None if row is None else _view(row)


def receipt_of(tx: ReadTx, holder_id: UUID, document_id: UUID) -> dict[str, Any] | None:
    """Return the first receipt of a paper, as it was given; nothing for anybody else."""
    statement = (
        select(RECEIPT.c.content)
        .where(RECEIPT.c.person_id == holder_id, RECEIPT.c.document_id == document_id)
        .order_by(RECEIPT.c.issued_at, RECEIPT.c.receipt_id)
        .limit(1)
    )
    return tx.execute(statement).scalar_one_or_none()


def receipt_numbered(tx: ReadTx, holder_id: UUID, receipt_id: UUID) -> dict[str, Any] | None:
    """Return the receipt of that number, as it was given; nothing for anybody else."""
    statement = select(RECEIPT.c.content).where(RECEIPT.c.person_id == holder_id, RECEIPT.c.receipt_id == receipt_id)
    return tx.execute(statement).scalar_one_or_none()


def uses_of(tx: ReadTx, holder_id: UUID, document_id: UUID) -> list[UseView]:
    """Return what a paper satisfies now, in the lines its holder pays, earliest first."""
    rows = tx.execute(
        select(ENROLMENT_LINE.c.service, ENROLMENT_LINE.c.body, SATISFACTION.c.requirement, SATISFACTION.c.since)
        .join(SATISFACTION, SATISFACTION.c.line_id == ENROLMENT_LINE.c.line_id)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == SATISFACTION.c.evidence_id)
        .where(
            EVIDENCE.c.document_id == document_id,
            EVIDENCE.c.holder_id == holder_id,
            ENROLMENT_LINE.c.payer_id == holder_id,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            SATISFACTION.c.until.is_(None),
        )
        .order_by(SATISFACTION.c.since, ENROLMENT_LINE.c.service, ENROLMENT_LINE.c.body)
    )
    return [UseView(row.service, row.body, row.requirement, row.since) for row in rows]


def _views(holder_id: UUID) -> Any:
    first_receipt = (
        select(RECEIPT.c.receipt_id)
        .where(RECEIPT.c.document_id == DOCUMENT.c.document_id, RECEIPT.c.person_id == holder_id)
        .order_by(RECEIPT.c.issued_at, RECEIPT.c.receipt_id)
        .limit(1)
        .scalar_subquery()
    )
    withdrawn = exists().where(ERASURE_ASKED.c.document_id == DOCUMENT.c.document_id)
    held = exists().where(LEGAL_HOLD.c.document_id == DOCUMENT.c.document_id, LEGAL_HOLD.c.lifted_at.is_(None))
    columns = ("document_id", "origin", "announced_type", "state", "state_reason", "received_at")
    return (
        select(
            *(DOCUMENT.c[name] for name in columns),
            READING.c.evidence_type,
            READING.c.grade,
            READING.c.issued_on,
            first_receipt.label("receipt_id"),
            withdrawn.label("withdrawn"),
            held.label("held"),
            REPLACEMENT.c.by_document_id,
        )
        .outerjoin(READING, READING.c.document_id == DOCUMENT.c.document_id)
        .outerjoin(REPLACEMENT, REPLACEMENT.c.document_id == DOCUMENT.c.document_id)
        .where(DOCUMENT.c.holder_id == holder_id)
    )


def _view(row: "Row[Any]") -> DocumentView:
    return DocumentView(
        document_id=row.document_id,
        kind=row.evidence_type or row.announced_type,
        origin=row.origin,
        state=row.state,
        reason=row.state_reason,
        received_at=row.received_at,
        issued_on=row.issued_on,
        grade=row.grade,
        receipt_id=row.receipt_id,
        withdrawn=row.withdrawn and row.state not in GONE,
        held=row.held,
        replaced_by=row.by_document_id,
    )
