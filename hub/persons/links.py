"""The link itself, adult to child: a fact with a source, a grade and a time, that ends access the moment it ends."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, Uuid, cast, func, insert, literal, or_, select, update

from contracts.documents import Grade
from contracts.events import LinkProved, LinkWithdrawn
from contracts.identifiers import PersonId, new_uuid
from hub.persons.accounts import record_civil_status
from hub.persons.tables import FAMILY_LINK, PERSON
from hub.requirements.names import match_key
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish

WORKER = Actor(ActorKind.PROCESS, "worker")


class Kind(StrEnum):
    """What an adult is to a child."""

    PARENT = "parent"
    GUARDIAN = "guardian"


class Authority(StrEnum):
    """Parental authority over the child (code civil 371-1 to 373-2-1)."""

    JOINT = "joint"
    SOLE = "sole"
    WITHDRAWN = "withdrawn"
    """By a judgment; nothing of the child's is open to this adult any more."""


class Source(StrEnum):
    """What a link rests on."""

    BIRTH_CERTIFICATE = "birth_certificate"
    FAMILY_RECORD_BOOK = "family_record_book"
    CUSTODY_JUDGMENT = "custody_judgment"
    CAF_ANSWER = "caf_answer"
    AGENT = "agent"
    """What an agent saw that the hub does not hold."""


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of one adult and one child; at least one of the two references says from where."""

    adult_id: UUID
    child_id: UUID
    kind: Kind
    authority: Authority
    source: Source
    grade: Grade
    valid_from: date
    valid_until: date | None = None
    source_document: UUID | None = None
    source_review: UUID | None = None


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """Who a child is, as one source says."""

    family_name: str = field(repr=False)
    given_names: tuple[str, ...] = field(repr=False)
    born_on: str = field(repr=False)
    birth_place: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """What two records of this child have in common; a homonym born the same day has the same."""
        return match_key(self.family_name, self.given_names, self.born_on)


def today() -> ColumnElement[date]:
    """Return the day it is in Paris, as the database says."""
    return cast(func.timezone("Europe/Paris", func.now()), Date)


def standing() -> tuple[Any, ...]:
    """Return the conditions under which a link opens the child's file today, in Paris."""
    return (
        FAMILY_LINK.c.retracted_at.is_(None),
        FAMILY_LINK.c.authority != Authority.WITHDRAWN.value,
        FAMILY_LINK.c.valid_from <= today(),
        or_(FAMILY_LINK.c.valid_until.is_(None), FAMILY_LINK.c.valid_until >= today()),
    )


def guardians_of(tx: ReadTx, child_id: UUID) -> tuple[UUID, ...]:
    """Return the adults who stand for a child today, in the order their links were written down."""
    # Asked of a function: a transaction is not shown the links of a child that it has no business with (ADR 0029).
    found: list[UUID] = tx.execute(
        select(func.hub.guardians_of(literal(child_id, Uuid), type_=ARRAY(Uuid)))
    ).scalar_one()
    return tuple(found)


def authority_over(tx: ReadTx, adult_id: UUID, child_id: UUID) -> Authority | None:
    """Return the authority last written down, in force or withdrawn; nothing where the adult was never linked."""
    found = tx.execute(
        select(FAMILY_LINK.c.authority).where(
            FAMILY_LINK.c.adult_id == adult_id,
            FAMILY_LINK.c.child_id == child_id,
            FAMILY_LINK.c.retracted_at.is_(None),
        )
    ).scalar_one_or_none()
    return None if found is None else Authority(found)


def link_between(tx: ReadTx, adult_id: UUID, child_id: UUID) -> Link | None:
    """Return what is written down of one adult and one child now; nothing where they were never linked."""
    row = tx.execute(
        select(FAMILY_LINK).where(
            FAMILY_LINK.c.adult_id == adult_id, FAMILY_LINK.c.child_id == child_id, FAMILY_LINK.c.retracted_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        return None
    return Link(
        adult_id=adult_id,
        child_id=child_id,
        kind=Kind(row.kind),
        authority=Authority(row.authority),
        source=Source(row.source),
        grade=row.grade,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        source_document=row.source_document,
        source_review=row.source_review,
    )


def children_with(tx: ReadTx, key: str) -> list[PersonId]:
    """Return the linked children whose names and date of birth are these, the longest known first.

    More than one: homonyms. An adult with the same name and date is another person and is not among them.
    """
    found: list[UUID] = tx.execute(select(func.hub.children_with(key, type_=ARRAY(Uuid)))).scalar_one()
    return [PersonId(one) for one in found]


def lock_child(tx: WriteTx, key: str) -> None:
    """Let nobody else decide about a child of these names and date until ``tx`` ends."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def new_child(tx: WriteTx, facts: ChildFacts, *, source: str, grade: Grade, now: datetime) -> PersonId:
    """Write a child down; whether it is one we know was decided before."""
    child_id = PersonId(new_uuid())
    tx.execute(insert(PERSON).values(person_id=child_id, created_at=now))
    known: dict[str, object] = {
        "family_name": facts.family_name,
        "given_names": list(facts.given_names),
        "born_on": facts.born_on,
        "birth_place": facts.birth_place,
    }
    record_civil_status(tx, child_id, known, source=source, grade=grade, now=now)
    return child_id


def write_link(tx: WriteTx, link: Link, *, actor: Actor = WORKER, now: datetime) -> UUID:
    """Write a link down in place of what was known of these two; a withdrawn one ends access with ``tx``."""
    current = (
        FAMILY_LINK.c.adult_id == link.adult_id,
        FAMILY_LINK.c.child_id == link.child_id,
        FAMILY_LINK.c.retracted_at.is_(None),
    )
    before = tx.execute(
        update(FAMILY_LINK).where(*current).values(retracted_at=now).returning(FAMILY_LINK.c.link_id)
    ).one_or_none()
    link_id = new_uuid()
    columns = ("adult_id", "child_id", "grade", "valid_from", "valid_until", "source_document", "source_review")
    tx.execute(
        insert(FAMILY_LINK).values(
            link_id=link_id,
            **{name: getattr(link, name) for name in columns},
            kind=link.kind.value,
            authority=link.authority.value,
            source=link.source.value,
            recorded_at=now,
        )
    )
    withdrawn = link.authority is Authority.WITHDRAWN
    step = "withdrawn" if withdrawn else "proved" if before is None else "changed"
    detail = {"step": step, "source": link.source.value}
    # An agent's decision names no paper here: it can be another guardian's, and this adult reads the entry.
    paper = link.source_document if link.source_review is None else None
    append(tx, JournalEntry(JournalAct.LINK, actor, document=paper, subjects=(link.adult_id,), detail=detail))
    publish(tx, LinkWithdrawn(link_id) if withdrawn else LinkProved(link_id, link.grade), now=now)
    return link_id
