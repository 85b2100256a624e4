"""The one gate out: pull, push and own copy all pass here, and the journal entry commits before the first byte."""

from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, exists, select

from contracts.calendar import paris_day
from contracts.documents import KEPT, SEEN_BY_HOLDER, DocumentState
from contracts.events import EvidenceReleased
from contracts.grounds import Act, Basis, Ground, Instrument, Purpose
from contracts.identifiers import DocumentId, EntryId, PersonId, ReleaseId, Siret
from hub.errors import NothingHere
from hub.releases.agent_grounds import Look
from hub.releases.case_copies import keep_case_copy
from hub.releases.disclosing import Disclosure, Form, Sealed, disclose
from hub.releases.grounds import Allowed, Question, hold_ground
from hub.releases.kinds import OnAuthorisation, spend
from hub.releases.marking import marked, marked_type
from hub.releases.tables import RELEASE
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.opening import Form as Opening
from vault.documents.opening import (
    Opened,
    open_released,
    open_released_fields,
    open_released_name,
    open_released_places,
)
from vault.documents.tables import DOCUMENT, ERASURE_ASKED
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish
from vault.ready import Ready


class Channel(StrEnum):
    """How a release leaves."""

    PULL = "pull"
    PUSH = "push"
    ANSWER = "answer"
    OWN_COPY = "own_copy"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Cause:
    """What a release answers: a partner's question, or an exchange of ours."""

    evidence_request_id: UUID | None = None
    exchange_id: UUID | None = None
    on_behalf_of: str = ""
    client_key: str | None = None
    """``kid`` of the key that the token was got with."""
    proof_key: str | None = None
    """Thumbprint of the key that the token is bound to."""
    question: bytes | None = None
    """SHA-256 of the exact question, where there was one."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A release whose ground was found and whose journal entry is written; it opens once that has committed."""

    release_id: ReleaseId | None
    entry_id: EntryId
    document_id: DocumentId
    own: bool = False
    """Whether the person gets their own paper; only then may the original leave."""
    mark: str = ""
    """What is written under each page of the copy: whom it goes to, what for, when."""
    original: bool = False
    """Whether a rule asks for the bytes as they were handed in, and the agreement lets the body have them."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A signed answer that waits for its release to be written down, and what it commits to."""

    release_id: ReleaseId
    token: str = field(repr=False)
    sealed: Sealed


def order_release(
    tx: WriteTx, catalogue: Catalogue, question: Question, channel: Channel, cause: Cause, *, now: datetime
) -> Ordered:
    """Find the ground and write the release down, in the caller's transaction.

    Raises as :func:`hub.releases.grounds.hold_ground` and :func:`hub.releases.kinds.spend` do; nothing is written then.
    """
    allowed = hold_ground(tx, catalogue, question, now=now)
    return order_allowed(tx, catalogue, question, allowed, (channel, cause), now=now)


def order_allowed(
    tx: WriteTx,
    catalogue: Catalogue,
    question: Question,
    allowed: Allowed,
    how: tuple[Channel, Cause],
    *,
    now: datetime,
) -> Ordered:
    """Write a release down on the ground ``allowed`` that is held in ``tx``; raises as :func:`hub.releases.kinds.spend`."""
    channel, cause = how
    spend(tx, allowed.kind, allowed.case, cause.evidence_request_id or cause.exchange_id, now=now)
    release_id = new_release()
    # Whatever a line of a file says is read off the row: no paper leaves with it.
    original = allowed.original and channel is Channel.PULL
    ordered = _order(tx, question, allowed, how, release_id=release_id, now=now)
    facts = {
        "evidence": str(question.evidence_id),
        "evidence_type": allowed.evidence.evidence_type,
        "issued_on": None if allowed.evidence.issued_on is None else allowed.evidence.issued_on.isoformat(),
        "grade": allowed.evidence.grade.value,
    }
    if original:
        facts["form"] = Form.ORIGINAL.value
    form = Form.ORIGINAL if original else Form.LINE if channel is Channel.PUSH else Form.DOCUMENT
    told = Disclosure(release_id, form, question.recipient, question.purpose, allowed.ground, Sealed.of(facts))
    disclose(tx, replace(told, question=cause.question), now=now)
    keep_case_copy(
        tx,
        catalogue,
        release_id,
        evidence_id=question.evidence_id,
        recipient=question.recipient,
        purpose=question.purpose,
        at_most=allowed.kind.data_life_months if isinstance(allowed.kind, OnAuthorisation) else None,
        now=now,
    )
    if original:
        return replace(ordered, original=True)
    return replace(ordered, mark=words_of_mark(catalogue, question.recipient, question.purpose, release_id, now=now))


def words_of_mark(catalogue: Catalogue, recipient: Siret, purpose: Purpose, number: object, *, now: datetime) -> str:
    """Return in French what is written under each page of a copy that goes to ``recipient``."""
    body = catalogue.bodies.get(recipient)
    service = next((one.name_fr for one in catalogue.services.values() if one.purpose is purpose), purpose.value)
    name = "un organisme" if body is None else body.name
    return f"Copie remise à : {name} (SIRET {recipient}). Motif : {service}. Le {paris_day(now):%d/%m/%Y}, n° {number}."


def order_answer(
    tx: WriteTx, question: Question, allowed: Allowed, cause: Cause, answered: Answered, *, now: datetime
) -> Ordered:
    """Write down that an answer leaves, on the ground ``allowed`` that is held in ``tx``; nothing is opened for it.

    Raises as :func:`hub.releases.kinds.spend` does.
    """
    spend(tx, allowed.kind, allowed.case, cause.evidence_request_id, now=now)
    how = (Channel.ANSWER, cause)
    ordered = _order(tx, question, allowed, how, release_id=answered.release_id, now=now)
    told = Disclosure(
        answered.release_id, Form.ANSWER, question.recipient, question.purpose, allowed.ground, answered.sealed
    )
    disclose(tx, replace(told, question=cause.question, answer=answered.token), now=now)
    return ordered


def own_papers(document: ColumnElement[UUID], holder: ColumnElement[UUID]) -> Select[Any]:
    """Return the query for a person's own paper and the evidence that it is, if it is any; none that is being erased."""
    return (
        select(DOCUMENT.c.state, EVIDENCE.c.evidence_id)
        .outerjoin(EVIDENCE, EVIDENCE.c.document_id == DOCUMENT.c.document_id)
        .where(
            DOCUMENT.c.document_id == document,
            DOCUMENT.c.holder_id == holder,
            ~exists().where(ERASURE_ASKED.c.document_id == DOCUMENT.c.document_id),
        )
    )


_OF_GROUND = tuple(one.name for one in fields(Ground))
_OWN = Ready(own_papers(bindparam("document", type_=Uuid), bindparam("holder", type_=Uuid)))


def own_paper(
    tx: ReadTx, person_id: PersonId, document_id: UUID, states: Collection[DocumentState] = SEEN_BY_HOLDER
) -> UUID | None:
    """Return the evidence that a person's own paper is, if it is any; the paper itself decides whether they see it.

    Raises :class:`NothingHere` for anybody else's, for one being erased, and for one in none of ``states``.
    """
    row = tx.row(_OWN, {"document": document_id, "holder": person_id})
    if row is None or row.state not in states:
        raise NothingHere
    found: UUID | None = row.evidence_id
    return found


def order_own_copy(
    tx: WriteTx,
    person_id: PersonId,
    document_id: DocumentId,
    *,
    now: datetime,
    states: Collection[DocumentState] = SEEN_BY_HOLDER,
) -> Ordered:
    """Write down that a person reads their own paper; raises as :func:`own_paper` does.

    Of a paper that never was evidence the journal alone tells: it was released to nobody.
    """
    return order_own(tx, person_id, document_id, own_paper(tx, person_id, document_id, states), now=now)


def order_own(
    tx: WriteTx, person_id: PersonId, document_id: DocumentId, evidence_id: UUID | None, *, now: datetime
) -> Ordered:
    """As :func:`order_own_copy`, of a paper and its evidence that :func:`own_papers` has just found."""
    ground = Ground(Basis.LEGAL_OBLIGATION, Instrument.OWN_COPY, Act.REQUESTED, person_id)
    actor = Actor(ActorKind.RESIDENT, str(person_id))
    detail = {"channel": Channel.OWN_COPY.value}
    if evidence_id is not None:
        detail["evidence"] = str(evidence_id)
    entry_id = append(tx, _entry(document_id, person_id, actor, ground, Purpose.OWN_COPY, str(person_id), detail))
    if evidence_id is None:
        return Ordered(None, entry_id, document_id, own=True)
    columns = {
        "evidence_id": evidence_id,
        "recipient": str(person_id),
        "purpose": Purpose.OWN_COPY.value,
        "channel": Channel.OWN_COPY.value,
        "entry_id": entry_id,
    }
    return Ordered(_record(tx, columns, ground, now=now), entry_id, document_id, own=True)


def order_own_copies(tx: WriteTx, person_id: PersonId, *, now: datetime) -> dict[UUID, Ordered]:
    """Write down that a person takes all their papers away; return an order for each whose keys exist."""
    asked = exists().where(ERASURE_ASKED.c.document_id == DOCUMENT.c.document_id)
    own = (
        select(DOCUMENT.c.document_id)
        .where(DOCUMENT.c.holder_id == person_id, DOCUMENT.c.state.in_(KEPT), ~asked)
        .order_by(DOCUMENT.c.document_id)
    )
    documents = [DocumentId(found) for found in tx.execute(own).scalars()]
    actor = Actor(ActorKind.RESIDENT, str(person_id))
    detail = {"documents": len(documents)}
    append(tx, JournalEntry(JournalAct.EXPORT, actor, subjects=(person_id,), purpose=Purpose.OWN_COPY, detail=detail))
    return {one: order_own_copy(tx, person_id, one, now=now, states=KEPT) for one in documents}


def order_agent_look(tx: WriteTx, look: Look, agent: Actor, *, shown: str, now: datetime) -> Ordered:
    """Write down that an agent looks at the paper of a review, whose ground was found in ``tx``.

    ``shown`` says what of it: the viewing copy, the values that were read, or what agents noted. A look leaves no case copy.
    """
    recipient = look.recipient
    detail = {"channel": Channel.AGENT.value, "shown": shown, "evidence": str(look.evidence_id)}
    entry = _entry(look.document_id, look.holder_id, agent, look.ground, look.purpose, recipient, detail)
    entry_id = append(tx, entry)
    columns = {
        "evidence_id": look.evidence_id,
        "recipient": recipient,
        "purpose": look.purpose.value,
        "channel": Channel.AGENT.value,
        "entry_id": entry_id,
        "line_id": look.line_id,
    }
    return Ordered(_record(tx, columns, look.ground, now=now), entry_id, look.document_id)


def read_out(custody: Custody, ordered: Ordered) -> dict[str, str]:
    """Open the values that reading found on what was ordered; as :func:`hand_over` otherwise."""
    return open_released_fields(custody, ordered.document_id, ordered.entry_id, own=ordered.own)


def where_read(custody: Custody, ordered: Ordered) -> dict[str, list[float]]:
    """Open where on the paper these values stand, as :func:`~vault.documents.opening.open_released_places` gives it."""
    return open_released_places(custody, ordered.document_id, ordered.entry_id)


def hand_over(custody: Custody, ordered: Ordered) -> Opened:
    """Open what was ordered, in the form that people and agencies see: rebuilt, or where a rule asks for it the original.

    Call it after the transaction of the order has committed. Raises
    :class:`~vault.errors.EntryMissing` where the journal does not know of the order, and as
    :func:`vault.documents.opening.open_released` does.
    """
    form = Opening.ORIGINAL if ordered.original else Opening.VIEWING_COPY
    opened = open_released(custody, ordered.document_id, ordered.entry_id, form, own=ordered.own)
    return _with_mark(opened, ordered.mark) if ordered.mark else opened


def _with_mark(opened: Opened, mark: str) -> Opened:
    """Return an opened copy with ``mark`` under each page; raises :class:`~hub.errors.CopyNotMarked`.

    It is held whole, also where it is large: how long it becomes has to be known before it leaves.
    """
    content = marked(b"".join(opened.chunks), opened.media_type, mark)
    return Opened(marked_type(opened.media_type), len(content), iter((content,)))


def hand_back(custody: Custody, ordered: Ordered) -> Opened:
    """Open the original of a person's own paper, byte for byte as it was handed in; as :func:`hand_over` otherwise."""
    if not ordered.own:
        raise NothingHere
    return open_released(custody, ordered.document_id, ordered.entry_id, Opening.ORIGINAL, own=True)


def name_given(custody: Custody, ordered: Ordered) -> str:
    """Return what a person called the file of their own paper, or nothing; as :func:`hand_back` otherwise."""
    if not ordered.own:
        raise NothingHere
    return open_released_name(custody, ordered.document_id, ordered.entry_id)


def _order(
    tx: WriteTx,
    question: Question,
    allowed: Allowed,
    how: tuple[Channel, Cause],
    *,
    release_id: ReleaseId,
    now: datetime,
) -> Ordered:
    """Write a release to a partner down: its journal entry and its row."""
    channel, cause = how
    actor = Actor(ActorKind.PARTNER, question.recipient)
    detail = {"channel": channel.value, "line": str(question.line_id), "evidence": str(question.evidence_id)}
    detail["release"] = str(release_id)
    if channel is Channel.PULL:
        detail["form"] = Form.ORIGINAL.value if allowed.original else "copy"
    if cause.on_behalf_of:
        detail["on_behalf_of"] = cause.on_behalf_of
    if cause.client_key and cause.proof_key:
        detail |= {"client_key": cause.client_key, "proof_key": cause.proof_key}
    document_id = DocumentId(allowed.document_id)
    entry = _entry(document_id, allowed.holder_id, actor, allowed.ground, question.purpose, question.recipient, detail)
    entry_id = append(tx, entry)
    columns = {
        "evidence_id": question.evidence_id,
        "recipient": question.recipient,
        "purpose": question.purpose.value,
        "channel": channel.value,
        "entry_id": entry_id,
        "evidence_request_id": cause.evidence_request_id,
        "exchange_id": cause.exchange_id,
        "client_key": cause.client_key,
        "proof_key": cause.proof_key,
        "line_id": question.line_id,
    }
    return Ordered(_record(tx, columns, allowed.ground, release_id, now=now), entry_id, document_id)


def _entry(
    document_id: DocumentId,
    holder_id: UUID,
    actor: Actor,
    ground: Ground,
    purpose: Purpose,
    recipient: str,
    detail: dict[str, str],
) -> JournalEntry:
    return JournalEntry(
        act=JournalAct.RELEASE,
        actor=actor,
        document=document_id,
        subjects=(holder_id,),
        recipient=recipient,
        purpose=purpose.value,
        ground={name: str(getattr(ground, name)) for name in _OF_GROUND},
        detail=detail,
    )


def new_release() -> ReleaseId:
    """Return a fresh number for a release: version 4, for partners receive it, and a time in it would join two of them."""
    return ReleaseId(uuid4())


def _record(
    tx: WriteTx, columns: dict[str, object], ground: Ground, release_id: ReleaseId | None = None, *, now: datetime
) -> ReleaseId:
    release_id = release_id or new_release()
    why = {
        "basis": ground.basis.value,
        "instrument": ground.instrument.value,
        "act": ground.act.value,
        "act_reference": ground.reference,
        "convention": ground.convention,
    }
    tx.insert(RELEASE, {"release_id": release_id, **columns, **why, "ordered_at": now})
    publish(tx, EvidenceReleased(release_id), now=now)
    return release_id
