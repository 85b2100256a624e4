"""Is there a ground for this release? A numbered list, read on the primary, that fails closed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, or_, select
from sqlalchemy.engine import Row

from contracts.answers import Gives
from contracts.calendar import paris_day
from contracts.documents import GRADE_ORDER, EvidenceType, Grade
from contracts.grounds import Ground, Instrument, Purpose
from contracts.identifiers import EnrolmentLineId, EvidenceId, Siret
from hub.errors import AnswerOnly, NoGround, OutsideAgreement
from hub.partners.registry import AgreementFile, agreements_in, look_in_force
from hub.partners.suspending import look_for_stop, refuse_stopped
from hub.releases.kinds import (
    Case,
    Kind,
    Seen,
    ground_of,
    look_for_kind,
    look_for_once,
    on_authorisation,
    on_request,
    to_inform,
)
from hub.requests.tables import ENROLMENT_LINE
from hub.requirements.catalogue import Catalogue, Requirement
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx, WriteTx
from vault.ready import Ready


@dataclass(frozen=True, slots=True)
class Question:
    """Who would receive which evidence, for what, on which line of a school file."""

    evidence_id: EvidenceId
    line_id: EnrolmentLineId
    recipient: Siret
    purpose: Purpose
    form: Gives = Gives.DOCUMENT
    """What would leave: the paper itself, or only what it shows."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A kind of ground that holds for a case, and the convention under which."""

    kind: Kind
    case: Case
    document_id: UUID
    convention: str
    evidence: "Row[Any]"
    original: bool = False
    """Whether a rule asks for the original here, and the agreement lets this body have it."""

    @property
    def ground(self) -> Ground:
        """Basis, instrument and act, as the journal keeps them."""
        return ground_of(self.kind, convention=self.convention)

    @property
    def holder_id(self) -> UUID:
        """Whose paper it is."""
        return self.case.holder_id


def find_ground(tx: ReadTx, catalogue: Catalogue, question: Question, *, now: datetime) -> Allowed:
    """Return the ground for one release to one body, as it is at this moment.

    Raises :class:`OutsideAgreement` where no agreement covers it and :class:`NoGround` naming the first condition
    that does not hold.
    """
    return judged(catalogue, question, _look(tx.rows, question, now=now, hold=False), now=now)


def hold_ground(tx: WriteTx, catalogue: Catalogue, question: Question, *, now: datetime) -> Allowed:
    """Return the ground for a release that ``tx`` writes down: what it rests on cannot be taken back before that ends.

    Raises as :func:`find_ground`, and :class:`~hub.errors.ReleasesStopped`.
    """
    looked = _look(tx.held_rows, question, now=now, hold=True)
    refuse_stopped(looked.stopped)
    return judged(catalogue, question, looked, now=now)


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything a ground is judged by, as the primary showed it in one round trip; ``stopped`` where it was asked."""

    evidence: Sequence[Any]
    line: Sequence[Any]
    grade: Sequence[Any]
    agreements: Sequence[Any]
    stopped: Sequence[Any]
    seen: Seen


def _look(run: Callable[..., list[list[Any]]], question: Question, *, now: datetime, hold: bool) -> Looked:
    day = paris_day(now)
    told = {"evidence": question.evidence_id, "line": question.line_id, "body": question.recipient, "day": day}
    told |= {"purpose": question.purpose.value}
    kinds = look_for_kind(question.purpose, told, hold=hold)
    # What locks comes first: what the others show is then no older than what it waited for.
    seen = run(
        *kinds.values(),
        (_EVIDENCE, told),
        (_LINE, told),
        (_GRADE, told),
        look_in_force(question.recipient, on=day),
        # The door that only foresees has no business with it.
        *([look_for_stop()] if hold else []),
    )
    evidence, line, grade, agreements, *stopped = seen[len(kinds) :]
    once = look_for_once(told, hold=hold)
    shown = Seen(**dict(zip(kinds, seen[: len(kinds)], strict=True)), hold=hold, once=lambda: run(once)[0])
    return Looked(evidence, line, grade, agreements, stopped[0] if hold else (), shown)


def judged(catalogue: Catalogue, question: Question, looked: Looked, *, now: datetime) -> Allowed:
    """Judge what one look showed, condition after condition; raises as :func:`find_ground`."""
    # 1. The evidence stands: neither withdrawn nor erased.
    evidence = _first(looked.evidence)
    if evidence is None:
        raise NoGround("evidence withdrawn or unknown")
    # 2. The line is the recipient's, for the service this purpose belongs to, and paid by whoever holds the evidence.
    line = _first(looked.line)
    if line is None or line.payer_id != evidence.holder_id:
        raise NoGround("no line of this body for this family")
    informs = question.purpose is Purpose.RIGHTS_INFORMATION
    if catalogue.services[line.service].purpose is not question.purpose and not informs:
        raise NoGround("purpose is not that of the service")
    # 3. An agreement in force covers purpose, service, type and grade.
    grade = _grade_here(looked.grade)
    agreements = agreements_in(looked.agreements)
    covering = [one for one in agreements if _covers(one, question, line.service, evidence, grade)]
    if not covering:
        raise OutsideAgreement(f"{evidence.evidence_type} for {question.purpose}")
    fitting = [one for one in covering if question.form is Gives.ANSWER or one.gives is Gives.DOCUMENT]
    if not fitting:
        raise AnswerOnly(f"{question.purpose}: an answer, no document")
    # 4. It is what a requirement of this line rests on now; nothing beyond what is needed.
    if grade is None:
        raise NoGround("no requirement rests on this evidence")
    # 5. A kind of ground holds: what was pulled or decided rests on a request, what was handed in on its holder's authorisation,
    # and what serves to inform of a right on the first message about it.
    case = Case(
        line_id=question.line_id,
        holder_id=evidence.holder_id,
        evidence_id=question.evidence_id,
        evidence_type=evidence.evidence_type,
        recipient=question.recipient,
        purpose=question.purpose.value,
        health=catalogue.evidence[EvidenceType(evidence.evidence_type)].medical_secret,
    )
    kind: Kind
    if informs:
        kind = to_inform(case, evidence, looked.seen, now=now)
    elif evidence.kind in ("pulled", "decision"):
        kind = on_request(case, evidence, looked.seen)
    else:
        kind = on_authorisation(case, looked.seen, now=now)
    kinds = [one.original_of(EvidenceType(evidence.evidence_type)) for one in _rests(catalogue, line, looked.grade)]
    originals = [one for one in fitting if any(kinds) and evidence.evidence_type in one.originals]
    original = question.form is Gives.DOCUMENT and bool(originals)
    convention = (originals if original else fitting)[0].reference
    return Allowed(kind, case, evidence.document_id, convention, evidence, original)


def _rests(catalogue: Catalogue, line: Any, rows: Sequence[Any]) -> list[Requirement]:
    """Return the requirements of a line that rest on the evidence now."""
    service = catalogue.services[line.service]
    found = (service.requirement(row.requirement) for row in rows)
    return [one for one in found if one is not None]


def _first(rows: Sequence[Any]) -> Any:
    return rows[0] if rows else None


def _grade_here(rows: Sequence[Any]) -> Grade | None:
    """Return the grade at which a requirement of the line rests on the evidence now, or nothing where none does.

    What goes with another paper is part of what the requirement rests on (a hosting statement and its attachments).
    """
    return Grade(rows[0].grade) if rows else None


_EVIDENCE = Ready(
    select(EVIDENCE).where(EVIDENCE.c.evidence_id == bindparam("evidence"), EVIDENCE.c.withdrawn_at.is_(None))
)
_LINE = Ready(
    select(ENROLMENT_LINE).where(
        ENROLMENT_LINE.c.line_id == bindparam("line"),
        ENROLMENT_LINE.c.body == bindparam("body"),
        ENROLMENT_LINE.c.retracted_at.is_(None),
        # After a move the old body has no more business with what the family brings.
        ENROLMENT_LINE.c.valid_until >= bindparam("day"),
    )
)
_GRADE = Ready(
    select(SATISFACTION.c.grade, SATISFACTION.c.requirement)
    .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
    .where(
        SATISFACTION.c.line_id == bindparam("line"),
        SATISFACTION.c.until.is_(None),
        or_(SATISFACTION.c.evidence_id == bindparam("evidence"), bindparam("evidence") == any_(FIT.c.rests_on)),
    )
)


def _covers(
    agreement: AgreementFile, question: Question, service: str, evidence: "Row[Any]", grade: Grade | None
) -> bool:
    # What its own agents looked at and found good, a body does not refuse for its grade.
    checked = grade is Grade.AGENT_CHECKED
    # Informing of rights rests on an article of its own, and nothing else does.
    proactive = agreement.instrument is Instrument.CRPA_L114_8_II
    return (
        proactive is (question.purpose is Purpose.RIGHTS_INFORMATION)
        and service in agreement.services
        and question.purpose in agreement.purposes
        and evidence.evidence_type in agreement.evidence_types
        and (checked or GRADE_ORDER.index(evidence.grade) >= GRADE_ORDER.index(agreement.minimum_grade))
    )
