"""Judge a family's evidence against its lines, and turn requirements from missing to satisfied, exactly once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.calendar import paris_day
from contracts.documents import EvidenceType, Grade
from contracts.events import EvidenceWithdrawn
from contracts.identifiers import DocumentId, EvidenceId, PersonId, Siret, new_uuid
from contracts.readings import Field
from hub.persons.shown import ShownHome, consider_home, lower_home
from hub.requests.tables import ENROLMENT_LINE, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from hub.school_files.keeping import keep, tell
from hub.school_files.loading import Family, load_families, lock
from hub.school_files.planning import Standing, plan
from hub.school_files.tables import EVIDENCE, FIT, RESTS_ON_OTHERS, SATISFACTION
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.outbox import publish

_PROOF = EvidenceType.PROOF_OF_ADDRESS


def record_evidence(
    tx: WriteTx,
    *,
    document_id: DocumentId,
    holder_id: UUID,
    evidence_type: EvidenceType,
    grade: Grade,
    issued_on: Any,
    now: datetime,
) -> None:
    """Write down that an available document is evidence; harmless to repeat."""
    tx.execute(
        upsert(EVIDENCE)
        .values(
            evidence_id=new_uuid(),
            kind="document",
            document_id=document_id,
            holder_id=holder_id,
            evidence_type=evidence_type,
            grade=grade,
            issued_on=issued_on,
            recorded_at=now,
        )
        .on_conflict_do_nothing()
    )


def record_pulled_evidence(
    tx: WriteTx,
    *,
    document_id: DocumentId,
    holder_id: PersonId,
    evidence_type: EvidenceType,
    as_of: datetime,
    issued_on: Any,
    usable_by: Siret,
    usable_for: str,
    now: datetime,
) -> None:
    """Write down a pulled datum as evidence that one body may use for one purpose, and nobody else."""
    tx.execute(
        insert(EVIDENCE).values(
            evidence_id=new_uuid(),
            kind="pulled",
            document_id=document_id,
            holder_id=holder_id,
            evidence_type=evidence_type,
            grade=Grade.SOURCE_PULLED,
            issued_on=issued_on,
            as_of=as_of,
            usable_by=usable_by,
            usable_for=usable_for,
            recorded_at=now,
        )
    )


def judge_family(tx: WriteTx, custody: Custody, catalogue: Catalogue, adult_id: UUID, *, now: datetime) -> int:
    """Judge all evidence an adult holds against all lines they pay; return how many requirements turned satisfied.

    A line that has run out keeps the fits it has. Needs the right to unwrap: the rules read extracted values, for the
    time of the judgement. Harmless to repeat.
    """
    lock(tx, [adult_id])
    today = paris_day(now)
    families = load_families(tx, custody, [adult_id], today=today)
    if not families:
        return 0
    standing = Standing.of(tx, [line.line_id for family in families for line in family.lines])
    made = plan(families, standing, catalogue, today=today)
    keep(tx, made, now=now)
    for family in families:
        _consider_homes(tx, family, now=now)
    return len(made.satisfied)


def _consider_homes(tx: WriteTx, family: Family, *, now: datetime) -> None:
    """Let the proofs of address that a requirement of the family rests on show where their holder lives."""
    shown = {held.evidence_id: held for held in family.held if held.facts.evidence_type is _PROOF}
    if not shown:
        return
    rests = select(SATISFACTION.c.evidence_id, SATISFACTION.c.grade).where(
        SATISFACTION.c.line_id.in_([line.line_id for line in family.lines]),
        SATISFACTION.c.evidence_id.in_(list(shown)),
        SATISFACTION.c.until.is_(None),
    )
    for row in tx.execute(rests.order_by(SATISFACTION.c.since)).all():
        held = shown[row.evidence_id]
        postcode = held.facts.said(Field.POSTCODE)
        consider_home(
            tx, family.adult_id, ShownHome(held.document_id, postcode, held.facts.issued_on, row.grade), now=now
        )


def withdraw_evidence(tx: WriteTx, document_id: UUID, *, reason: str, now: datetime) -> EvidenceId | None:
    """Stop using a document as evidence from now on: no release, no satisfaction; partners that may have relied on
    it are told. Harmless to repeat.

    What rested on it as an attachment of another paper ends with it.
    """
    row = tx.execute(
        update(EVIDENCE)
        .where(EVIDENCE.c.document_id == document_id, EVIDENCE.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(EVIDENCE.c.evidence_id)
    ).one_or_none()
    if row is None:
        return None
    lower_home(tx, document_id, now=now)
    evidence_id = EvidenceId(row.evidence_id)
    attached = select(FIT.c.fit_id).where(FIT.c.rests_on.contains([evidence_id]), RESTS_ON_OTHERS)
    ended: Sequence[Any] = tx.execute(
        update(SATISFACTION)
        .where(
            or_(SATISFACTION.c.evidence_id == evidence_id, SATISFACTION.c.fit_id.in_(attached)),
            SATISFACTION.c.until.is_(None),
        )
        .values(until=now)
        .returning(SATISFACTION.c.line_id, SATISFACTION.c.requirement)
    ).all()
    for one in ended:
        event = EvidenceWithdrawn(evidence_id, reason)
        line = tx.execute(_LINE.where(ENROLMENT_LINE.c.line_id == one.line_id)).one()
        tell(tx, publish(tx, event, now=now), event.type, line, one.requirement, now=now)
    return evidence_id


_LINE = select(ENROLMENT_LINE, SCHOOL_FILE.c.school_year).join(
    SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id
)
