"""A partner asks what a procedure needs: documents, « not yet », « none », or a refusal that the journal keeps."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.grounds import Purpose
from contracts.identifiers import DocumentId, EnrolmentLineId, EvidenceId, PartnerPseudonym, Siret
from hub.errors import HubError, InvalidValue, NoGround, NothingHere, OutsideAgreement, OutsideGrant
from hub.partners.behalf import require_agreement
from hub.partners.credentials import Caller
from hub.partners.pseudonyms import Named, pseudonym, resolve
from hub.partners.registry import agreements_of
from hub.releases.gate import Cause, Channel, Ordered, hand_over, order_release
from hub.releases.grounds import Question, find_ground
from hub.releases.tables import EVIDENCE_REQUEST
from hub.requests.confirming import Consent, effects
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.opening import Opened, released_media_type
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry


class AnswerKind(StrEnum):
    """What a question can come to; a refusal is an error instead."""

    DOCUMENTS = "documents"
    PENDING = "pending"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """A partner's question, in its own pseudonym; ``on_behalf_of`` names the treatment or agent (R.114-9-6)."""

    subject: PartnerPseudonym
    service: str
    requirement: str
    purpose: Purpose
    on_behalf_of: str


@dataclass(frozen=True, slots=True)
class Offered:
    """One piece of evidence a partner may fetch, under a handle of its own."""

    handle: PartnerPseudonym
    evidence_type: str
    grade: str
    media_type: str
    issued_on: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to."""

    request_id: UUID
    kind: AnswerKind
    offered: tuple[Offered, ...] = ()
    awaited: tuple[str, ...] = ()
    until: date | None = None
    effect_waits_for: Consent | None = None
    """Why the decision, once taken, does not take effect yet: what of the other guardian's confirmation is lacking."""


def ask(
    custody: Custody,
    catalogue: Catalogue,
    caller: Caller,
    asked: Asked,
    *,
    keep: Callable[[WriteTx, Answer], None] = lambda _tx, _answer: None,
) -> Answer:
    """Answer a partner's question with the least that will do; of a set, every paper of it.

    ``keep`` is given the answer in the transaction that writes it down. « None » is the answer for a subject that does not exist and for one that is somebody else's alike. Raises
    :class:`InvalidValue`, :class:`OutsideAgreement`, :class:`OutsideGrant` and :class:`NoGround`; the journal keeps each refusal.
    """
    now = custody.now()
    try:
        with custody.db.transaction() as tx:
            answer = _answer(tx, catalogue, caller, asked, now=now)
            keep(tx, answer)
            return answer
    except (OutsideAgreement, OutsideGrant, NoGround) as refusal:
        with custody.db.transaction() as tx:
            _keep_refusal(tx, caller, asked, refusal, now=now)
        raise


def fetch(
    custody: Custody, catalogue: Catalogue, caller: Caller, *, handle: UUID, request_id: UUID
) -> tuple[Ordered, Opened]:
    """Hand over what an answer offered: ground read again, journal entry committed, then opened.

    Raises :class:`NothingHere` for a handle or request that is not this partner's, and as the gate does; the journal
    keeps each refusal.
    """
    now = custody.now()
    asked: Asked | None = None
    try:
        with custody.db.transaction() as tx:
            row = _own_request(tx, caller, request_id)
            asked = Asked(row.subject, row.service, row.requirement, Purpose(row.purpose), row.on_behalf_of)
            evidence_id = resolve(tx, caller.siret, Named.EVIDENCE, handle)
            if evidence_id is None:
                raise NothingHere
            kind = tx.execute(select(EVIDENCE.c.evidence_type).where(EVIDENCE.c.evidence_id == evidence_id))
            caller.require(asked.service, asked.purpose, kind.scalar_one())
            # Read again: what stood behind the question may no longer be the agreement's.
            may_ask(tx, caller, asked, now=now)
            question = Question(
                EvidenceId(evidence_id), EnrolmentLineId(row.line_id), caller.siret, Purpose(row.purpose)
            )
            cause = Cause(
                evidence_request_id=request_id,
                on_behalf_of=row.on_behalf_of,
                client_key=caller.key,
                proof_key=caller.proof_key,
            )
            ordered = order_release(tx, catalogue, question, Channel.PULL, cause, now=now)
    except (OutsideAgreement, OutsideGrant, NoGround) as refusal:
        if asked is not None:
            with custody.db.transaction() as tx:
                _keep_refusal(tx, caller, asked, refusal, now=now)
        raise
    return ordered, hand_over(custody, ordered)


def may_ask(tx: ReadTx, caller: Caller, asked: Asked, *, now: datetime) -> None:
    """Hold a question to the agreements in force, to who stands behind it, and to the token.

    Raises as :func:`hub.partners.behalf.require_agreement` does, and :class:`OutsideGrant`.
    """
    agreements = agreements_of(tx, caller.siret, on=paris_day(now))
    require_agreement(agreements, asked.service, asked.purpose, asked.on_behalf_of)
    caller.require(asked.service, asked.purpose)


def _answer(tx: WriteTx, catalogue: Catalogue, caller: Caller, asked: Asked, *, now: datetime) -> Answer:
    service = catalogue.services.get(asked.service)
    if service is None or service.requirement(asked.requirement) is None:
        raise InvalidValue("service, requirement: not in the catalogue")
    may_ask(tx, caller, asked, now=now)
    line = _line(tx, caller.siret, asked)
    if line is None:
        return _kept(tx, caller, asked, Answer(uuid4(), AnswerKind.NONE), None, now=now)
    held = tx.execute(
        select(EVIDENCE.c.evidence_id, SATISFACTION.c.grade, FIT.c.rests_on)
        .join(SATISFACTION, SATISFACTION.c.evidence_id == EVIDENCE.c.evidence_id)
        .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
        .where(
            SATISFACTION.c.line_id == line.line_id,
            SATISFACTION.c.requirement == asked.requirement,
            SATISFACTION.c.until.is_(None),
            EVIDENCE.c.withdrawn_at.is_(None),
        )
    ).one_or_none()
    waits = effects(tx, [line.line_id]).get(line.line_id)
    answer = Answer(uuid4(), AnswerKind.PENDING, until=line.due_on, effect_waits_for=waits)
    if held is None:
        awaited = tuple(catalogue.evidence[kind].name_en for kind in _alternatives(catalogue, asked))
        return _kept(tx, caller, asked, replace(answer, awaited=awaited), line.line_id, now=now)
    # A set is handed over whole or not at all: half of one shows nothing.
    offered = tuple(
        _offer(tx, catalogue, caller, asked, (line.line_id, one, held.grade), now=now)
        for one in (held.evidence_id, *held.rests_on)
    )
    found = replace(answer, kind=AnswerKind.DOCUMENTS, offered=offered, until=None)
    return _kept(tx, caller, asked, found, line.line_id, now=now)


def _offer(
    tx: WriteTx,
    catalogue: Catalogue,
    caller: Caller,
    asked: Asked,
    what: tuple[UUID, UUID, str],
    *,
    now: datetime,
) -> Offered:
    """Return one paper as the partner may fetch it; raises where no ground allows its release."""
    line_id, evidence_id, grade = what
    question = Question(EvidenceId(evidence_id), EnrolmentLineId(line_id), caller.siret, asked.purpose)
    allowed = find_ground(tx, catalogue, question, now=now)
    row = tx.execute(select(EVIDENCE).where(EVIDENCE.c.evidence_id == evidence_id)).one()
    caller.require(asked.service, asked.purpose, row.evidence_type)
    handle = pseudonym(tx, caller.siret, Named.EVIDENCE, evidence_id)
    media_type = released_media_type(tx, DocumentId(allowed.document_id))
    return Offered(handle, row.evidence_type, grade, media_type, row.issued_on)


def _alternatives(catalogue: Catalogue, asked: Asked) -> tuple[Any, ...]:
    requirement = catalogue.services[asked.service].requirement(asked.requirement)
    return requirement.alternatives if requirement is not None else ()


def _line(tx: ReadTx, siret: Siret, asked: Asked) -> "Row[Any] | None":
    line_id = resolve(tx, siret, Named.FILE, asked.subject)
    if line_id is None:
        return None
    return tx.execute(
        select(ENROLMENT_LINE, REQUEST.c.due_on)
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(
            ENROLMENT_LINE.c.line_id == line_id,
            ENROLMENT_LINE.c.body == siret,
            ENROLMENT_LINE.c.service == asked.service,
            REQUEST.c.state == "pending",
        )
    ).one_or_none()


def _own_request(tx: ReadTx, caller: Caller, request_id: UUID) -> "Row[Any]":
    row = tx.execute(
        select(EVIDENCE_REQUEST).where(
            EVIDENCE_REQUEST.c.evidence_request_id == request_id,
            EVIDENCE_REQUEST.c.siret == caller.siret,
            EVIDENCE_REQUEST.c.outcome == AnswerKind.DOCUMENTS.value,
        )
    ).one_or_none()
    if row is None:
        raise NothingHere
    return row


def _kept(tx: WriteTx, caller: Caller, asked: Asked, answer: Answer, line_id: UUID | None, *, now: datetime) -> Answer:
    _insert(tx, caller, asked, answer.request_id, answer.kind.value, line_id, now=now)
    return answer


def _keep_refusal(tx: WriteTx, caller: Caller, asked: Asked, refusal: HubError, *, now: datetime) -> None:
    """Keep that a partner was refused; the family sees it where the subject was theirs."""
    request_id = uuid4()
    line_id = resolve(tx, caller.siret, Named.FILE, asked.subject)
    _insert(tx, caller, asked, request_id, "refused", line_id, now=now)
    payer = select(ENROLMENT_LINE.c.payer_id).where(ENROLMENT_LINE.c.line_id == line_id)
    subject = tx.execute(payer).scalar_one_or_none() if line_id is not None else None
    append(
        tx,
        JournalEntry(
            act=JournalAct.REFUSE,
            actor=Actor(ActorKind.PARTNER, caller.siret),
            subjects=() if subject is None else (subject,),
            recipient=caller.siret,
            purpose=asked.purpose.value,
            detail={"reason": type(refusal).__name__, "request": str(request_id), "on_behalf_of": asked.on_behalf_of},
        ),
    )


def _insert(
    tx: WriteTx, caller: Caller, asked: Asked, request_id: UUID, outcome: str, line_id: UUID | None, *, now: datetime
) -> None:
    tx.execute(
        insert(EVIDENCE_REQUEST).values(
            evidence_request_id=request_id,
            siret=caller.siret,
            subject=asked.subject,
            service=asked.service,
            requirement=asked.requirement,
            purpose=asked.purpose.value,
            on_behalf_of=asked.on_behalf_of,
            outcome=outcome,
            line_id=line_id,
            client_key=caller.key,
            proof_key=caller.proof_key,
            asked_at=now,
        )
    )
