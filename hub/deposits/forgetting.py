"""What the hub knows of a paper's content, emptied in the transaction that destroys the paper."""

from sqlalchemy import delete, select, update

from contracts.identifiers import DocumentId
from hub.deposits.tables import IDEMPOTENCY
from hub.persons.tables import REVIEW
from hub.releases.tables import PREVIEW_TICKET
from hub.school_files.tables import EVIDENCE, FIT
from vault.db import WriteTx
from vault.jobs import forget_jobs

FORGOTTEN = b""
"""Fingerprint of a key whose answer is gone: it fits no content, so a late retry has no effect."""


def forget_judgements(tx: WriteTx, document_id: DocumentId) -> None:
    """Empty what was judged of a paper, what was answered about it, and what was waiting for it.

    What stays says that there was a paper, of which kind, and who received it: rows of identifiers, days and words.
    """
    evidence = select(EVIDENCE.c.evidence_id).where(EVIDENCE.c.document_id == document_id).scalar_subquery()
    tx.execute(
        update(FIT).where(FIT.c.evidence_id == evidence).values(decided_on={}, reason="erased", tariff_band=None)
    )
    tx.execute(update(EVIDENCE).where(EVIDENCE.c.document_id == document_id).values(issued_on=None))
    tx.execute(delete(REVIEW).where(REVIEW.c.document_id == document_id))
    tx.execute(delete(PREVIEW_TICKET).where(PREVIEW_TICKET.c.document_id == document_id))
    tx.execute(
        update(IDEMPOTENCY)
        .where(IDEMPOTENCY.c.response["document"].astext == str(document_id))
        .values(fingerprint=FORGOTTEN, response={})
    )
    forget_jobs(tx, document_id=document_id)
