"""What follows from a document: concluded by the vault, then evidence, family link and fit, in one transaction."""

from uuid import UUID

from sqlalchemy import func, select

from contracts.documents import DocumentState, EvidenceType
from contracts.identifiers import DocumentId
from hub.persons.family import CertificateFacts, prove_link
from hub.requirements.catalogue import Catalogue
from hub.requirements.names import match_key
from hub.school_files.judging import judge_family, record_evidence
from vault.db import WriteTx
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
    if conclusion.state is not DocumentState.AVAILABLE:
        return
    with custody.db.transaction() as tx:
        # Locked, so that a paper erased meanwhile does not come back as evidence.
        row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one()
        if row.state is not DocumentState.AVAILABLE:
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
        if conclusion.evidence_type is EvidenceType.BIRTH_CERTIFICATE:
            _prove_link(tx, custody, row.holder_id, conclusion)
        judge_family(tx, custody, catalogue, row.holder_id, now=now)


def _prove_link(tx: WriteTx, custody: Custody, adult_id: UUID, conclusion: Conclusion) -> None:
    fields = open_fields(custody, tx, conclusion.document_id)
    if "child_born_on" not in fields:
        return
    parents = tuple(
        (fields[f"parent_{n}_family_name"], fields.get(f"parent_{n}_first_names", ""))
        for n in (1, 2)
        if f"parent_{n}_family_name" in fields
    )
    certificate = CertificateFacts(
        document_id=conclusion.document_id,
        grade=conclusion.grade,
        family_name=fields["child_family_name"],
        given_names=(fields["child_first_names"],),
        born_on=fields["child_born_on"],
        birth_place=fields.get("child_birthplace", ""),
        parents=parents,
    )
    # Two adults' certificates of one child, read at once, must not make two children of it.
    key = match_key(certificate.family_name, certificate.given_names, certificate.born_on)
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    prove_link(tx, adult_id, certificate, now=custody.now())
