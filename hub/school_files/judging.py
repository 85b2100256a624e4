"""Judge a family's evidence against its lines, and turn requirements from missing to satisfied, exactly once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.documents import EvidenceType, Grade, Outcome
from contracts.events import EvidenceWithdrawn, RequirementSatisfied
from contracts.identifiers import DocumentId, EvidenceId, PersonId, Siret, new_uuid
from hub.notifications.fanout import Signal, notify
from hub.persons.tables import CIVIL_STATUS, REVIEW
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue, Requirement
from hub.requirements.rules import Case, EvidenceFacts, Judgement, PersonFacts, judge
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.opening import open_fields
from vault.outbox import publish


@dataclass(frozen=True, slots=True)
class _Held:
    """A piece of evidence with its values, and whom it may be used for."""

    evidence_id: EvidenceId
    document_id: DocumentId
    facts: EvidenceFacts
    usable_by: str | None
    usable_for: str | None

    def serves(self, line: "Row[Any]", purpose: str) -> bool:
        """Tell whether a pulled datum may be used here; a paper may be judged for any line of its holder."""
        return self.usable_by is None or (self.usable_by == line.body and self.usable_for == purpose)


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


def judge_family(tx: WriteTx, custody: Custody, catalogue: Catalogue, adult_id: UUID, *, now: datetime) -> int:
    """Judge all evidence an adult holds against all lines they pay; return how many requirements turned satisfied.

    Needs the right to unwrap: the rules read extracted values, for the time of the judgement. Harmless to repeat.
    """
    # One judgement of a family at a time: two that interleave could each miss what the other has just made evidence.
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"family:{adult_id}", 0))))
    lines = tx.execute(_lines_of(adult_id)).all()
    held = _held_by(tx, custody, adult_id) if lines else []
    if not held:
        return 0
    payer = _person(tx, adult_id)
    turned = 0
    for line in lines:
        service = catalogue.services[line.service]
        case = Case(
            payer=payer,
            child=_person(tx, line.child_id),
            reference_date=paris_day(line.received_at),
            purpose=service.purpose,
        )
        for requirement in service.requirements:
            for evidence in held:
                if evidence.serves(line, service.purpose):
                    turned += _judge_one(tx, catalogue, line, requirement, (case, evidence), now=now)
    return turned


def withdraw_evidence(tx: WriteTx, document_id: UUID, *, reason: str, now: datetime) -> EvidenceId | None:
    """Stop using a document as evidence from now on: no release, no satisfaction; partners that may have relied on
    it are told. Harmless to repeat.
    """
    row = tx.execute(
        update(EVIDENCE)
        .where(EVIDENCE.c.document_id == document_id, EVIDENCE.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(EVIDENCE.c.evidence_id)
    ).one_or_none()
    if row is None:
        return None
    evidence_id = EvidenceId(row.evidence_id)
    ended: Sequence[Any] = tx.execute(
        update(SATISFACTION)
        .where(SATISFACTION.c.evidence_id == evidence_id, SATISFACTION.c.until.is_(None))
        .values(until=now)
        .returning(SATISFACTION.c.line_id, SATISFACTION.c.requirement)
    ).all()
    for row in ended:
        event = EvidenceWithdrawn(evidence_id, reason)
        _tell(tx, publish(tx, event, now=now), event.type, row.line_id, row.requirement, now=now)
    return evidence_id


def _judge_one(
    tx: WriteTx,
    catalogue: Catalogue,
    line: "Row[Any]",
    requirement: Requirement,
    what: tuple[Case, _Held],
    *,
    now: datetime,
) -> int:
    case, evidence = what
    if evidence.facts.evidence_type not in requirement.alternatives:
        return 0
    judgement = judge(evidence.facts, requirement, case, catalogue)
    fit_id = _record_fit(tx, catalogue, line.line_id, requirement, (case, evidence, judgement), now=now)
    if judgement.outcome is Outcome.INCONCLUSIVE:
        _review(tx, line, evidence, judgement.reason, now=now)
    if judgement.outcome is not Outcome.PASSED:
        return 0
    return _satisfy(tx, line.line_id, requirement, evidence, fit_id, now=now)


def _record_fit(
    tx: WriteTx,
    catalogue: Catalogue,
    line_id: UUID,
    requirement: Requirement,
    what: tuple[Case, _Held, Judgement],
    *,
    now: datetime,
) -> UUID:
    case, evidence, judgement = what
    key = {
        "evidence_id": evidence.evidence_id,
        "line_id": line_id,
        "requirement": requirement.id,
        "reference_date": case.reference_date,
        "catalogue_version": catalogue.version,
    }
    row = {
        "fit_id": new_uuid(),
        "outcome": judgement.outcome,
        "blocking": requirement.blocking,
        "reason": judgement.reason,
        "rule": judgement.rule,
        "decided_on": dict(judgement.decided_on),
        "tariff_band": judgement.tariff_band,
        "decided_at": now,
    }
    tx.execute(upsert(FIT).values(**key, **row).on_conflict_do_nothing())
    found: UUID = tx.execute(
        select(FIT.c.fit_id).where(*(FIT.c[name] == value for name, value in key.items()))
    ).scalar_one()
    return found


def _review(tx: WriteTx, line: "Row[Any]", evidence: _Held, reason: str, *, now: datetime) -> None:
    """Give an agent what the rules could not decide, once."""
    tx.execute(
        upsert(REVIEW)
        .values(
            review_id=new_uuid(),
            kind="fit",
            adult_id=line.payer_id,
            child_id=line.child_id,
            document_id=evidence.document_id,
            reason=reason,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )


def _satisfy(
    tx: WriteTx, line_id: UUID, requirement: Requirement, evidence: _Held, fit_id: UUID, *, now: datetime
) -> int:
    turned = tx.execute(
        upsert(SATISFACTION)
        .values(
            satisfaction_id=new_uuid(),
            line_id=line_id,
            requirement=requirement.id,
            evidence_id=evidence.evidence_id,
            fit_id=fit_id,
            grade=evidence.facts.grade,
            since=now,
        )
        .on_conflict_do_nothing()
        .returning(SATISFACTION.c.satisfaction_id)
    ).one_or_none()
    if turned is None:
        return 0
    event = RequirementSatisfied(line_id, requirement.id, evidence.evidence_id)
    _tell(tx, publish(tx, event, now=now), event.type, line_id, requirement.id, now=now)
    return 1


def _tell(tx: WriteTx, event_id: UUID, event_type: str, line_id: UUID, requirement: str, *, now: datetime) -> None:
    line = tx.execute(
        select(ENROLMENT_LINE, SCHOOL_FILE.c.school_year)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .where(ENROLMENT_LINE.c.line_id == line_id)
    ).one()
    signal = Signal(
        event_id=event_id,
        event_type=event_type,
        line_id=line_id,
        service=line.service,
        requirement=requirement,
        school_year=line.school_year,
    )
    notify(tx, Siret(line.body), signal, now=now)


def _lines_of(adult_id: UUID) -> Any:
    return (
        select(ENROLMENT_LINE, SCHOOL_FILE.c.child_id, SCHOOL_FILE.c.school_year, REQUEST.c.received_at)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(
            ENROLMENT_LINE.c.payer_id == adult_id,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            REQUEST.c.state == "pending",
        )
        .order_by(ENROLMENT_LINE.c.line_id)
    )


def _held_by(tx: ReadTx, custody: Custody, adult_id: UUID) -> list[_Held]:
    rows: Iterable[Row[Any]] = tx.execute(
        select(EVIDENCE)
        .where(EVIDENCE.c.holder_id == adult_id, EVIDENCE.c.withdrawn_at.is_(None))
        .order_by(EVIDENCE.c.recorded_at.desc(), EVIDENCE.c.evidence_id.desc())
    )
    return [
        _Held(
            evidence_id=EvidenceId(row.evidence_id),
            document_id=DocumentId(row.document_id),
            facts=EvidenceFacts(
                evidence_type=EvidenceType(row.evidence_type),
                grade=row.grade,
                issued_on=row.issued_on,
                fields=open_fields(custody, tx, DocumentId(row.document_id)),
            ),
            usable_by=row.usable_by,
            usable_for=row.usable_for,
        )
        for row in rows
    ]


def _person(tx: ReadTx, person_id: UUID) -> PersonFacts:
    row = tx.execute(
        select(CIVIL_STATUS).where(CIVIL_STATUS.c.person_id == person_id, CIVIL_STATUS.c.retracted_at.is_(None))
    ).one()
    return PersonFacts(row.family_name, row.usage_name, tuple(row.given_names), row.born_on)


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
