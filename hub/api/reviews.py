"""Reviews, for agents: the queue of their bodies, taking and giving back, one look at a time, deciding with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.documents import Outcome
from hub.api.callers import Agent, DoorDep
from hub.api.review_shapes import (
    BacklogShape,
    DecidedShape,
    LinkFindingShape,
    LookShape,
    OpinionShape,
    ReviewDetailShape,
    ReviewPageShape,
    ReviewShape,
    SameChildShape,
    TakenShape,
)
from hub.api.shapes import TicketShape
from hub.persons.links import Authority, Kind
from hub.reviews import looking
from hub.reviews.deciding import LinkFinding, Opinion, decide, give_back, take
from hub.reviews.queue import PAGE_MAX, Filters, backlogs, list_reviews
from hub.reviews.subjects import ReviewDetail, detail_of
from hub.reviews.two_records import say_same_child

router = APIRouter(prefix="/hub/v1/reviews", tags=["reviews"])

Text = Annotated[str | None, Query(max_length=120, pattern=r"^[a-z0-9_]+$")]


@router.get("")
def list_queue(
    door: DoorDep,
    who: Agent,
    service: Text = None,
    body: Text = None,
    kind: Text = None,
    mine: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
    after: Annotated[str | None, Query(max_length=120)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
) -> ReviewPageShape:
    """Return what waits for one's own bodies, oldest first; of other bodies there is nothing, not even a count."""
    filters = Filters(service=service, body=body, kind=kind, mine=mine)
    with door.custody.db.read() as tx:
        page = list_reviews(tx, who, filters, after=after, limit=limit, now=door.custody.now())
    return ReviewPageShape(reviews=[ReviewShape.model_validate(line) for line in page.lines], next=page.next)


@router.get("/backlogs")
def list_backlogs(door: DoorDep, who: Agent) -> list[BacklogShape]:
    """Return how much waits at one's own bodies and since when; also for operators."""
    with door.custody.db.read() as tx:
        return [BacklogShape.model_validate(one) for one in backlogs(tx, who, now=door.custody.now())]


@router.get("/{review_id}")
def read_review(review_id: UUID, door: DoorDep, who: Agent) -> ReviewDetailShape:
    """Return one review; whom and what it is about only while one has taken it."""
    with door.custody.db.read() as tx:
        line, detail = detail_of(tx, who, review_id, now=door.custody.now())
    if detail is None:
        return ReviewDetailShape(
            line=ReviewShape.model_validate(line),
            adult=None,
            asked=None,
            children=[],
            paper=None,
            opinions=[],
            asked_by=None,
        )
    return _whole(detail)


@router.post("/{review_id}/claim")
def claim(review_id: UUID, door: DoorDep, who: Agent) -> TakenShape:
    """Take a review, or keep it longer; of two agents at once one wins."""
    with door.custody.db.transaction() as tx:
        return TakenShape(mine_until=take(tx, who, review_id, now=door.custody.now()))


@router.delete("/{review_id}/claim", status_code=204)
def release(review_id: UUID, door: DoorDep, who: Agent) -> None:
    """Give a review back to the queue; an operator may give back a colleague's."""
    with door.custody.db.transaction() as tx:
        give_back(tx, who, review_id, now=door.custody.now())


@router.post("/{review_id}/looks", status_code=201)
def look(review_id: UUID, wanted: LookShape, door: DoorDep, who: Agent) -> TicketShape:
    """Return where the paper, or the values read on it, can be seen once within a minute; the family sees each look."""
    ticket = looking.issue(door.custody, door.catalogue, who, review_id, wanted.shown)
    return TicketShape(href=f"{door.settings.release_url}/looks/{wanted.shown}/{ticket}")


@router.post("/{review_id}/opinions", status_code=201)
def give_opinion(review_id: UUID, opinion: OpinionShape, door: DoorDep, who: Agent) -> DecidedShape:
    """Decide with a reason, or ask a colleague's opinion (« inconclusive », « unsure »)."""
    said = Opinion(Outcome(opinion.outcome), opinion.reason, opinion.note, _finding(opinion.link))
    with door.custody.db.transaction() as tx:
        return DecidedShape(decided=decide(tx, door.custody, who, review_id, said, now=door.custody.now()))


@router.post("/{review_id}/same-child", status_code=202)
def same_child(review_id: UUID, told: SameChildShape, door: DoorDep, who: Agent) -> None:
    """Say that two children a taken review of a link is about are one child; two agents decide, in a review of its own."""
    with door.custody.db.transaction() as tx:
        say_same_child(tx, who, review_id, (told.child, told.other), now=door.custody.now())


def _finding(link: LinkFindingShape | None) -> LinkFinding | None:
    if link is None:
        return None
    return LinkFinding(
        adult_id=link.adult,
        child_id=link.child,
        kind=Kind(link.kind),
        authority=Authority(link.authority),
        valid_from=link.valid_from,
        valid_until=link.valid_until,
    )


def _whole(detail: ReviewDetail) -> ReviewDetailShape:
    return ReviewDetailShape.model_validate(detail)
