"""What follows from a decision, in the worker: sealed for its family, evidence for others, and the family told once."""

import json
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from contracts.calendar import PARIS, paris_day
from contracts.decisions import DecisionKind
from contracts.documents import EvidenceType, Grade, MediaType
from contracts.identifiers import DocumentId, PersonId, new_uuid
from hub.notifications.messages import Kind, write_message
from hub.notifications.tables import MESSAGE
from hub.persons.residences import contact_of
from hub.requests.decided import Decided, decisions_for, fields_of
from hub.requirements.catalogue import Catalogue
from hub.school_files.judging import judge_family, withdraw_evidence
from hub.school_files.loading import DECISION, lock
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import RecordFacts, SealedObject, deposit_record, seal_bytes
from vault.jobs import Job, defer
from vault.journal.records import Actor, ActorKind

REUSED = {
    DecisionKind.TARIFF: EvidenceType.TARIFF_DECISION,
    DecisionKind.ASSIGNMENT: EvidenceType.SCHOOL_ASSIGNMENT,
}
"""The kinds that other bodies rest on; the others are only shown."""
OVER = "decision_over"
"""Why partners are told that a decision is nothing to rest on any more: corrected, withdrawn, or of a line given up."""


def settle_decisions(custody: Custody, catalogue: Catalogue, adult_id: UUID) -> None:
    """Draw every conclusion from what was decided about the lines an adult pays; harmless to repeat at any point.

    What is reused is sealed as a record under the decision's own number, so that a second run finds it there. What ends
    on a later day is judged again on that day. Needs the right to unwrap.
    """
    with custody.db.read() as tx:
        fresh = _fresh(tx, adult_id)
    sealed = [(one, seal_bytes(custody, DocumentId(one.decision_id), _content(one), MediaType.RECORD)) for one in fresh]
    with custody.db.transaction() as tx:
        # Also keeps a second job of this family from depositing the same meanwhile.
        lock(tx, [adult_id])
        now = custody.now()
        still = {one.decision_id for one in _fresh(tx, adult_id)}
        for one, record in sealed:
            if one.decision_id in still:
                _deposit(tx, custody, one, record, now=now)
        found = decisions_for(tx, [adult_id])
        for decision_id in _held(tx, [one.decision_id for one in found.values() if not one.ever]):
            withdraw_evidence(tx, decision_id, reason=OVER, now=now)
        _tell(tx, PersonId(adult_id), found, now=now)
        judge_family(tx, custody, catalogue, adult_id, now=now)
        for day in sorted({one.first for one in found.values() if one.ever and one.first > paris_day(now)}):
            defer(tx, Job.EVALUATE_FAMILY, at=datetime.combine(day, time.min, tzinfo=PARIS), adult_id=adult_id)


def _fresh(tx: ReadTx, adult_id: UUID) -> list[Decided]:
    """Return what is reused, is or will be in force, and was never sealed; what was erased is not sealed again."""
    found = decisions_for(tx, [adult_id])
    wanted = [one for one in found.values() if one.kind in REUSED and one.ever]
    held = set(_held(tx, [one.decision_id for one in wanted], withdrawn=True))
    return [one for one in wanted if one.decision_id not in held]


def _held(tx: ReadTx, decisions: list[UUID], *, withdrawn: bool = False) -> list[UUID]:
    """Return which of these are evidence, also what was and is no more where ``withdrawn``."""
    held = select(EVIDENCE.c.document_id).where(EVIDENCE.c.document_id.in_(decisions), EVIDENCE.c.kind == DECISION)
    if not withdrawn:
        held = held.where(EVIDENCE.c.withdrawn_at.is_(None))
    return list(tx.execute(held).scalars())


def _deposit(tx: WriteTx, custody: Custody, one: Decided, record: SealedObject, *, now: datetime) -> None:
    facts = RecordFacts(REUSED[one.kind], one.decided_on, fields_of(one))
    deposit_record(tx, custody, record, facts, holder_id=one.payer_id, actor=Actor(ActorKind.PROCESS, "worker"))
    tx.execute(
        insert(EVIDENCE).values(
            evidence_id=new_uuid(),
            kind=DECISION,
            document_id=one.decision_id,
            holder_id=one.payer_id,
            evidence_type=REUSED[one.kind],
            grade=Grade.SOURCE_PULLED,
            issued_on=one.decided_on,
            recorded_at=now,
        )
    )


def _content(one: Decided) -> bytes:
    """Return the record that the family keeps: everything that the body sent, of this payer alone."""
    told: dict[str, Any] = {
        "kind": one.kind,
        "number": one.number,
        "decided_by": one.body,
        "service": one.service,
        "school_year": one.school_year,
        "decided_on": one.decided_on.isoformat(),
        "notified_on": None if one.notified_on is None else one.notified_on.isoformat(),
        "valid_from": one.first.isoformat(),
        "valid_until": one.last.isoformat(),
        "tariff_band": one.band,
        "weeks": one.parity,
        "share": one.share,
        "school": None if one.school is None else {"name": one.school.name, "uai": one.school.uai},
        "author": {"service": one.author[0], "function": one.author[1]},
        "remedies": [
            {"kind": way.kind, "before": way.before, "within_months": way.within_months} for way in one.remedies
        ],
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def _tell(tx: WriteTx, adult_id: PersonId, found: dict[UUID, Decided], *, now: datetime) -> None:
    """Leave one message about all that was decided since the last one; whoever is not written to reads it on the page."""
    contact = contact_of(tx, adult_id)
    if not found or contact is None or not contact.reachable:
        return
    told = select(func.max(MESSAGE.c.created_at)).where(
        MESSAGE.c.person_id == adult_id, MESSAGE.c.kind == Kind.DECISION.value
    )
    last = tx.execute(told).scalar_one()
    if last is None or max(one.recorded_at for one in found.values()) > last:
        write_message(tx, Kind.DECISION, person_id=adult_id, not_before=now, now=now)
