"""A resident puts a newer paper in the place of an older one, or says that two papers that look alike are both to stay."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.engine import Row

from contracts.documents import OPENABLE, DocumentState, EvidenceType
from contracts.identifiers import DocumentId, PersonId
from hub.errors import InvalidValue, NothingHere
from hub.persons.accounts import SignedIn
from hub.requirements.catalogue import Catalogue
from hub.school_files.judging import judge_family, withdraw_evidence
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.hold import is_held
from vault.documents.superseding import REASON, note_replacement, replacement_of, supersede
from vault.documents.tables import DOCUMENT, ERASURE_ASKED, LIKENESS, READING
from vault.errors import DocumentHeld, TransitionRefused
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry


class Replacing(StrEnum):
    """How far a replacement is."""

    REPLACING = "replacing"
    REPLACED = "replaced"


def ask_replacement(custody: Custody, who: SignedIn, document_id: UUID, by: UUID) -> Replacing:
    """Have the paper ``by`` take the place of ``document_id``, both one's own; say how far that is.

    The worker carries it out in one transaction, so that no requirement is without its paper in between. Asking again
    is harmless. Raises :class:`NothingHere` for anybody else's paper, :class:`~vault.errors.DocumentHeld` where a legal
    hold keeps the older one, :class:`~vault.errors.TransitionRefused` where one of them is not in use or something else
    was asked for it, and :class:`InvalidValue` for papers of different kinds.
    """
    with custody.db.transaction() as tx:
        old, new = _own(tx, who, document_id), _own(tx, who, by)
        noted = replacement_of(tx, document_id)
        if noted is not None and noted == by:
            return Replacing.REPLACED if old.superseded_at is not None else Replacing.REPLACING
        if is_held(tx, document_id):
            raise DocumentHeld(str(document_id))
        if noted is not None or not _in_use(tx, old) or not _in_use(tx, new) or document_id == by:
            raise TransitionRefused(f"{old.state} to superseded")
        _refuse_other_kind(old, new)
        note_replacement(tx, DocumentId(document_id), DocumentId(by), holder_id=who.person_id, now=custody.now())
        _journal(tx, Actor(ActorKind.RESIDENT, str(who.person_id)), old, by, step="asked")
        defer(tx, Job.REPLACE_DOCUMENT, document_id=document_id)
    return Replacing.REPLACING


def carry_out_replacement(custody: Custody, catalogue: Catalogue, document_id: UUID) -> None:
    """Replace a paper as it was asked, in the worker: partners that relied on it are told, and the newer one is judged.

    Harmless to repeat. Needs the right to unwrap, for the judgement.
    """
    now = custody.now()
    with custody.db.transaction() as tx:
        by = replacement_of(tx, document_id)
        old = supersede(tx, DocumentId(document_id), now=now)
        if old is None or by is None:
            return
        withdraw_evidence(tx, document_id, reason=REASON, now=now)
        _journal(tx, Actor(ActorKind.PROCESS, "worker"), old, by, step="done")
        judge_family(tx, custody, catalogue, old.holder_id, now=now)


def keep_both(custody: Custody, who: SignedIn, document_id: UUID, other_id: UUID) -> None:
    """Answer « keep both » to what was suggested of two of one's papers; raises :class:`NothingHere` for no such pair."""
    pair = or_(
        and_(LIKENESS.c.document_id == document_id, LIKENESS.c.earlier_id == other_id),
        and_(LIKENESS.c.document_id == other_id, LIKENESS.c.earlier_id == document_id),
    )
    with custody.db.transaction() as tx:
        answered = update(LIKENESS).where(pair, LIKENESS.c.holder_id == who.person_id)
        if not tx.execute(answered.values(kept_both_at=custody.now())).rowcount:
            raise NothingHere


def resemblances_of(tx: ReadTx, holder_id: PersonId) -> dict[UUID, list[UUID]]:
    """Return, for each paper of a holder, the earlier ones it looks like and about which nothing was said yet."""
    old, new = DOCUMENT.alias("old"), DOCUMENT.alias("new")
    ending = select(ERASURE_ASKED.c.document_id).where(
        ERASURE_ASKED.c.document_id.in_((LIKENESS.c.document_id, LIKENESS.c.earlier_id))
    )
    rows = tx.execute(
        select(LIKENESS.c.document_id, LIKENESS.c.earlier_id)
        .join(new, new.c.document_id == LIKENESS.c.document_id)
        .join(old, old.c.document_id == LIKENESS.c.earlier_id)
        .where(
            LIKENESS.c.holder_id == holder_id,
            LIKENESS.c.kept_both_at.is_(None),
            new.c.state.in_(OPENABLE),
            old.c.state == DocumentState.AVAILABLE,
            ~ending.correlate(LIKENESS).exists(),
        )
        .order_by(old.c.received_at.desc(), LIKENESS.c.earlier_id)
    )
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row.document_id, []).append(row.earlier_id)
    return found


def _own(tx: ReadTx, who: SignedIn, document_id: UUID) -> "Row[Any]":
    row = tx.execute(
        select(DOCUMENT, READING.c.evidence_type)
        .outerjoin(READING, READING.c.document_id == DOCUMENT.c.document_id)
        .where(DOCUMENT.c.document_id == document_id, DOCUMENT.c.holder_id == who.person_id)
    ).one_or_none()
    # A pulled datum is not the resident's to replace: the next pull does that.
    if row is None or row.origin != "deposit":
        raise NothingHere
    return row


def _in_use(tx: ReadTx, row: "Row[Any]") -> bool:
    asked = select(ERASURE_ASKED.c.document_id).where(ERASURE_ASKED.c.document_id == row.document_id)
    return row.state in OPENABLE and tx.execute(asked).one_or_none() is None


def _refuse_other_kind(old: "Row[Any]", new: "Row[Any]") -> None:
    """Refuse to replace a bill by a tax notice; what nobody recognised may give way to anything."""
    if old.evidence_type not in (new.evidence_type, EvidenceType.UNKNOWN.value):
        raise InvalidValue("by: a paper of another kind")


def _journal(tx: WriteTx, actor: Actor, old: "Row[Any]", by: UUID, *, step: str) -> None:
    detail = {"step": step, "by": str(by)}
    append(
        tx, JournalEntry(JournalAct.REPLACE, actor, document=old.document_id, subjects=(old.holder_id,), detail=detail)
    )
