"""The queue an agent sees: reviews of their own bodies, oldest first, and nothing that says there are others."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_

from contracts.identifiers import Siret
from hub.errors import InvalidValue, NothingHere
from hub.linking.proposing import PARTNER_LINK
from hub.persons.agents import Role, SignedInAgent
from hub.persons.childhood import CHILDHOOD
from hub.persons.merging import ACCOUNT_MERGE
from hub.persons.one_child import OF_TWO_RECORDS
from hub.persons.tables import REVIEW, REVIEW_OPINION
from hub.releases.kinds import grant_stands
from hub.requests.confirming import OBJECTION, Consent
from hub.requests.tables import CONFIRMATION, ENROLMENT_LINE, REQUEST, REUSE_GRANT
from hub.school_files.tables import EVIDENCE, SATISFACTION
from vault.db import ReadTx

PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """Which part of the queue: by service, by body, by kind; ``mine`` for what the agent has taken."""

    service: str | None = None
    body: str | None = None
    kind: str | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One review as the queue shows it: no name, no value; ``state`` is ``waiting``, ``mine`` or ``taken``."""

    review_id: UUID
    kind: str
    service: str
    requirement: str | None
    body: str
    reason: str
    evidence_type: str | None
    created_at: datetime
    state: str
    mine_until: datetime | None
    opinions: int
    opinions_needed: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines and where the next ones begin; nothing where these are the last."""

    lines: tuple[ReviewLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits at one body for one service, and since when."""

    body: str
    service: str
    waiting: int
    taken: int
    oldest: datetime


def waiting(now: datetime) -> ColumnElement[bool]:
    """Return the condition of being an agent's business now.

    Of a fit: the family's request is open, its paper stands and may be reused by that body, and nothing satisfies the
    requirement meanwhile. What the family has not allowed the body to see is not in its queue. Of a disagreement: the
    objection has not been taken back. What a partner proposed waits until it is over, and two
    accounts until they are decided about.
    """
    granted = (
        select(REUSE_GRANT.c.grant_id)
        .join(REQUEST, REQUEST.c.request_id == REUSE_GRANT.c.request_id)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
        .where(
            REQUEST.c.line_id == REVIEW.c.line_id,
            REQUEST.c.state == "pending",
            ENROLMENT_LINE.c.retracted_at.is_(None),
            ENROLMENT_LINE.c.body == REVIEW.c.body,
            REUSE_GRANT.c.recipient == REVIEW.c.body,
            grant_stands(now),
        )
        .correlate(REVIEW)
        .exists()
    )
    stands = (
        select(EVIDENCE.c.evidence_id)
        .where(
            EVIDENCE.c.document_id == REVIEW.c.document_id,
            EVIDENCE.c.holder_id == REVIEW.c.adult_id,
            EVIDENCE.c.withdrawn_at.is_(None),
        )
        .correlate(REVIEW)
        .exists()
    )
    satisfied = (
        select(SATISFACTION.c.satisfaction_id)
        .where(
            SATISFACTION.c.line_id == REVIEW.c.line_id,
            SATISFACTION.c.requirement == REVIEW.c.requirement,
            SATISFACTION.c.until.is_(None),
        )
        .correlate(REVIEW)
        .exists()
    )
    link = and_(REVIEW.c.kind == "family_link", or_(REVIEW.c.document_id.is_(None), stands))
    fit = and_(REVIEW.c.kind == "fit", granted, stands, ~satisfied)
    disagreed = and_(REVIEW.c.kind == OBJECTION, _objected())
    proposed = REVIEW.c.kind.in_((PARTNER_LINK, ACCOUNT_MERGE, CHILDHOOD, *OF_TWO_RECORDS))
    return and_(REVIEW.c.state == "waiting", or_(link, fit, disagreed, proposed))


def _objected() -> ColumnElement[bool]:
    """Return the condition that the other guardian's objection still stands."""
    return (
        select(CONFIRMATION.c.confirmation_id)
        .join(REQUEST, REQUEST.c.request_id == CONFIRMATION.c.request_id)
        .where(
            REQUEST.c.line_id == REVIEW.c.line_id,
            REQUEST.c.state == "pending",
            CONFIRMATION.c.state == Consent.OBJECTED.value,
        )
        .correlate(REVIEW)
        .exists()
    )


def list_reviews(
    tx: ReadTx, agent: SignedInAgent, filters: Filters, *, after: str | None = None, limit: int = 20, now: datetime
) -> Page:
    """Return a page of what waits for this agent, oldest first; another body's filter finds nothing and says so alike.

    What the agent gave an opinion on waits for a colleague and is not listed. Raises :class:`InvalidValue` for a
    cursor that is none of ours.
    """
    size = max(1, min(limit, PAGE_MAX))
    place = (REVIEW.c.created_at, REVIEW.c.review_id)
    statement = (
        _columns()
        .where(waiting(now), REVIEW.c.body.in_(agent.bodies(Role.REVIEWER)), ~_opined(agent.agent_id), *_where(filters))
        .order_by(*place)
        .limit(size + 1)
    )
    if filters.mine:
        statement = statement.where(REVIEW.c.claimed_by == agent.agent_id, REVIEW.c.claimed_until > now)
    if after is not None:
        statement = statement.where(tuple_(*place) > _place(after))
    rows = tx.execute(statement).all()
    shown = rows[:size]
    more = f"{shown[-1].created_at.isoformat()}_{shown[-1].review_id}" if len(rows) > size else None
    return Page(tuple(line_of(row, agent, now=now) for row in shown), more)


def find_review(tx: ReadTx, agent: SignedInAgent, review_id: UUID, *, now: datetime) -> Any:
    """Return the row of one review that waits for this agent's bodies.

    Raises :class:`NothingHere` alike for one that is another body's, decided, or does not exist.
    """
    row = tx.execute(
        _columns().where(REVIEW.c.review_id == review_id, REVIEW.c.body.in_(agent.bodies(Role.REVIEWER)), waiting(now))
    ).one_or_none()
    if row is None:
        raise NothingHere
    return row


def backlogs(tx: ReadTx, agent: SignedInAgent, *, now: datetime) -> list[Backlog]:
    """Return how much waits at the agent's bodies, whichever role they have there; figures only."""
    bodies = agent.bodies(Role.REVIEWER) | agent.bodies(Role.OPERATOR)
    taken = func.count().filter(REVIEW.c.claimed_until > now)
    rows = tx.execute(
        select(
            REVIEW.c.body,
            REVIEW.c.service,
            func.count().label("waiting"),
            taken.label("taken"),
            func.min(REVIEW.c.created_at).label("oldest"),
        )
        .where(waiting(now), REVIEW.c.body.in_(bodies))
        .group_by(REVIEW.c.body, REVIEW.c.service)
        .order_by(REVIEW.c.body, func.min(REVIEW.c.created_at))
    )
    return [Backlog(row.body, row.service, row.waiting, row.taken, row.oldest) for row in rows]


def line_of(row: Any, agent: SignedInAgent, *, now: datetime) -> ReviewLine:
    """Return a row as the queue shows it."""
    held = row.claimed_until is not None and row.claimed_until > now
    mine = held and row.claimed_by == agent.agent_id
    return ReviewLine(
        review_id=row.review_id,
        kind=row.kind,
        service=row.service,
        requirement=row.requirement,
        body=Siret(row.body),
        reason=row.reason,
        evidence_type=row.evidence_type,
        created_at=row.created_at,
        state="mine" if mine else "taken" if held else "waiting",
        mine_until=row.claimed_until if mine else None,
        opinions=row.opinions,
        opinions_needed=row.opinions_needed,
    )


def has_opined(tx: ReadTx, review_id: UUID, agent_id: UUID) -> bool:
    """Tell whether the agent gave an opinion on a review."""
    statement = select(REVIEW_OPINION.c.agent_id).where(
        REVIEW_OPINION.c.review_id == review_id, REVIEW_OPINION.c.agent_id == agent_id
    )
    return tx.execute(statement).one_or_none() is not None


def _columns() -> Any:
    opinions = (
        select(func.count())
        .select_from(REVIEW_OPINION)
        .where(REVIEW_OPINION.c.review_id == REVIEW.c.review_id)
        .correlate(REVIEW)
        .scalar_subquery()
    )
    return select(REVIEW, EVIDENCE.c.evidence_type, opinions.label("opinions")).outerjoin(
        EVIDENCE, EVIDENCE.c.document_id == REVIEW.c.document_id
    )


def _opined(agent_id: UUID) -> ColumnElement[bool]:
    return (
        select(REVIEW_OPINION.c.agent_id)
        .where(REVIEW_OPINION.c.review_id == REVIEW.c.review_id, REVIEW_OPINION.c.agent_id == agent_id)
        .correlate(REVIEW)
        .exists()
    )


def _where(filters: Filters) -> list[ColumnElement[bool]]:
    wanted = {"service": filters.service, "body": filters.body, "kind": filters.kind}
    return [REVIEW.c[name] == value for name, value in wanted.items() if value]


def _place(cursor: str) -> tuple[datetime, UUID]:
    moment, _, number = cursor.rpartition("_")
    try:
        place = datetime.fromisoformat(moment), UUID(number)
    except ValueError:
        raise InvalidValue("after: not a place in this list") from None
    if place[0].tzinfo is None:
        raise InvalidValue("after: not a place in this list")
    return place
