"""Somebody of age finds the papers that wait with the record they had as a child, by two agents' decision (ADR 0044).

The state vouches for who signs in; that they are this child, and not another of the same name born the same day, two
agents say. Asking learns nothing: the answer is the same whether there is such a record or not.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.calendar import majority, paris_day
from contracts.documents import Grade, Outcome
from contracts.events import AccountsMerged
from contracts.identifiers import PersonId, new_uuid
from hub.errors import LevelTooLow
from hub.persons.accounts import SELF_DECLARED_LEVEL, SignedIn
from hub.persons.links import children_with
from hub.persons.merging import OPINIONS, pass_papers
from hub.persons.proving import SERVICE, deciding_body
from hub.persons.tables import CIVIL_STATUS, PERSON_MERGE, REVIEW
from hub.requirements.checks import months_before
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish

CHILDHOOD = "childhood"
"""Kind of the reviews in which two agents say whose record a child's has become."""
_SAME_NAME = "same_civil_status"
"""Their reason."""
AHEAD_MONTHS = 3
"""How long before their birthday the young person may come, and everybody is told."""
_WORKER = Actor(ActorKind.PROCESS, "worker")


@dataclass(frozen=True, slots=True)
class Grown:
    """Somebody with an account who was this child, and the merge that says so."""

    merge_id: UUID
    grown_id: UUID


def told_from(born_on: str) -> date | None:
    """Return the day from which a child's majority is told of; nothing where the date of birth is none."""
    grown = majority(born_on)
    return None if grown is None else months_before(grown, AHEAD_MONTHS)


def ask_for_childhood(tx: WriteTx, who: SignedIn) -> None:
    """Have a job look for a record of this person as a child; they learn nothing of what it finds.

    Raises :class:`LevelTooLow` where nobody vouches for their name and date of birth.
    """
    if who.level == SELF_DECLARED_LEVEL:
        raise LevelTooLow
    actor = Actor(ActorKind.RESIDENT, str(who.person_id))
    append(tx, JournalEntry(JournalAct.SIGN_IN, actor, subjects=(who.person_id,), detail={"step": "childhood_asked"}))
    defer(tx, Job.FIND_CHILDHOOD, adult_id=who.person_id)


def find_childhood(tx: WriteTx, adult_id: UUID, *, now: datetime) -> None:
    """Put every record of a child of this name and date of birth to two agents; harmless to repeat."""
    own = (CIVIL_STATUS.c.person_id == adult_id, CIVIL_STATUS.c.retracted_at.is_(None))
    known = tx.execute(select(CIVIL_STATUS).where(*own)).one()
    since = told_from(known.born_on)
    if known.grade is Grade.SELF_DECLARED or since is None or paris_day(now) < since:
        return
    for child_id in children_with(tx, known.match_key):
        if child_id != adult_id and not _decided(tx, adult_id, child_id):
            _put(tx, adult_id, child_id, now=now)


def take_childhood(tx: WriteTx, custody: Custody, review: Any) -> None:
    """Carry out what two agents decided; who asked reads nothing of a refusal. Needs the right to unwrap."""
    if review.outcome is not Outcome.PASSED:
        return
    merge_id: UUID | None = tx.execute(select(func.hub.recognise_childhood(review.review_id))).scalar_one()
    if merge_id is None:
        return
    publish(tx, AccountsMerged(merge_id), now=custody.now())
    passed = pass_childhood(tx, custody, Grown(merge_id, review.adult_id), review.other_id)
    detail = {"step": "childhood_found", "merge": merge_id, "papers": passed}
    append(tx, JournalEntry(JournalAct.SIGN_IN, _WORKER, subjects=(review.adult_id,), detail=detail))


def pass_childhood(tx: WriteTx, custody: Custody, grown: Grown, child_id: UUID) -> int:
    """Let papers that wait with a child's record become who the child has become's; return how many."""
    tx.execute(select(func.hub.pass_childhood(grown.merge_id)))
    return pass_papers(tx, custody, grown.merge_id, before=child_id, after=grown.grown_id)


def grown_of(tx: ReadTx, child_id: UUID) -> Grown | None:
    """Return who a child has become, once agents have said so."""
    found = select(PERSON_MERGE.c.merge_id, PERSON_MERGE.c.survivor_id).where(
        PERSON_MERGE.c.merged_id == child_id, PERSON_MERGE.c.kind == CHILDHOOD, PERSON_MERGE.c.parted_at.is_(None)
    )
    row = tx.execute(found).one_or_none()
    return None if row is None else Grown(row.merge_id, row.survivor_id)


def _put(tx: WriteTx, adult_id: UUID, child_id: PersonId, *, now: datetime) -> None:
    row = {
        "review_id": new_uuid(),
        "kind": CHILDHOOD,
        "adult_id": adult_id,
        "other_id": child_id,
        "service": SERVICE,
        "body": deciding_body(tx, adult_id, now=now),
        "reason": _SAME_NAME,
        "opinions_needed": OPINIONS,
        "created_at": now,
    }
    tx.execute(upsert(REVIEW).values(**row).on_conflict_do_nothing())


def _decided(tx: ReadTx, adult_id: UUID, child_id: UUID) -> bool:
    """Tell whether agents have said yes or no to these two: asking again asks nobody again."""
    same = (REVIEW.c.kind == CHILDHOOD, REVIEW.c.adult_id == adult_id, REVIEW.c.other_id == child_id)
    return tx.execute(select(REVIEW.c.review_id).where(*same, REVIEW.c.state == "decided").limit(1)).first() is not None
