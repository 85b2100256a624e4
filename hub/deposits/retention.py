"""The end of retention: a paper that served nothing for as long as the catalogue says is destroyed, with a certificate."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from contracts.calendar import months_before
from contracts.documents import GONE, DocumentState
from contracts.identifiers import DocumentId
from hub.deposits.erasure import carry_out_erasure
from hub.persons.tables import COMING_OF_AGE
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE, SATISFACTION
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.documents.erase import Cause
from vault.documents.hold import hold, lift, tell_store
from vault.documents.tables import DOCUMENT, ERASURE_ASKED, LEGAL_HOLD, READING
from vault.jobs import Job, defer
from vault.journal.records import Actor, ActorKind
from vault.standing import Purpose, standing

AWAITED_MONTHS = 24
"""How long the papers of somebody who came of age wait for them, seen by nobody."""
REFUSED_KEPT_MONTHS = 3
"""How long what could not be used stays, for its holder to see why."""
BATCH = 500


@standing(purpose=Purpose.RETENTION)
def ask_expiries(custody: Custody, catalogue: Catalogue) -> int:
    """Have every paper destroyed whose retention is over; return how many were asked for.

    It opens nothing and needs no key: the worker destroys. Harmless to repeat.
    """
    with custody.db.transaction() as tx:
        due = expiry_due(tx, catalogue, now=custody.now())
        for document_id in due:
            defer(tx, Job.EXPIRE_DOCUMENT, document_id=document_id)
    return len(due)


@standing(purpose=Purpose.RETENTION)
def expire_due(custody: Custody, catalogue: Catalogue) -> int:
    """Destroy every paper whose retention is over, here and now, with the right to unwrap; return how many went."""
    gone = 0
    while True:
        with custody.db.read() as tx:
            due = expiry_due(tx, catalogue, now=custody.now())
        if not due:
            return gone
        for document_id in due:
            gone += carry_out_expiry(custody, catalogue, document_id)


def carry_out_expiry(custody: Custody, catalogue: Catalogue, document_id: UUID) -> int:
    """Destroy one paper if its retention is still over; return how many went, one or none."""
    with custody.db.read() as tx:
        due = expiry_due(tx, catalogue, now=custody.now(), only=document_id)
    if due:
        carry_out_erasure(custody, catalogue, document_id, cause=Cause.RETENTION_OVER)
    return len(due)


def expiry_due(tx: ReadTx, catalogue: Catalogue, *, now: datetime, only: UUID | None = None) -> list[DocumentId]:
    """Return papers whose retention is over, oldest first, at most :data:`BATCH`.

    It counts from the day a paper came, or from the end of its last use, whichever is later; while it serves a line,
    and under a legal hold, it never ends.
    """
    serves = (
        select(SATISFACTION.c.satisfaction_id)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == SATISFACTION.c.evidence_id)
        .where(EVIDENCE.c.document_id == DOCUMENT.c.document_id, SATISFACTION.c.until.is_(None))
        .correlate(DOCUMENT)
        .exists()
    )
    last_used = (
        select(func.max(SATISFACTION.c.until))
        .join(EVIDENCE, EVIDENCE.c.evidence_id == SATISFACTION.c.evidence_id)
        .where(EVIDENCE.c.document_id == DOCUMENT.c.document_id)
        .correlate(DOCUMENT)
        .scalar_subquery()
    )
    held = exists().where(LEGAL_HOLD.c.document_id == DOCUMENT.c.document_id, LEGAL_HOLD.c.lifted_at.is_(None))
    since = func.greatest(DOCUMENT.c.received_at, last_used)
    statement = (
        select(DOCUMENT.c.document_id)
        .outerjoin(READING, READING.c.document_id == DOCUMENT.c.document_id)
        .where(~serves, ~held, or_(*_over(catalogue, since, now), _not_come_for(now)))
        .order_by(DOCUMENT.c.received_at, DOCUMENT.c.document_id)
        .limit(BATCH)
    )
    if only is not None:
        statement = statement.where(DOCUMENT.c.document_id == only)
    return [DocumentId(found) for found in tx.execute(statement).scalars()]


@standing(purpose=Purpose.SAFETY)
def place_hold(custody: Custody, document_id: UUID, *, reference: str) -> None:
    """Place a legal hold, as the operator who was handed the decision; repeating it finishes what a fault interrupted.

    Raises as :func:`vault.documents.hold.hold` and :func:`vault.documents.hold.tell_store` do; the latter's faults leave
    a hold that holds, and that the worker tells the store of later.
    """
    with custody.db.transaction() as tx:
        hold(tx, custody, DocumentId(document_id), reference=reference, actor=OPERATOR)
    tell_store(custody, DocumentId(document_id))


@standing(purpose=Purpose.SAFETY)
def lift_hold(custody: Custody, document_id: UUID) -> None:
    """Lift a legal hold; an erasure that was asked before it came is then carried out."""
    with custody.db.transaction() as tx:
        lift(tx, custody, DocumentId(document_id), actor=OPERATOR)
        asked = select(ERASURE_ASKED.c.document_id).where(ERASURE_ASKED.c.document_id == document_id)
        if tx.execute(asked).one_or_none() is not None:
            defer(tx, Job.ERASE_DOCUMENT, document_id=document_id)
    tell_store(custody, DocumentId(document_id))


OPERATOR = Actor(ActorKind.PROCESS, "operator")


def _not_come_for(now: datetime) -> ColumnElement[bool]:
    """Return the condition of being held by the record of a child who came of age long ago, for nobody has come."""
    grown = COMING_OF_AGE.c.of_age_on < months_before(now, AWAITED_MONTHS).date()
    waits = exists().where(COMING_OF_AGE.c.child_id == DOCUMENT.c.holder_id, grown)
    return and_(DOCUMENT.c.state.not_in((*GONE, DocumentState.HELD)), waits)


def _over(catalogue: Catalogue, since: ColumnElement[datetime], now: datetime) -> list[ColumnElement[bool]]:
    usable = DOCUMENT.c.state.in_((DocumentState.AVAILABLE, DocumentState.SUPERSEDED))
    kinds = [
        and_(usable, READING.c.evidence_type == kind.value, since < months_before(now, entry.kept_months))
        for kind, entry in catalogue.evidence.items()
        if entry.kept_months is not None
    ]
    refused = DOCUMENT.c.state.in_((DocumentState.QUARANTINED, DocumentState.UNUSABLE))
    return [*kinds, and_(refused, DOCUMENT.c.state_since < months_before(now, REFUSED_KEPT_MONTHS))]
