"""Which adult is proved to stand for which child; until then an adult sees only what they deposited.

A claim learns nothing: its answer is the same whether the child is unknown, linked to somebody else, or already theirs.
What a claim or a paper leads to is decided in the worker, so that the time an answer takes tells nothing either.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert, select

from contracts.documents import Grade
from contracts.identifiers import PersonId, new_uuid
from hub.persons.links import standing
from hub.persons.tables import CIVIL_STATUS, FAMILY_CLAIM, FAMILY_LINK
from hub.requirements.names import match_key
from vault.db import ReadTx, WriteTx
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry


@dataclass(frozen=True, slots=True)
class Child:
    """A child as seen by an adult whose link is proved."""

    child_id: PersonId
    family_name: str
    given_names: tuple[str, ...]
    born_on: str
    grade: Grade


def children_of(tx: ReadTx, adult_id: UUID) -> list[Child]:
    """Return the children whose link to this adult is proved and in force today, eldest first."""
    rows = tx.execute(
        select(CIVIL_STATUS, FAMILY_LINK.c.grade.label("link_grade"))
        .join(FAMILY_LINK, FAMILY_LINK.c.child_id == CIVIL_STATUS.c.person_id)
        .where(FAMILY_LINK.c.adult_id == adult_id, *standing(), CIVIL_STATUS.c.retracted_at.is_(None))
        .order_by(CIVIL_STATUS.c.born_on, CIVIL_STATUS.c.person_id)
    )
    return [
        Child(PersonId(row.person_id), row.family_name, tuple(row.given_names), row.born_on, row.link_grade)
        for row in rows
    ]


def claim_child(
    tx: WriteTx, adult_id: PersonId, *, family_name: str, given_names: tuple[str, ...], born_on: date, now: datetime
) -> None:
    """Write down that an adult says to be a child's parent; a job examines it, the caller learns nothing."""
    claim_id = new_uuid()
    tx.execute(
        insert(FAMILY_CLAIM).values(
            claim_id=claim_id,
            adult_id=adult_id,
            family_name=family_name,
            given_names=list(given_names),
            born_on=born_on,
            match_key=match_key(family_name, given_names, born_on.isoformat()),
            created_at=now,
        )
    )
    append(
        tx,
        JournalEntry(
            act=JournalAct.LINK,
            actor=Actor(ActorKind.RESIDENT, str(adult_id)),
            subjects=(adult_id,),
            detail={"step": "claimed"},
        ),
    )
    defer(tx, Job.EXAMINE_CLAIM, claim_id=claim_id)
