"""Two records of one child, entered by two guardians, become one by two agents' decision, and two again by another (ADR 0044).

Merging shows one guardian's file to another, and parting takes a say away from one: neither is any one person's act.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.documents import Outcome
from contracts.events import AccountsMerged, AccountsParted
from contracts.identifiers import Siret, new_uuid
from hub.errors import InvalidValue, NothingHere
from hub.persons.accounts import SignedIn
from hub.persons.family import children_of
from hub.persons.links import guardians_of
from hub.persons.merging import OPINIONS
from hub.persons.proving import SERVICE, deciding_body
from hub.persons.tables import PERSON_MERGE, REVIEW
from vault.db import ReadTx, WriteTx
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish

CHILD_MERGE, CHILD_PART = "child_merge", "child_part"
"""Kinds of the reviews in which two agents decide."""
OF_TWO_RECORDS = (CHILD_MERGE, CHILD_PART)
SEEN_TWICE, SEEN_BY_AGENT, SAID_TWO = "seen_twice", "seen_by_agent", "said_two"
"""Their reasons: a guardian sees the child twice, an agent does, or a guardian says that they are two."""
_WORKER = Actor(ActorKind.PROCESS, "worker")


@dataclass(frozen=True, slots=True)
class TwoRecords:
    """Two records that may be one child's, by whose seeing, and which body's agents decide; ``stays`` would go on."""

    adult_id: UUID
    stays: UUID
    goes: UUID
    body: Siret
    reason: str

    @classmethod
    def of(cls, adult_id: UUID, one: UUID, other: UUID, body: Siret, reason: str) -> "TwoRecords":
        """Return two records, of which the older one would go on; raises :class:`InvalidValue` for one record twice."""
        if one == other:
            raise InvalidValue("other: another child's record")
        # Numbers are made in the order of time (RFC 9562, version 7).
        stays, goes = sorted((one, other))
        return cls(adult_id, stays, goes, body, reason)


def ask_same_child(tx: WriteTx, who: SignedIn, child_id: UUID, other_id: UUID, *, now: datetime) -> None:
    """Put two records to two agents, as who stands for both; harmless to repeat while they have not decided.

    Raises :class:`NothingHere` where one stands for one of them only, or for neither, and :class:`InvalidValue` for one
    record twice.
    """
    own = {child.child_id for child in children_of(tx, who.person_id)}
    if not {child_id, other_id} <= own:
        raise NothingHere
    two = TwoRecords.of(who.person_id, child_id, other_id, deciding_body(tx, who.person_id, now=now), SEEN_TWICE)
    if put_to_agents(tx, CHILD_MERGE, two, now=now):
        _tell(tx, (who.person_id,), "children_asked", actor=Actor(ActorKind.RESIDENT, str(who.person_id)))


def put_to_agents(tx: WriteTx, kind: str, two: TwoRecords, *, now: datetime) -> bool:
    """Put two records to two agents of a body; tell whether that is new."""
    row = {
        "review_id": new_uuid(),
        "kind": kind,
        "adult_id": two.adult_id,
        "child_id": two.stays,
        "other_id": two.goes,
        "service": SERVICE,
        "body": two.body,
        "reason": two.reason,
        "opinions_needed": OPINIONS,
        "created_at": now,
    }
    asked = tx.execute(upsert(REVIEW).values(**row).on_conflict_do_nothing().returning(REVIEW.c.review_id))
    return asked.one_or_none() is not None


def ask_to_part_children(tx: WriteTx, who: SignedIn, child_id: UUID, *, now: datetime) -> None:
    """Put a merge to two agents again, as a guardian who says that these are two children; harmless to repeat.

    Raises :class:`NothingHere` for a child one does not stand for, or whose record took no other one over.
    """
    merged = () if child_id not in {one.child_id for one in children_of(tx, who.person_id)} else merges_of(tx, child_id)
    if not merged:
        raise NothingHere
    body, new = deciding_body(tx, who.person_id, now=now), False
    for other_id in merged:
        two = TwoRecords(who.person_id, child_id, other_id, body, SAID_TWO)
        new |= put_to_agents(tx, CHILD_PART, two, now=now)
    if new:
        _tell(tx, (who.person_id,), "children_part_asked", actor=Actor(ActorKind.RESIDENT, str(who.person_id)))


def merges_of(tx: ReadTx, child_id: UUID) -> tuple[UUID, ...]:
    """Return the records that a child's record took over and has not given back."""
    found = select(PERSON_MERGE.c.merged_id).where(
        PERSON_MERGE.c.survivor_id == child_id, PERSON_MERGE.c.kind == "children", PERSON_MERGE.c.parted_at.is_(None)
    )
    return tuple(tx.execute(found.order_by(PERSON_MERGE.c.merged_at)).scalars())


def merge_children(tx: WriteTx, review: Any, *, now: datetime) -> UUID | None:
    """Carry out what two agents decided of two records; return the merge, or nothing where it cannot be."""
    merge_id: UUID | None = None
    if review.outcome is Outcome.PASSED:
        merge_id = tx.execute(select(func.hub.merge_children(review.review_id))).scalar_one()
    if merge_id is None:
        if review.reason == SEEN_TWICE:
            _tell(tx, (review.adult_id,), "children_stay_two")
        return None
    publish(tx, AccountsMerged(merge_id), now=now)
    _after(tx, guardians_of(tx, review.child_id), "children_merged")
    return merge_id


def part_children(tx: WriteTx, review: Any, *, now: datetime) -> None:
    """Carry out what two agents decided of a merge that was put to them again."""
    merge_id: UUID | None = None
    if review.outcome is Outcome.PASSED:
        merge_id = tx.execute(select(func.hub.part_children(review.review_id))).scalar_one()
    if merge_id is None:
        _tell(tx, (review.adult_id,), "children_stay_one")
        return
    publish(tx, AccountsParted(merge_id), now=now)
    both = dict.fromkeys((*guardians_of(tx, review.child_id), *guardians_of(tx, review.other_id)))
    _after(tx, tuple(both), "children_parted")


def _after(tx: WriteTx, guardians: tuple[UUID, ...], step: str) -> None:
    _tell(tx, guardians, step)
    for adult_id in guardians:
        defer(tx, Job.EVALUATE_FAMILY, adult_id=adult_id)


def _tell(tx: WriteTx, guardians: tuple[UUID, ...], step: str, *, actor: Actor = _WORKER) -> None:
    # One entry each: who else stands for the child is nobody's to read here.
    for adult_id in guardians:
        append(tx, JournalEntry(JournalAct.LINK, actor, subjects=(adult_id,), detail={"step": step}))
