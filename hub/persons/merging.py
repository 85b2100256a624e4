"""Two accounts that both hold something become one by two agents' decision; the person can part them again.

The person has proved both: signed in at one and then, in the same browser, at the other, under one name and date of birth.
Whether they are one human being, and not two of one name, two agents say. The hub's rows pass by one function of the
database that looks the decision up and writes down what it touched; papers pass under the survivor's key, and what
agents say of them with them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.events import AccountsMerged, AccountsParted
from contracts.identifiers import DocumentId, PersonId, new_uuid
from hub.errors import NothingHere
from hub.persons.accounts import Identity, SignedIn, account_of
from hub.persons.proving import SERVICE, deciding_body
from hub.persons.tables import PERSON_MERGE, PERSON_MERGE_ITEM, REVIEW, REVIEW_OPINION
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.handing_over import hand_over
from vault.documents.kept_values import pass_values
from vault.documents.tables import DOCUMENT
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish

ACCOUNT_MERGE = "account_merge"
"""Kind of the reviews in which two agents decide."""
BOTH_PROVED = "both_signed_in"
"""Their reason."""
OPINIONS = 2
_PAPERS = "vault.document"
_WORKER = Actor(ActorKind.PROCESS, "worker")


@dataclass(frozen=True, slots=True)
class Merged:
    """Another account's person that one's own took over."""

    merge_id: UUID
    merged_at: datetime
    part_asked: bool
    kind: str
    """``accounts``, or ``childhood`` for the record that somebody had as a child."""


def ask_to_merge(tx: WriteTx, who: SignedIn, identity: Identity, *, now: datetime) -> None:
    """Put the two accounts, both proved just now, to two agents; harmless to repeat while they have not decided."""
    found = account_of(tx, identity)
    if found is None:
        return
    other = found.person_id
    row = {
        "review_id": new_uuid(),
        "kind": ACCOUNT_MERGE,
        "adult_id": who.person_id,
        "other_id": other,
        "service": SERVICE,
        "body": deciding_body(tx, who.person_id, now=now),
        "reason": BOTH_PROVED,
        "opinions_needed": OPINIONS,
        "created_at": now,
    }
    asked = tx.execute(upsert(REVIEW).values(**row).on_conflict_do_nothing().returning(REVIEW.c.review_id))
    if asked.one_or_none() is not None:
        _journal(tx, Actor(ActorKind.RESIDENT, str(who.person_id)), (who.person_id, other), {"step": "merge_asked"})


def merge_accounts(tx: WriteTx, custody: Custody, review: Any) -> UUID | None:
    """Carry out what two agents decided; return the merge, or nothing where it cannot be. Needs the right to unwrap."""
    merge_id: UUID | None = tx.execute(select(func.hub.merge_persons(review.review_id))).scalar_one()
    if merge_id is None:
        return None
    passed = pass_papers(tx, custody, merge_id, before=review.other_id, after=review.adult_id)
    publish(tx, AccountsMerged(merge_id), now=custody.now())
    subjects = (review.adult_id, review.other_id)
    _journal(tx, _WORKER, subjects, {"step": "merged", "merge": merge_id, "papers": passed})
    defer(tx, Job.EVALUATE_FAMILY, adult_id=review.adult_id)
    return merge_id


def pass_papers(tx: WriteTx, custody: Custody, merge_id: UUID, *, before: UUID, after: UUID) -> int:
    """Hand over every paper of one person's to another, and keep which; return how many. Needs the right to unwrap."""
    whole = select(DOCUMENT.c.document_id).where(DOCUMENT.c.holder_id == before)
    papers = [DocumentId(one) for one in tx.execute(whole).scalars()]
    _pass_reviews(tx, custody, papers, before=before, after=after)
    passed = hand_over(tx, custody, papers, before=before, after=after, actor=_WORKER)
    for document_id in passed:
        row = {"merge_id": merge_id, "kind": "passed", "place": _PAPERS, "row_id": document_id}
        tx.execute(insert(PERSON_MERGE_ITEM).values(**row))
    return len(passed)


def _pass_reviews(tx: WriteTx, custody: Custody, papers: list[DocumentId], *, before: UUID, after: UUID) -> None:
    """Let what agents are asked, decided and noted about papers go where the papers go.

    Who has the paper is whom it is judged for: what an agent said once counts on, and nobody is asked again.
    """
    about = (REVIEW.c.adult_id == before, REVIEW.c.document_id.in_(papers))
    noted = (
        select(REVIEW_OPINION.c.note_place)
        .join(REVIEW, REVIEW.c.review_id == REVIEW_OPINION.c.review_id)
        .where(*about, REVIEW_OPINION.c.note_place.is_not(None))
    )
    pass_values(tx, custody, tx.execute(noted).scalars().all(), before=before, after=after)
    tx.execute(update(REVIEW).where(*about).values(adult_id=after))


def keep_apart(tx: WriteTx, review: Any) -> None:
    """Tell the person that the two accounts stay two."""
    _journal(tx, _WORKER, (review.adult_id,), {"step": "merge_refused"})


def merges_of(tx: ReadTx, person_id: PersonId) -> list[Merged]:
    """Return what one's own account took over and has not given back, the newest first."""
    rows = tx.execute(
        select(PERSON_MERGE)
        .where(PERSON_MERGE.c.survivor_id == person_id, PERSON_MERGE.c.parted_at.is_(None))
        .order_by(PERSON_MERGE.c.merged_at.desc(), PERSON_MERGE.c.merge_id)
    )
    return [Merged(row.merge_id, row.merged_at, row.part_asked_at is not None, row.kind) for row in rows]


def ask_to_part(tx: WriteTx, person_id: PersonId, merge_id: UUID, *, now: datetime) -> None:
    """Have a merge taken back; harmless to repeat. Raises :class:`NothingHere` for one that is not one's own."""
    own = (PERSON_MERGE.c.survivor_id == person_id, PERSON_MERGE.c.merge_id == merge_id)
    row = tx.execute(select(PERSON_MERGE).where(*own)).one_or_none()
    if row is None:
        raise NothingHere
    if row.part_asked_at is None:
        tx.execute(update(PERSON_MERGE).where(*own).values(part_asked_at=now))
        actor = Actor(ActorKind.RESIDENT, str(person_id))
        _journal(tx, actor, (row.survivor_id, row.merged_id), {"step": "part_asked", "merge": merge_id})
        defer(tx, Job.PART_ACCOUNTS, merge_id=merge_id)


def part_accounts(custody: Custody, merge_id: UUID) -> None:
    """Take a merge back; harmless to repeat. What came to the survivor since stays theirs. Needs the right to unwrap."""
    with custody.db.transaction() as tx:
        row = tx.execute(select(PERSON_MERGE).where(PERSON_MERGE.c.merge_id == merge_id)).one()
        if not tx.execute(select(func.hub.part_persons(merge_id))).scalar_one():
            return
        passed = select(PERSON_MERGE_ITEM.c.row_id).where(
            PERSON_MERGE_ITEM.c.merge_id == merge_id, PERSON_MERGE_ITEM.c.place == _PAPERS
        )
        papers = [DocumentId(one) for one in tx.execute(passed).scalars()]
        _pass_reviews(tx, custody, papers, before=row.survivor_id, after=row.merged_id)
        back = hand_over(tx, custody, papers, before=row.survivor_id, after=row.merged_id, actor=_WORKER)
        publish(tx, AccountsParted(merge_id), now=custody.now())
        subjects = (row.survivor_id, row.merged_id)
        _journal(tx, _WORKER, subjects, {"step": f"{row.kind}_parted", "merge": merge_id, "papers": len(back)})
        for adult_id in subjects:
            defer(tx, Job.EVALUATE_FAMILY, adult_id=adult_id)


def _journal(tx: WriteTx, actor: Actor, subjects: tuple[UUID, ...], detail: dict[str, Any]) -> None:
    append(tx, JournalEntry(JournalAct.SIGN_IN, actor, subjects=subjects, detail=detail))
