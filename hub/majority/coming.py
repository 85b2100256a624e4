"""A child's coming of age, one job a child: everybody is told three months before, and on the day what is theirs passes.

Each step is one transaction and says when it was done, so that a job may die anywhere and run as often as it likes. That
guardians see nothing of an adult is not this job's doing: their links end by their own dates, worker or no worker.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from contracts.authorisations import AuthorisationState
from contracts.calendar import majority, paris_day
from contracts.documents import GONE, DocumentState, EvidenceType
from contracts.identifiers import DocumentId
from hub.authorisations.stepping import OPEN, step
from hub.linking.links import end_by_majority, tell_of_age
from hub.majority.subjects import Told, about_alone
from hub.notifications.messages import Kind, write_message
from hub.persons.childhood import AHEAD_MONTHS, grown_of, pass_childhood
from hub.persons.links import guardians_of
from hub.persons.tables import CIVIL_STATUS, COMING_OF_AGE, FAMILY_LINK, REVIEW
from hub.requests.tables import ENROLMENT_LINE, REQUEST, REUSE_GRANT, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from hub.requirements.checks import months_before
from hub.requirements.facts import PersonFacts
from hub.school_files.loading import lock
from hub.school_files.tables import EVIDENCE, SATISFACTION
from vault.db import Database, ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.handing_over import hand_over
from vault.documents.opening import open_fields_of
from vault.documents.tables import DOCUMENT, READING
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

WORKER = Actor(ActorKind.PROCESS, "worker")


@dataclass(frozen=True, slots=True)
class Child:
    """A child who comes of age, as papers name them."""

    child_id: UUID
    facts: PersonFacts


def ask_due(db: Database, *, now: datetime) -> int:
    """Have everything done that a birthday makes due today; return for how many children. Harmless to repeat."""
    with db.transaction() as tx:
        due = tx.execute(select(func.hub.coming_of_age_due(paris_day(now)))).scalars().all()
        for child_id in due:
            defer(tx, Job.COME_OF_AGE, child_id=child_id)
    return len(due)


def come_of_age(custody: Custody, catalogue: Catalogue, child_id: UUID) -> None:
    """Do what is due for a child today, if anything is; harmless to repeat. Needs the right to unwrap."""
    today = paris_day(custody.now())
    with custody.db.transaction() as tx:
        child = _known(tx, child_id)
        grown = None if child is None else majority(child.born_on)
        if child is None or grown is None or today < months_before(grown, AHEAD_MONTHS):
            return
        state = _state(tx, child_id, grown)
        if today < grown:
            if state.told_at is None:
                _tell(tx, child_id, now=custody.now())
            return
        if state.ended_at is None:
            _end(tx, child_id, now=custody.now())
    with custody.db.transaction() as tx:
        if _state(tx, child_id, grown).passed_at is None:
            _pass(tx, custody, catalogue, Child(child_id, child))


def _tell(tx: WriteTx, child_id: UUID, *, now: datetime) -> None:
    """Tell the guardians, and the young person where they have an account already."""
    account = grown_of(tx, child_id)
    for person_id in (*guardians_of(tx, child_id), *(() if account is None else (account.grown_id,))):
        write_message(tx, Kind.OF_AGE, person_id=person_id, not_before=now, now=now)
        _journal(tx, person_id, "of_age_soon")
    _done(tx, child_id, told_at=now)


def _end(tx: WriteTx, child_id: UUID, *, now: datetime) -> None:
    """End what guardians have of somebody who is of age: authorisations, requests, lines, and partners' links."""
    given = (
        select(REUSE_GRANT)
        .join(REQUEST, REQUEST.c.request_id == REUSE_GRANT.c.request_id)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .where(SCHOOL_FILE.c.child_id == child_id, REUSE_GRANT.c.state.in_([one.value for one in OPEN]))
        .order_by(REUSE_GRANT.c.grant_id)
        .with_for_update(of=REUSE_GRANT)
    )
    for row in tx.execute(given).all():
        step(tx, row, AuthorisationState.EXPIRED, WORKER, now=now)
    lines = tx.execute(select(func.hub.end_minority(child_id, paris_day(now)))).scalars().all()
    tell_of_age(tx, lines, now=now)
    end_by_majority(tx, child_id, WORKER, now=now)
    for adult_id in _linked(tx, child_id):
        _journal(tx, adult_id, "of_age")
    _done(tx, child_id, ended_at=now)


def _pass(tx: WriteTx, custody: Custody, catalogue: Catalogue, child: Child) -> None:
    """Let papers about the child alone become the child's; what is still being read passes when the job comes again."""
    now, child_id = custody.now(), child.child_id
    adults = _linked(tx, child_id)
    lock(tx, adults)
    for adult_id in adults:
        papers = _papers_of(tx, custody, catalogue, adult_id, child)
        passed = hand_over(tx, custody, papers, before=adult_id, after=child_id, actor=WORKER)
        if passed:
            # What agents said of it was for the guardian's requests, which have ended.
            tx.execute(delete(REVIEW).where(REVIEW.c.adult_id == adult_id, REVIEW.c.document_id.in_(passed)))
            pass_on = func.hub.pass_to_child(child_id, paris_day(now), literal(list(passed), ARRAY(Uuid)))
            tx.execute(select(pass_on))
    account = grown_of(tx, child_id)
    if account is not None and pass_childhood(tx, custody, account, child_id):
        _journal(tx, account.grown_id, "childhood_came", act=JournalAct.SIGN_IN)
    if not _still_read(tx, adults):
        _done(tx, child_id, passed_at=now)


def _papers_of(tx: ReadTx, custody: Custody, catalogue: Catalogue, adult_id: UUID, child: Child) -> list[DocumentId]:
    rows = tx.execute(
        select(DOCUMENT.c.document_id, READING.c.evidence_type)
        .join(READING, READING.c.document_id == DOCUMENT.c.document_id)
        .where(DOCUMENT.c.holder_id == adult_id, DOCUMENT.c.state.not_in(GONE))
        .order_by(DOCUMENT.c.document_id)
    ).all()
    numbers = [row.document_id for row in rows]
    fields, served = open_fields_of(custody, tx, numbers), _served(tx, numbers)
    return [
        DocumentId(row.document_id)
        for row in rows
        if (kind := catalogue.evidence.get(EvidenceType(row.evidence_type))) is not None
        and about_alone(
            Told(
                EvidenceType(row.evidence_type),
                kind.about,
                fields.get(row.document_id, {}),
                served.get(row.document_id, frozenset()),
            ),
            child.child_id,
            child.facts,
        )
    ]


def _served(tx: ReadTx, documents: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return for whose lines each paper ever served."""
    rows = tx.execute(
        select(EVIDENCE.c.document_id, SCHOOL_FILE.c.child_id)
        .join(SATISFACTION, SATISFACTION.c.evidence_id == EVIDENCE.c.evidence_id)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == SATISFACTION.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .where(EVIDENCE.c.document_id.in_(list(documents)))
        .distinct()
    )
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for row in rows:
        found[row.document_id].add(row.child_id)
    return {document: frozenset(children) for document, children in found.items()}


def _still_read(tx: ReadTx, adults: Collection[UUID]) -> bool:
    waiting = (DOCUMENT.c.holder_id.in_(list(adults)), DOCUMENT.c.state == DocumentState.RECEIVED)
    return tx.execute(select(DOCUMENT.c.document_id).where(*waiting).limit(1)).first() is not None


def _linked(tx: ReadTx, child_id: UUID) -> list[UUID]:
    """Return every adult who is written down as the child's, also whose authority a judgment withdrew."""
    rows = select(FAMILY_LINK.c.adult_id).where(
        FAMILY_LINK.c.child_id == child_id, FAMILY_LINK.c.retracted_at.is_(None)
    )
    return list(tx.execute(rows.order_by(FAMILY_LINK.c.adult_id)).scalars())


def _known(tx: ReadTx, child_id: UUID) -> PersonFacts | None:
    row = tx.execute(
        select(CIVIL_STATUS).where(CIVIL_STATUS.c.person_id == child_id, CIVIL_STATUS.c.retracted_at.is_(None))
    ).one_or_none()
    return None if row is None else PersonFacts(row.family_name, row.usage_name, tuple(row.given_names), row.born_on)


def _state(tx: WriteTx, child_id: UUID, grown: date) -> "Row[Any]":
    """Return how far a child's coming of age is, which nobody else carries on before ``tx`` ends."""
    tx.execute(upsert(COMING_OF_AGE).values(child_id=child_id, of_age_on=grown).on_conflict_do_nothing())
    mine = select(COMING_OF_AGE).where(COMING_OF_AGE.c.child_id == child_id)
    return tx.execute(mine.with_for_update()).one()


def _done(tx: WriteTx, child_id: UUID, **when: datetime) -> None:
    tx.execute(update(COMING_OF_AGE).where(COMING_OF_AGE.c.child_id == child_id).values(**when))


def _journal(tx: WriteTx, person_id: UUID, step_name: str, *, act: JournalAct = JournalAct.LINK) -> None:
    append(tx, JournalEntry(act, WORKER, subjects=(person_id,), detail={"step": step_name}))
