"""A partner asks what a procedure needs: documents, « not yet », « none », or a refusal that the journal keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from contracts.answers import Gives
from contracts.calendar import paris_day
from contracts.grounds import Purpose
from contracts.identifiers import DocumentId, EnrolmentLineId, EvidenceId, PartnerPseudonym
from hub.errors import (
    AnswerOnly,
    InvalidValue,
    NoGround,
    NothingHere,
    OutsideAgreement,
    OutsideGrant,
    Superseded,
)
from hub.linking.links import own_line
from hub.partners.behalf import require_agreement
from hub.partners.credentials import Caller
from hub.partners.pseudonyms import Named, pseudonym
from hub.partners.registry import AgreementFile, agreements_in, agreements_of, look_in_force
from hub.partners.tables import PSEUDONYM
from hub.releases.answering import AnswerSigner, Bound, answer, documents, none
from hub.releases.asked import Asked, keep_refused
from hub.releases.asked import keep as keep_question
from hub.releases.disclosing import Sealed
from hub.releases.gate import Answered, Cause, Channel, Ordered, hand_over, new_release, order_answer, order_release
from hub.releases.grounds import Allowed, Question, find_ground, hold_ground
from hub.releases.marking import marked_type
from hub.releases.standing import Standing, looks_at_subject, standing_in
from hub.releases.tables import DISCLOSURE, EVIDENCE_REQUEST, RELEASE
from hub.requests.confirming import Consent, effects
from hub.requirements.answers import Rested, state
from hub.requirements.catalogue import Catalogue, Requirement
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.opening import Form, Opened, released_media_type
from vault.ready import Ready


class AnswerKind(StrEnum):
    """What a question can come to; a refusal is an error instead."""

    ANSWER = "answer"
    DOCUMENTS = "documents"
    PENDING = "pending"
    NONE = "none"


class Sent(StrEnum):
    """In which form a piece of evidence leaves."""

    COPY = "copy"
    """Rebuilt by us, with a strip that names the recipient."""
    ORIGINAL = "original"
    """Byte for byte as it was handed in."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What questions are answered with."""

    custody: Custody
    catalogue: Catalogue
    signer: AnswerSigner


@dataclass(frozen=True, slots=True)
class Offered:
    """One piece of evidence a partner may fetch, under a handle of its own."""

    handle: PartnerPseudonym
    evidence_type: str
    grade: str
    media_type: str
    issued_on: date | None
    form: Sent = Sent.COPY

    def plain(self) -> dict[str, Any]:
        """Return it as the signed list has it."""
        issued_on = None if self.issued_on is None else self.issued_on.isoformat()
        told = {"id": str(self.handle), "type": self.evidence_type, "grade": self.grade}
        return told | {"media_type": self.media_type, "issued_on": issued_on, "form": self.form.value}


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
    signed: str | None = None
    """The answer, « none », or the list of documents as a compact JWS bound to the question."""
    release_id: UUID | None = None
    """Of an answer: the number by which its receipt is fetched."""


def ask(
    desk: Desk,
    caller: Caller,
    asked: Asked,
    *,
    keep: Callable[[WriteTx, Answer], None] = lambda _tx, _answer: None,
) -> Answer:
    """Answer a partner's question with the least that will do; of a set, every paper of it.

    ``keep`` is given the answer in the transaction that writes it down. « None » is the answer for a subject that does
    not exist, for one that is somebody else's, and where there is nothing and nothing is awaited, all alike. Raises
    :class:`InvalidValue`, :class:`OutsideAgreement` (as :class:`~hub.errors.AnswerOnly` where documents are not given),
    :class:`OutsideGrant`, :class:`NoGround`, and :class:`Superseded` for a line that another one took over; the journal
    keeps each refusal.
    """
    custody, now = desk.custody, desk.custody.now()
    try:
        with custody.db.transaction() as tx:
            answer = _answer(tx, desk, caller, asked, now=now)
            keep(tx, answer)
            return answer
    except (OutsideAgreement, OutsideGrant, NoGround, Superseded) as refusal:
        with custody.db.transaction() as tx:
            keep_refused(tx, caller, asked, refusal, now=now)
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
            offered, agreed = tx.rows(
                (_OFFERED, {"request": request_id, "siret": caller.siret, "handle": handle}),
                look_in_force(caller.siret, on=paris_day(now)),
            )
            if not offered:
                raise NothingHere
            row = offered[0]
            asked = _asked_again(row)
            caller.require(asked.service, asked.purpose, row.evidence_type)
            # Read again: what stood behind the question may no longer be the agreement's.
            _most(agreements_in(agreed), caller, asked)
            question = Question(
                EvidenceId(row.evidence_id), EnrolmentLineId(row.line_id), caller.siret, Purpose(row.purpose)
            )
            cause = _cause(caller, asked, request_id)
            ordered = order_release(tx, catalogue, question, Channel.PULL, cause, now=now)
    except (OutsideAgreement, OutsideGrant, NoGround) as refusal:
        if asked is not None:
            with custody.db.transaction() as tx:
                keep_refused(tx, caller, asked, refusal, now=now)
        raise
    return ordered, hand_over(custody, ordered)


def may_ask(tx: ReadTx, caller: Caller, asked: Asked, *, now: datetime) -> Gives:
    """Hold a question to the agreements in force, to who stands behind it, and to the token; return what it may have.

    Raises as :func:`hub.partners.behalf.require_agreement` does, :class:`AnswerOnly` and :class:`OutsideGrant`.
    """
    return _most(agreements_of(tx, caller.siret, on=paris_day(now)), caller, asked)


def _most(agreements: Sequence[AgreementFile], caller: Caller, asked: Asked) -> Gives:
    require_agreement(agreements, asked.service, asked.purpose, asked.on_behalf_of)
    caller.require(asked.service, asked.purpose)
    fitting = [one.gives for one in agreements if asked.service in one.services and asked.purpose in one.purposes]
    most = max(fitting, key=list(Gives).index)
    if asked.wants is Gives.DOCUMENT and most is Gives.ANSWER:
        raise AnswerOnly(f"{asked.purpose}: an answer, no document")
    return asked.wants or most


def _answer(tx: WriteTx, desk: Desk, caller: Caller, asked: Asked, *, now: datetime) -> Answer:
    service = desk.catalogue.services.get(asked.service)
    requirement = None if service is None else service.requirement(asked.requirement)
    if service is None or requirement is None:
        raise InvalidValue("service, requirement: not in the catalogue")
    today, name = paris_day(now), asked.requirement
    # One look, whatever it finds: what is another's takes no longer than what is nobody's or is not there.
    agreed, lines, children = tx.rows(
        look_in_force(caller.siret, on=today),
        *looks_at_subject(
            caller.siret, asked.subject, service=asked.service, requirement=name, settled_by=requirement.settled_by
        ),
    )
    wants = _most(agreements_in(agreed), caller, asked)
    found = standing_in(lines or children, name, today=today)
    if requirement.settled_by is not None and wants is Gives.ANSWER:
        # What was decided is said, and no more what we propose; whoever may have the papers still has them.
        decided = standing_in(lines or children, requirement.settled_by, today=today)
        found = decided if decided is not None and decided.rested is not None else found
    if found is None:
        own_line(tx, caller.siret, asked.subject)
    if found is not None and found.rested is not None:
        offer = _stated if wants is Gives.ANSWER else _listed
        return offer(tx, desk, caller, asked, (found, found.rested), now=now)
    if found is not None and requirement not in service.conditional:
        kinds = requirement.alternatives or sorted(requirement.takes)
        awaited = tuple(desk.catalogue.evidence[kind].name_en for kind in kinds)
        waits = effects(tx, [found.line_id]).get(found.line_id)
        pending = Answer(uuid4(), AnswerKind.PENDING, awaited=awaited, until=found.due_on, effect_waits_for=waits)
        return _kept(tx, caller, asked, pending, found.line_id, now=now)
    return _nothing(tx, desk, caller, asked, (requirement, found), now=now)


def _nothing(
    tx: WriteTx,
    desk: Desk,
    caller: Caller,
    asked: Asked,
    what: tuple[Requirement, Standing | None],
    *,
    now: datetime,
) -> Answer:
    """Say « none », signed: there is no such subject, it is somebody else's, or nobody handed in what is asked at times."""
    requirement, found = what
    request_id = uuid4()
    looked_for = tuple(sorted(kind.value for kind in requirement.takes))
    signed = none(desk.signer, _bound(caller, asked, request_id), looked_for, now=now)
    said = Answer(request_id, AnswerKind.NONE, signed=signed)
    return _kept(tx, caller, asked, said, None if found is None else found.line_id, now=now)


def _stated(
    tx: WriteTx, desk: Desk, caller: Caller, asked: Asked, what: tuple[Standing, Rested], *, now: datetime
) -> Answer:
    """Give a signed answer: its ground found for every paper it rests on, written down, and nothing opened for it."""
    found, rested = what
    statement = state(desk.catalogue, rested, today=paris_day(now))
    if statement is None:
        raise NoGround("no answer to this requirement in the catalogue")
    places = [(found, one) for one in found.evidence]
    lead, *_ = [_allowed(tx, desk.catalogue, caller, asked, one, form=Gives.ANSWER, now=now) for one in places]
    question, allowed = lead
    request_id, release_id, sealed = uuid4(), new_release(), Sealed.of(statement.facts)
    bound = _bound(caller, asked, request_id)
    token = answer(desk.signer, bound, (statement, sealed, release_id), last_day=rested.last_day, now=now)
    # Usual acts wait for nobody.
    two = desk.catalogue.services[asked.service].guardians > 1
    waits = effects(tx, [found.line_id]).get(found.line_id) if two else None
    said = Answer(request_id, AnswerKind.ANSWER, signed=token, release_id=release_id, effect_waits_for=waits)
    cause = _cause(caller, asked, request_id)
    # Looks first: rows that wait would have to go out before the next one, and all of it is one statement.
    order_answer(tx, question, allowed, cause, Answered(release_id, token, sealed), now=now)
    return _kept(tx, caller, asked, said, found.line_id, now=now)


def _listed(
    tx: WriteTx, desk: Desk, caller: Caller, asked: Asked, what: tuple[Standing, Rested], *, now: datetime
) -> Answer:
    """List what may be fetched; a set is handed over whole or not at all: half of one shows nothing."""
    found, rested = what
    offered = tuple(_offer(tx, desk, caller, asked, (found, one, rested.grade), now=now) for one in found.evidence)
    request_id = uuid4()
    signed = documents(desk.signer, _bound(caller, asked, request_id), [one.plain() for one in offered], now=now)
    waits = effects(tx, [found.line_id]).get(found.line_id)
    said = Answer(request_id, AnswerKind.DOCUMENTS, offered=offered, effect_waits_for=waits, signed=signed)
    return _kept(tx, caller, asked, said, found.line_id, now=now)


def _offer(
    tx: WriteTx, desk: Desk, caller: Caller, asked: Asked, what: tuple[Standing, UUID, str], *, now: datetime
) -> Offered:
    """Return one paper as the partner may fetch it; raises where no ground allows its release."""
    found, evidence_id, grade = what
    place = (found, evidence_id)
    _, allowed = _allowed(tx, desk.catalogue, caller, asked, place, form=Gives.DOCUMENT, now=now)
    handle = pseudonym(tx, caller.siret, Named.EVIDENCE, evidence_id)
    document_id, row = DocumentId(allowed.document_id), allowed.evidence
    if allowed.original:
        original = released_media_type(tx, document_id, Form.ORIGINAL)
        return Offered(handle, row.evidence_type, grade, original, row.issued_on, Sent.ORIGINAL)
    return Offered(handle, row.evidence_type, grade, marked_type(released_media_type(tx, document_id)), row.issued_on)


def _allowed(
    tx: WriteTx,
    catalogue: Catalogue,
    caller: Caller,
    asked: Asked,
    place: tuple[Standing, UUID],
    *,
    form: Gives,
    now: datetime,
) -> tuple[Question, Allowed]:
    """Return the ground for one paper, or for what it shows; raises where there is none or the token does not name it."""
    found, evidence_id = place
    question = Question(EvidenceId(evidence_id), found.line_id, caller.siret, asked.purpose, form)
    # An answer leaves with this transaction; documents are only offered, and their ground is read again.
    look = hold_ground if form is Gives.ANSWER else find_ground
    allowed = look(tx, catalogue, question, now=now)
    caller.require(asked.service, asked.purpose, allowed.evidence.evidence_type)
    return question, allowed


def said_before(tx: ReadTx, caller: Caller, stored: Mapping[str, Any]) -> str | None:
    """Return what was signed when a question came first, for one that comes again; nothing once the paper is erased."""
    if stored.get("receipt") is None:
        found: str | None = stored.get("signed")
        return found
    release_id = UUID(stored["receipt"].split("/")[-2])
    told = select(DISCLOSURE.c.answer).join(RELEASE, RELEASE.c.release_id == DISCLOSURE.c.release_id)
    answered: str | None = tx.execute(
        told.where(RELEASE.c.release_id == release_id, RELEASE.c.recipient == caller.siret)
    ).scalar_one_or_none()
    return answered


def _cause(caller: Caller, asked: Asked, request_id: UUID) -> Cause:
    return Cause(
        evidence_request_id=request_id,
        on_behalf_of=asked.on_behalf_of,
        client_key=caller.key,
        proof_key=caller.proof_key,
        question=asked.digest,
    )


def _bound(caller: Caller, asked: Asked, request_id: UUID) -> Bound:
    return Bound(caller.siret, asked.subject, asked.service, asked.requirement, asked.purpose, request_id, asked.digest)


def _asked_again(row: "Row[Any]") -> Asked:
    digest = bytes(32) if row.question is None else bytes(row.question)
    return Asked(
        row.subject, row.service, row.requirement, Purpose(row.purpose), row.on_behalf_of, Gives.DOCUMENT, digest
    )


_OFFERED = Ready(
    select(EVIDENCE_REQUEST, EVIDENCE.c.evidence_id, EVIDENCE.c.evidence_type)
    .join(PSEUDONYM, PSEUDONYM.c.siret == EVIDENCE_REQUEST.c.siret)
    .join(EVIDENCE, EVIDENCE.c.evidence_id == PSEUDONYM.c.subject_id)
    .where(
        EVIDENCE_REQUEST.c.evidence_request_id == bindparam("request"),
        EVIDENCE_REQUEST.c.siret == bindparam("siret"),
        EVIDENCE_REQUEST.c.outcome == AnswerKind.DOCUMENTS.value,
        PSEUDONYM.c.kind == Named.EVIDENCE.value,
        PSEUDONYM.c.value == bindparam("handle"),
    )
)
"""What a partner was offered, in one look: its own question, and its own name of a piece of evidence."""


def _kept(tx: WriteTx, caller: Caller, asked: Asked, answer: Answer, line_id: UUID | None, *, now: datetime) -> Answer:
    keep_question(tx, caller, asked, request_id=answer.request_id, outcome=answer.kind.value, line_id=line_id, now=now)
    return answer
