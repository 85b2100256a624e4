"""Whom and what a review is about, shown to the agent who has taken it and to nobody else."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.documents import Grade, Outcome
from hub.linking.tables import LINK_PROPOSAL
from hub.partners.tables import PARTNER
from hub.persons.agents import SignedInAgent
from hub.persons.links import children_with
from hub.persons.one_child import OF_TWO_RECORDS
from hub.persons.tables import CIVIL_STATUS, FAMILY_CLAIM, FAMILY_LINK, REVIEW_OPINION
from hub.reviews.queue import ReviewLine, find_review, line_of
from vault.db import ReadTx
from vault.documents.tables import DOCUMENT, FINDING, READING


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """Somebody as the hub knows them, and how well; nothing of where they live."""

    person_id: UUID | None
    family_name: str = field(repr=False)
    usage_name: str | None = field(repr=False)
    given_names: tuple[str, ...] = field(repr=False)
    born_on: str = field(repr=False)
    birth_place: str = field(repr=False)
    grade: Grade


@dataclass(frozen=True, slots=True)
class GuardianSeen:
    """An adult who stands, or stood, for a child."""

    person: PersonSeen
    kind: str
    authority: str
    source: str
    grade: Grade
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class ChildSeen:
    """A child the review can be about, with whoever stands for them."""

    person: PersonSeen
    guardians: tuple[GuardianSeen, ...]


@dataclass(frozen=True, slots=True)
class CheckSeen:
    """What reading found of a paper's form: a step, its outcome and one stable word."""

    step: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class PaperSeen:
    """The paper: its kind, dates and grade, and what was checked on it; its values are shown apart."""

    evidence_type: str
    grade: Grade
    issued_on: date | None
    received_at: datetime
    checks: tuple[CheckSeen, ...]


@dataclass(frozen=True, slots=True)
class OpinionSeen:
    """What a colleague said, without the colleague."""

    outcome: Outcome
    reason: str
    note: str = field(repr=False)
    given_at: datetime
    noted: bool
    """Whether a note lies sealed, to be read at the door that can open."""


@dataclass(frozen=True, slots=True)
class ReviewDetail:
    """One review whole; ``asked`` is the child as somebody wrote it, or the person of the other account."""

    line: ReviewLine
    adult: PersonSeen
    asked: PersonSeen | None
    children: tuple[ChildSeen, ...]
    paper: PaperSeen | None
    opinions: tuple[OpinionSeen, ...]
    asked_by: str | None = None
    """The body that put a child's civil status, by name."""


def detail_of(
    tx: ReadTx, agent: SignedInAgent, review_id: UUID, *, now: datetime
) -> tuple[ReviewLine, ReviewDetail | None]:
    """Return a review, and what it is about where the agent has taken it.

    Raises :class:`~hub.errors.NothingHere` as :func:`hub.reviews.queue.find_review` does.
    """
    row = find_review(tx, agent, review_id, now=now)
    line = line_of(row, agent, now=now)
    if line.state != "mine":
        return line, None
    adult = _person(tx, row.adult_id)
    children = tuple(_child(tx, one) for one in candidates_of(tx, row))
    asked, paper, opinions = _asked(tx, row), _paper(tx, row.document_id), _opinions(tx, row)
    return line, ReviewDetail(line, adult, asked, children, paper, opinions, _asked_by(tx, row))


def candidates_of(tx: ReadTx, row: Any) -> tuple[UUID, ...]:
    """Return the children a review can be about: the one it names, homonyms born the same day, and a second record."""
    if row.child_id is None:
        return ()
    if row.kind in OF_TWO_RECORDS:
        return (row.child_id, row.other_id)
    if row.kind != "family_link":
        return (row.child_id,)
    key = tx.execute(
        select(CIVIL_STATUS.c.match_key).where(
            CIVIL_STATUS.c.person_id == row.child_id, CIVIL_STATUS.c.retracted_at.is_(None)
        )
    ).scalar_one()
    return tuple(dict.fromkeys((row.child_id, *children_with(tx, key))))


def adults_of(tx: ReadTx, row: Any) -> tuple[UUID, ...]:
    """Return the adults a judgment can be about: whoever handed it in, and whoever is linked to the child."""
    linked = tx.execute(
        select(FAMILY_LINK.c.adult_id)
        .where(FAMILY_LINK.c.child_id == row.child_id, FAMILY_LINK.c.retracted_at.is_(None))
        .order_by(FAMILY_LINK.c.recorded_at)
    )
    return tuple(dict.fromkeys((row.adult_id, *linked.scalars())))


def _person(tx: ReadTx, person_id: UUID) -> PersonSeen:
    row = tx.execute(
        select(CIVIL_STATUS).where(CIVIL_STATUS.c.person_id == person_id, CIVIL_STATUS.c.retracted_at.is_(None))
    ).one()
    return PersonSeen(
        person_id=person_id,
        family_name=row.family_name,
        usage_name=row.usage_name,
        given_names=tuple(row.given_names),
        born_on=row.born_on,
        birth_place=row.birth_place,
        grade=row.grade,
    )


def _child(tx: ReadTx, child_id: UUID) -> ChildSeen:
    rows = tx.execute(
        select(FAMILY_LINK)
        .where(FAMILY_LINK.c.child_id == child_id, FAMILY_LINK.c.retracted_at.is_(None))
        .order_by(FAMILY_LINK.c.recorded_at, FAMILY_LINK.c.link_id)
    ).all()
    guardians = tuple(
        GuardianSeen(
            person=_person(tx, row.adult_id),
            kind=row.kind,
            authority=row.authority,
            source=row.source,
            grade=row.grade,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in rows
    )
    return ChildSeen(_person(tx, child_id), guardians)


def _asked(tx: ReadTx, row: Any) -> PersonSeen | None:
    if row.claim_id is not None:
        claim = tx.execute(select(FAMILY_CLAIM).where(FAMILY_CLAIM.c.claim_id == row.claim_id)).one()
    elif row.proposal_id is not None:
        claim = tx.execute(select(LINK_PROPOSAL).where(LINK_PROPOSAL.c.proposal_id == row.proposal_id)).one()
    else:
        return None if row.other_id is None or row.kind in OF_TWO_RECORDS else _person(tx, row.other_id)
    return PersonSeen(
        person_id=None,
        family_name=claim.family_name,
        usage_name=None,
        given_names=tuple(claim.given_names),
        born_on=claim.born_on.isoformat(),
        birth_place="",
        grade=Grade.SELF_DECLARED,
    )


def _asked_by(tx: ReadTx, row: Any) -> str | None:
    if row.proposal_id is None:
        return None
    asking = select(PARTNER.c.name).join(LINK_PROPOSAL, LINK_PROPOSAL.c.siret == PARTNER.c.siret)
    return tx.execute(asking.where(LINK_PROPOSAL.c.proposal_id == row.proposal_id)).scalar_one_or_none()


def _paper(tx: ReadTx, document_id: UUID | None) -> PaperSeen | None:
    if document_id is None:
        return None
    columns = (READING.c.evidence_type, READING.c.grade, READING.c.issued_on, DOCUMENT.c.received_at)
    row = tx.execute(
        select(*columns)
        .join(DOCUMENT, DOCUMENT.c.document_id == READING.c.document_id)
        .where(READING.c.document_id == document_id)
    ).one_or_none()
    if row is None:
        return None
    found = tx.execute(
        select(FINDING.c.step, FINDING.c.outcome, FINDING.c.reason)
        .where(FINDING.c.document_id == document_id)
        .order_by(FINDING.c.step, FINDING.c.decided_at.desc())
        .distinct(FINDING.c.step)
    )
    checks = tuple(CheckSeen(one.step, one.outcome, one.reason) for one in found)
    return PaperSeen(row.evidence_type, row.grade, row.issued_on, row.received_at, checks)


def _opinions(tx: ReadTx, row: Any) -> tuple[OpinionSeen, ...]:
    rows = tx.execute(
        select(REVIEW_OPINION)
        .where(REVIEW_OPINION.c.review_id == row.review_id)
        .order_by(REVIEW_OPINION.c.given_at, REVIEW_OPINION.c.agent_id)
    )
    return tuple(
        OpinionSeen(one.outcome, one.reason, one.note, one.given_at, one.note_place is not None) for one in rows
    )
