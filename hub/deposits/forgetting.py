"""What the hub knows of a paper's content, emptied in the transaction that destroys the paper."""

from sqlalchemy import and_, delete, or_, select, update

from contracts.identifiers import DocumentId
from hub.deposits.tables import IDEMPOTENCY
from hub.persons.tables import REVIEW
from hub.releases.disclosing import forget_disclosures_of
from hub.releases.tables import PREVIEW_TICKET
from hub.school_files.tables import EVIDENCE, FIT, RESTS_ON_OTHERS
from vault.db import WriteTx
from vault.jobs import forget_jobs

FORGOTTEN = b""
"""Fingerprint of a key whose answer is gone: it fits no content, so a late retry has no effect."""


def forget_judgements(tx: WriteTx, document_id: DocumentId) -> None:
    """Empty what was judged of a paper, what was answered about it, and what was waiting for it.

    What stays says that there was a paper, of which kind, and who received it: rows of identifiers, days and words.
    """
    evidence = tx.execute(select(EVIDENCE.c.evidence_id).where(EVIDENCE.c.document_id == document_id)).scalars().all()
    # Also where another paper was judged together with this one: what was decided on, and until when, may be of either.
    about = or_(FIT.c.evidence_id.in_(evidence), and_(FIT.c.rests_on.overlap(evidence), RESTS_ON_OTHERS))
    tx.execute(update(FIT).where(about).values(decided_on={}, reason="erased", tariff_band=None, good_until=None))
    tx.execute(update(EVIDENCE).where(EVIDENCE.c.document_id == document_id).values(issued_on=None))
    forget_disclosures_of(tx, document_id)
    tx.execute(delete(REVIEW).where(REVIEW.c.document_id == document_id))
    tx.execute(delete(PREVIEW_TICKET).where(PREVIEW_TICKET.c.document_id == document_id))
    tx.execute(
        update(IDEMPOTENCY)
        .where(IDEMPOTENCY.c.response["document"].astext == str(document_id))
        # Of which paper it was says nothing of it, and is how whoever empties it is shown the row.
        .values(fingerprint=FORGOTTEN, response={"document": str(document_id)})
    )
    forget_jobs(tx, document_id=document_id)
