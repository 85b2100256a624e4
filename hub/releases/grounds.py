"""Is there a ground for this release? A numbered list, read on the primary, that fails closed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, or_, select
from sqlalchemy.engine import Row

from contracts.answers import Gives
from contracts.calendar import paris_day
from contracts.documents import GRADE_ORDER, Grade
from contracts.grounds import Act, Basis, Ground, Instrument, Purpose
from contracts.identifiers import EnrolmentLineId, EvidenceId, Siret
from hub.errors import AnswerOnly, NoGround, OutsideAgreement
from hub.partners.registry import AgreementFile, agreements_of
from hub.requests.tables import ENROLMENT_LINE, NOTICE_GIVEN, REQUEST, REUSE_GRANT
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx
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
    """A ground that was found, and whose paper it is."""

    ground: Ground
    document_id: UUID
    holder_id: UUID
    origin: str
    evidence: "Row[Any]"


def find_ground(tx: ReadTx, catalogue: Catalogue, question: Question, *, now: datetime) -> Allowed:
    """Return the ground for one release to one body.

    Raises :class:`OutsideAgreement` where no agreement covers it and :class:`NoGround` naming the first condition
    that does not hold.
    """
    # 1. The evidence stands: neither withdrawn nor erased.
    evidence = tx.row(_EVIDENCE, {"evidence": question.evidence_id})
    if evidence is None:
        raise NoGround("evidence withdrawn or unknown")
    # 2. The line is the recipient's, for the service this purpose belongs to, and paid by whoever holds the evidence.
    line = tx.row(_LINE, {"line": question.line_id, "body": question.recipient, "day": paris_day(now)})
    if line is None or line.payer_id != evidence.holder_id:
        raise NoGround("no line of this body for this family")
    if catalogue.services[line.service].purpose is not question.purpose:
        raise NoGround("purpose is not that of the service")
    # 3. An agreement in force covers purpose, service, type and grade.
    grade = _grade_here(tx, question)
    agreements = agreements_of(tx, question.recipient, on=paris_day(now))
    covering = [one for one in agreements if _covers(one, question, line.service, evidence, grade)]
    if not covering:
        raise OutsideAgreement(f"{evidence.evidence_type} for {question.purpose}")
    if question.form is Gives.DOCUMENT and all(one.gives is Gives.ANSWER for one in covering):
        raise AnswerOnly(f"{question.purpose}: an answer, no document")
    # 4. It is what a requirement of this line rests on now; nothing beyond what is needed.
    if grade is None:
        raise NoGround("no requirement rests on this evidence")
    # 5. The family asked, and was told what is fetched (CRPA L.114-8 I).
    request = tx.row(_REQUEST, {"line": question.line_id})
    if request is None:
        raise NoGround("no pending request with its notice")
    # 6. A pulled datum serves only the body and purpose it was pulled for; a paper only with the family's agreement.
    act, reference = _act(tx, evidence, request, question, now=now)
    ground = Ground(Basis.PUBLIC_TASK, Instrument.CRPA_L114_8_I, act, reference)
    return Allowed(ground, evidence.document_id, evidence.holder_id, evidence.kind, evidence)


def _grade_here(tx: ReadTx, question: Question) -> Grade | None:
    """Return the grade at which a requirement of the line rests on the evidence now, or nothing where none does.

    What goes with another paper is part of what the requirement rests on (a hosting statement and its attachments).
    """
    found = tx.row(_GRADE, {"line": question.line_id, "evidence": question.evidence_id})
    return None if found is None else Grade(found.grade)


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
    select(SATISFACTION.c.grade)
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
    return (
        service in agreement.services
        and question.purpose in agreement.purposes
        and evidence.evidence_type in agreement.evidence_types
        and (checked or GRADE_ORDER.index(evidence.grade) >= GRADE_ORDER.index(agreement.minimum_grade))
    )


def _act(
    tx: ReadTx, evidence: "Row[Any]", request: "Row[Any]", question: Question, *, now: datetime
) -> tuple[Act, UUID]:
    if evidence.kind == "pulled":
        if (evidence.usable_by, evidence.usable_for) != (question.recipient, question.purpose):
            raise NoGround("pulled for another body or purpose")
        return Act.INFORMED, request.notice_id
    wanted = {"request": request.request_id, "recipient": question.recipient, "purpose": question.purpose.value}
    grant = tx.row(_GRANT, wanted | {"day": paris_day(now)})
    if grant is None:
        raise NoGround("reuse of the paper not authorised")
    return Act.AUTHORISED, grant.grant_id


_REQUEST = Ready(
    select(REQUEST.c.request_id, NOTICE_GIVEN.c.notice_id)
    .join(NOTICE_GIVEN, NOTICE_GIVEN.c.request_id == REQUEST.c.request_id)
    .where(REQUEST.c.line_id == bindparam("line"), REQUEST.c.state == "pending")
)
_GRANT = Ready(
    select(REUSE_GRANT.c.grant_id).where(
        REUSE_GRANT.c.request_id == bindparam("request"),
        REUSE_GRANT.c.recipient == bindparam("recipient"),
        REUSE_GRANT.c.purpose == bindparam("purpose"),
        REUSE_GRANT.c.withdrawn_at.is_(None),
        REUSE_GRANT.c.valid_until >= bindparam("day"),
    )
)
