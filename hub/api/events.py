"""A partner's events at its door: the feed, and its webhook as it stands, sent again, turned on again, and tried out."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field, model_validator

from contracts.identifiers import Siret
from contracts.json_schemas import notification_schema
from hub.api.authorisation import CallerDep, DoorDep
from hub.api.partners import RetryKey, once_for
from hub.api.questions import QuestionDep
from hub.api.shapes import Shape
from hub.notifications.bell import Bell
from hub.notifications.feed import PAGE_MAX, Page, read_feed, waiting_for
from hub.notifications.replays import open_again, replay
from hub.notifications.samples import sample
from hub.partners.webhooks import live_keys, published_keys, webhook_of
from vault.journal.records import Actor, ActorKind

router = APIRouter(prefix="/hub/v1", tags=["events"])
BATCH = "application/cloudevents-batch+json"
CURSOR_HEADER = "events-cursor"
WAIT_MAX = 25
"""Seconds that a request may wait for something to happen: less than what proxies on the way allow."""
Cursor = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]


class WebhookShape(Shape):
    """How one's webhook stands."""

    state: Literal["open", "failing", "off"]
    failures: int
    """Failed attempts since something was taken last."""
    failing_since: datetime | None
    next_attempt_not_before: datetime
    off_since: datetime | None
    off_for: Literal["gone", "failing"] | None
    waiting: int
    """Notifications that wait to be sent."""
    waiting_since: datetime | None
    """When the oldest of them happened; 35 days later it goes, seven days after its contact was told at the earliest."""
    lost: int
    """Notifications that waited too long, in the last outage, and went without being sent; the feed refuses cursors from before."""
    lost_at: datetime | None
    verifying_keys: list[str]
    """Ed25519 public keys of its v1a signatures, newest first."""


class ReplayWishShape(Shape):
    """From where on notifications are to be sent again: a cursor of the feed or a moment, one of the two."""

    after: Cursor | None = None
    since: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "ReplayWishShape":
        if (self.after is None) is (self.since is None):
            raise ValueError("after or since")
        return self


class ReplayShape(Shape):
    """How many notifications are sent again, each under the identifier it had."""

    notifications: int


class KeysShape(Shape):
    """The keys that one partner's notifications are signed with."""

    client_id: str
    keys: list[str]


class SampleShape(Shape):
    """A notification that says nothing, signed as real ones are."""

    message: UUID
    headers: dict[str, str]
    body: str


def _batch() -> dict[str, Any]:
    schema = {name: told for name, told in notification_schema().items() if name != "$schema"}
    return {"type": "array", "maxItems": PAGE_MAX, "items": schema}


@router.get(
    "/events",
    response_class=JSONResponse,
    responses={
        200: {
            "description": "Events, oldest first, as a CloudEvents batch",
            "headers": {
                "Events-Cursor": {"description": "Go on after this one.", "schema": {"type": "string"}},
                "Link": {"description": "rel=next, where more is there already.", "schema": {"type": "string"}},
            },
            "content": {BATCH: {"schema": _batch()}},
        }
    },
)
async def read_events(
    door: DoorDep,
    caller: CallerDep,
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    wait: Annotated[int, Query(ge=0, le=WAIT_MAX)] = 0,
) -> JSONResponse:
    """Read what one was told, in an order that a cursor never skips anything of; without one, all that is kept.

    With ``wait``, an answer that would be empty is held back for so many seconds at most, until there is something.
    """

    def read() -> Page:
        with door.custody.db.read() as tx:
            return read_feed(tx, caller.siret, after, limit=limit, now=door.custody.now())

    page = await run_in_threadpool(read)
    if wait and not page.moved:
        page = await _awaited(door.bell, caller.siret, read, wait)
    headers = {CURSOR_HEADER: page.cursor, "cache-control": "no-store"}
    if page.more:
        headers["link"] = f'</hub/v1/events?after={page.cursor}&limit={limit}>; rel="next"'
    return JSONResponse(list(page.events), headers=headers, media_type=BATCH)


async def _awaited(bell: Bell, siret: Siret, read: Callable[[], Page], seconds: int) -> Page:
    """Read again each time the feed grows, until it shows something or the time is over; hold nothing meanwhile."""
    until = asyncio.get_running_loop().time() + seconds
    with bell.waiting(siret) as waiter:
        # What was committed between the first look and this line rang for nobody.
        page = await run_in_threadpool(read)
        while waiter is not None and not page.moved and await waiter.wait(until):
            page = await run_in_threadpool(read)
    return page


@router.get("/webhook")
def read_webhook(door: DoorDep, caller: CallerDep) -> WebhookShape:
    """Return how one's webhook stands."""
    now = door.custody.now()
    with door.custody.db.read() as tx:
        found = webhook_of(tx, caller.siret)
        waits = waiting_for(tx, caller.siret)
    state: Literal["open", "failing", "off"] = "failing" if found.failures else "open"
    return WebhookShape(
        state="off" if found.disabled_at else state,
        failures=found.failures,
        failing_since=found.failing_since,
        next_attempt_not_before=found.open_at,
        off_since=found.disabled_at,
        off_for=found.disabled_for,
        waiting=waits.many,
        waiting_since=waits.since,
        lost=found.lost,
        lost_at=found.lost_at,
        verifying_keys=live_keys(found, now=now),
    )


@router.post("/webhook/open")
def open_own_webhook(door: DoorDep, caller: CallerDep) -> WebhookShape:
    """Say that one takes notifications again: what was held back is sent at once, in order."""
    with door.custody.db.transaction() as tx:
        open_again(tx, caller.siret, actor=_actor(caller.siret), now=door.custody.now())
    return read_webhook(door, caller)


@router.post("/webhook-replays", status_code=202)
def replay_own(
    wish: ReplayWishShape, digest: QuestionDep, door: DoorDep, caller: CallerDep, idempotency_key: RetryKey = None
) -> ReplayShape:
    """Have one's webhook sent again what it was told since a cursor or a moment."""
    now = door.custody.now()
    with once_for(door, caller, idempotency_key, ReplayWishShape, digest) as attempt:
        if attempt.stored is not None:
            return ReplayShape.model_validate(attempt.stored.response)
        with door.custody.db.transaction() as tx:
            many = replay(tx, caller.siret, wish.after, wish.since, actor=_actor(caller.siret), now=now)
            attempt.settle(tx, status=202, response={"notifications": many})
    return ReplayShape(notifications=many)


@router.get("/webhook/sample")
def read_sample(door: DoorDep, caller: CallerDep) -> SampleShape:
    """Return a notification that says nothing, signed as one's real ones are, to try a receiver with."""
    with door.custody.db.read() as tx:
        made = sample(tx, caller.siret, door.unwrap, now=door.custody.now())
    return SampleShape(message=made.message, headers=made.headers, body=made.body)


@router.get("/webhook-keys")
def read_keys(door: DoorDep) -> list[KeysShape]:
    """Return, for anybody, the public keys of the v1a signatures, partner by partner."""
    with door.custody.db.read() as tx:
        found = published_keys(tx, now=door.custody.now())
    return [KeysShape(client_id=slug, keys=keys) for slug, keys in found]


def _actor(siret: str) -> Actor:
    return Actor(ActorKind.PARTNER, siret)
