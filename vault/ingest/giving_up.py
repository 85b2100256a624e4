"""A document whose reading fails for good is set aside with a reason of its own, instead of waiting for ever."""

from sqlalchemy import insert, select, text

from contracts.documents import DocumentState, EvidenceType, Outcome
from contracts.events import DocumentConcluded
from contracts.identifiers import DocumentId
from vault.documents.custody import Custody
from vault.documents.tables import DOCUMENT, FINDING
from vault.ingest.conclude import READER, RULES, move
from vault.ingest.reasons import Reason
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry
from vault.outbox import publish
from vault.standing import Purpose, standing

STEP = "read"


def give_up(custody: Custody, document_id: DocumentId, fault: str) -> bool:
    """Set a received document aside; ``fault`` is a kind of error. False where it is not « received » any more.

    The fault is ours and not the paper's: its holder is told so, and :func:`ask_again` has it read again once it is
    mended. Raises :class:`~vault.errors.DatabaseUnavailable`.
    """
    now = custody.now()
    with custody.db.transaction() as tx:
        row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one_or_none()
        if row is None or row.state is not DocumentState.RECEIVED:
            return False
        values = {"step": STEP, "outcome": Outcome.INCONCLUSIVE, "reason": fault}
        tx.execute(insert(FINDING).values(document_id=document_id, **values, rule_version=RULES, decided_at=now))
        move(tx, document_id, DocumentState.QUARANTINED, Reason.GIVEN_UP.value, now=custody.now)
        detail = {"state": DocumentState.QUARANTINED.value, "reason": Reason.GIVEN_UP.value}
        subjects = (row.holder_id,)
        append(tx, JournalEntry(JournalAct.CONCLUDE, READER, document=document_id, subjects=subjects, detail=detail))
        event = DocumentConcluded(
            document_id, DocumentState.QUARANTINED, Reason.GIVEN_UP.value, EvidenceType(row.announced_type)
        )
        publish(tx, event, now=now)
    return True


@standing(purpose=Purpose.SAFETY)
def ask_again(custody: Custody) -> int:
    """Have everything that was given up read again now; return how many documents that is.

    The jobs that failed over them are let go: they are done by those that take their place.
    """
    with custody.db.transaction() as tx:
        waiting = tx.execute(
            select(DOCUMENT.c.document_id)
            .where(DOCUMENT.c.state == DocumentState.QUARANTINED, DOCUMENT.c.state_reason == Reason.GIVEN_UP)
            .order_by(DOCUMENT.c.state_since)
        ).scalars()
        found = [DocumentId(one) for one in waiting]
        tx.execute(
            text(
                "DELETE FROM jobs.procrastinate_jobs WHERE status = 'failed' AND args ->> 'document_id' = ANY(:those)"
                " AND task_name = ANY(:kinds)"
            ),
            {"those": [str(one) for one in found], "kinds": [Job.READ_DOCUMENT.value, Job.RESCAN_DOCUMENT.value]},
        )
        for document_id in found:
            defer(tx, Job.RESCAN_DOCUMENT, document_id=document_id)
    return len(found)
