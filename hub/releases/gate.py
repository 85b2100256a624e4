"""The one gate out: pull, push and own copy all pass here, and the journal entry commits before the first byte."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select

from contracts.documents import OPENABLE
from contracts.events import EvidenceReleased
from contracts.grounds import Act, Basis, Ground, Instrument, Purpose
from contracts.identifiers import DocumentId, EntryId, PersonId, ReleaseId
from hub.errors import NothingHere
from hub.releases.case_copies import keep_case_copy
from hub.releases.grounds import Question, find_ground
from hub.releases.tables import RELEASE
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.opening import Form, Opened, open_released
from vault.documents.tables import DOCUMENT
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish


class Channel(StrEnum):
    """How a release leaves."""

    PULL = "pull"
    PUSH = "push"
    OWN_COPY = "own_copy"


@dataclass(frozen=True, slots=True)
class Cause:
    """What a release answers: a partner's question, or an exchange of ours."""

    evidence_request_id: UUID | None = None
    exchange_id: UUID | None = None
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A release whose ground was found and whose journal entry is written; it opens once that has committed."""

    release_id: ReleaseId
    entry_id: EntryId
    document_id: DocumentId
    own: bool = False
    """Whether the person gets their own paper; only then may the original leave."""


def order_release(
    tx: WriteTx, catalogue: Catalogue, question: Question, channel: Channel, cause: Cause, *, now: datetime
) -> Ordered:
    """Find the ground and write the release down, in the caller's transaction.

    Raises as :func:`hub.releases.grounds.find_ground` does; nothing is written then.
    """
    allowed = find_ground(tx, catalogue, question, now=now)
    actor = Actor(ActorKind.PARTNER, question.recipient)
    detail = {"channel": channel.value, "line": str(question.line_id), "evidence": str(question.evidence_id)}
    if cause.on_behalf_of:
        detail["on_behalf_of"] = cause.on_behalf_of
    document_id = DocumentId(allowed.document_id)
    entry = _entry(document_id, allowed.holder_id, actor, allowed.ground, question.purpose, question.recipient, detail)
    entry_id = append(tx, entry)
    release_id = _record(
        tx,
        {
            "evidence_id": question.evidence_id,
            "recipient": question.recipient,
            "purpose": question.purpose.value,
            "channel": channel.value,
            "entry_id": entry_id,
            "evidence_request_id": cause.evidence_request_id,
            "exchange_id": cause.exchange_id,
            "line_id": question.line_id,
        },
        allowed.ground,
        now=now,
    )
    keep_case_copy(
        tx,
        catalogue,
        release_id,
        evidence_id=question.evidence_id,
        recipient=question.recipient,
        purpose=question.purpose,
        now=now,
    )
    return Ordered(release_id, entry_id, document_id)


_OWN = select(EVIDENCE.c.evidence_id).where(
    EVIDENCE.c.document_id == bindparam("document"),
    EVIDENCE.c.holder_id == bindparam("holder"),
    EVIDENCE.c.withdrawn_at.is_(None),
)


def order_own_copy(tx: WriteTx, person_id: PersonId, document_id: DocumentId, *, now: datetime) -> Ordered:
    """Write down that a person reads their own paper; raises :class:`NothingHere` for anybody else's."""
    evidence = tx.execute(_OWN, {"document": document_id, "holder": person_id}).one_or_none()
    if evidence is None:
        raise NothingHere
    ground = Ground(Basis.LEGAL_OBLIGATION, Instrument.OWN_COPY, Act.REQUESTED, person_id)
    actor = Actor(ActorKind.RESIDENT, str(person_id))
    detail = {"channel": Channel.OWN_COPY.value, "evidence": str(evidence.evidence_id)}
    entry_id = append(tx, _entry(document_id, person_id, actor, ground, Purpose.OWN_COPY, str(person_id), detail))
    columns = {
        "evidence_id": evidence.evidence_id,
        "recipient": str(person_id),
        "purpose": Purpose.OWN_COPY.value,
        "channel": Channel.OWN_COPY.value,
        "entry_id": entry_id,
    }
    return Ordered(_record(tx, columns, ground, now=now), entry_id, document_id, own=True)


def order_own_copies(tx: WriteTx, person_id: PersonId, *, now: datetime) -> dict[UUID, Ordered]:
    """Write down that a person takes all their papers away; return an order for each that can be opened."""
    own = (
        select(EVIDENCE.c.document_id)
        .join(DOCUMENT, DOCUMENT.c.document_id == EVIDENCE.c.document_id)
        .where(EVIDENCE.c.holder_id == person_id, EVIDENCE.c.withdrawn_at.is_(None), DOCUMENT.c.state.in_(OPENABLE))
        .order_by(EVIDENCE.c.document_id)
    )
    documents = [DocumentId(found) for found in tx.execute(own).scalars()]
    actor = Actor(ActorKind.RESIDENT, str(person_id))
    detail = {"documents": len(documents)}
    append(tx, JournalEntry(JournalAct.EXPORT, actor, subjects=(person_id,), purpose=Purpose.OWN_COPY, detail=detail))
    return {one: order_own_copy(tx, person_id, one, now=now) for one in documents}


def hand_over(custody: Custody, ordered: Ordered) -> Opened:
    """Open what was ordered, in the form that people and agencies see.

    Call it after the transaction of the order has committed. Raises
    :class:`~vault.errors.EntryMissing` where the journal does not know of the order, and as
    :func:`vault.documents.opening.open_released` does.
    """
    return open_released(custody, ordered.document_id, ordered.entry_id, Form.VIEWING_COPY)


def hand_back(custody: Custody, ordered: Ordered) -> Opened:
    """Open the original of a person's own paper, byte for byte as it was handed in; as :func:`hand_over` otherwise."""
    if not ordered.own:
        raise NothingHere
    return open_released(custody, ordered.document_id, ordered.entry_id, Form.ORIGINAL)


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
        ground={name: str(value) for name, value in asdict(ground).items()},
        detail=detail,
    )


def _record(tx: WriteTx, columns: dict[str, object], ground: Ground, *, now: datetime) -> ReleaseId:
    # Version 4: partners receive it, and a time in it would join two releases of one moment.
    release_id = ReleaseId(uuid4())
    why = {
        "basis": ground.basis.value,
        "instrument": ground.instrument.value,
        "act": ground.act.value,
        "act_reference": ground.reference,
    }
    tx.insert(RELEASE, {"release_id": release_id, **columns, **why, "ordered_at": now})
    publish(tx, EvidenceReleased(release_id), now=now)
    return release_id
