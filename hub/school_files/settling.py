"""What follows from a document: concluded by the vault, then evidence, family link and fit, in one transaction."""

from uuid import UUID

from sqlalchemy import select

from contracts.documents import OPENABLE
from contracts.identifiers import DocumentId
from hub.persons.proving import TELLING, Paper, consider_paper
from hub.requirements.catalogue import Catalogue
from hub.school_files.judging import judge_family, record_evidence
from vault.documents.custody import Custody
from vault.documents.opening import open_fields
from vault.documents.tables import DOCUMENT
from vault.ingest.conclude import Conclusion, Reader, conclude, rescan


def settle_document(custody: Custody, catalogue: Catalogue, reader: Reader, document_id: UUID) -> None:
    """Read a document and draw every conclusion from it; harmless to repeat at any point.

    Needs the right to unwrap, for reading and for the values the rules look at.
    """
    _settle(custody, catalogue, conclude(custody, reader, DocumentId(document_id)))


def settle_again(custody: Custody, catalogue: Catalogue, reader: Reader, document_id: UUID) -> None:
    """Scan and read a quarantined document again, and draw the conclusions if it is well; harmless to repeat."""
    _settle(custody, catalogue, rescan(custody, reader, DocumentId(document_id)))


def _settle(custody: Custody, catalogue: Catalogue, conclusion: Conclusion) -> None:
    document_id = conclusion.document_id
    if conclusion.state not in OPENABLE:
        return
    with custody.db.transaction() as tx:
        # Locked, so that a paper erased meanwhile does not come back as evidence.
        row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one()
        if row.state not in OPENABLE:
            return
        now = custody.now()
        record_evidence(
            tx,
            document_id=conclusion.document_id,
            holder_id=row.holder_id,
            evidence_type=conclusion.evidence_type,
            grade=conclusion.grade,
            issued_on=conclusion.issued_on,
            now=now,
        )
        if conclusion.evidence_type in TELLING:
            fields = open_fields(custody, tx, conclusion.document_id)
            paper = Paper(conclusion.document_id, conclusion.evidence_type, conclusion.grade, fields)
            consider_paper(tx, row.holder_id, paper, now=now)
        judge_family(tx, custody, catalogue, row.holder_id, now=now)
