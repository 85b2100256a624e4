"""Mandates over the API: given, accepted, taken back, and acting for somebody under one."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from contracts.calendar import paris_day
from hub.api.callers import COOKIE, DoorDep, FreshResident, OwnResident
from hub.api.edge import spend_quota
from hub.api.shapes import Shape
from hub.bootstrap import Door
from hub.errors import OutsideMandate
from hub.mandates.giving import Duration, MandateView, accept, give, mandates_of, take_back
from hub.persons.accounts import SignedIn
from hub.persons.acting import Theme, act_under, acting_under
from hub.quotas import quotas_of

router = APIRouter(prefix="/v1", tags=["mandates"])
CODES_PER_MINUTE = 20


class MandateWishShape(Shape):
    """On which themes somebody may act for one, and for how many days: 1, 31, 182 or 365."""

    themes: Annotated[list[Theme], Field(min_length=1, max_length=4)]
    days: Duration


class GivenShape(Shape):
    """A mandate, and the code that the helper has to bring; it is shown this once."""

    mandate_id: UUID
    code: str
    code_until: datetime
    valid_until: date


class CodeShape(Shape):
    """The code of a mandate, as somebody told it."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class MandateShape(Shape):
    """A mandate as one of its two sides sees it."""

    mandate_id: UUID
    given_by_me: bool
    with_whom: str | None
    themes: list[Theme]
    valid_until: date
    in_force: bool
    waiting: bool


class ActingShape(Shape):
    """Under which mandate this session acts from now on."""

    mandate: UUID


@router.get("/mandates")
def list_mandates(door: DoorDep, who: OwnResident) -> list[MandateShape]:
    """Return the mandates one gave and those one has, the newest first."""
    with door.custody.db.read() as tx:
        return [MandateShape.model_validate(one) for one in mandates_of(tx, who, now=door.custody.now())]


@router.post("/mandates", status_code=201)
def give_mandate(
    wish: MandateWishShape, request: Request, response: Response, door: DoorDep, who: FreshResident
) -> GivenShape:
    """Let somebody act for oneself; takes a sign-in of the last 5 minutes."""
    response.headers["cache-control"] = "no-store"
    _spend(request, door, who)
    given = give(door.custody.db, who, wish.themes, wish.days, now=door.custody.now())
    return GivenShape.model_validate(given)


@router.post("/mandates/acceptance")
def accept_mandate(told: CodeShape, request: Request, door: DoorDep, who: OwnResident) -> MandateShape:
    """Become somebody's helper by the code they told; what is wrong with a code is not said."""
    return MandateShape.model_validate(accept_for(request, door, who, told.code))


@router.delete("/mandates/{mandate}")
def end_mandate(mandate: UUID, door: DoorDep, who: OwnResident) -> MandateShape:
    """End a mandate, from either side; counts from the helper's next request."""
    with door.custody.db.transaction() as tx:
        return MandateShape.model_validate(take_back(tx, who, mandate, None, now=door.custody.now()))


@router.delete("/mandates/{mandate}/themes/{theme}")
def end_theme(mandate: UUID, theme: Theme, door: DoorDep, who: OwnResident) -> MandateShape:
    """Take one theme of a mandate back; counts from the helper's next request."""
    with door.custody.db.transaction() as tx:
        return MandateShape.model_validate(take_back(tx, who, mandate, theme, now=door.custody.now()))


@router.put("/acting", status_code=204)
def begin(told: ActingShape, request: Request, door: DoorDep, who: OwnResident) -> None:
    """Act for somebody from the next request on, within the themes of their mandate."""
    begin_for(request, door, who, told.mandate)


@router.delete("/acting", status_code=204)
def end(request: Request, door: DoorDep, who: OwnResident) -> None:  # noqa: ARG001 - says who may ask
    """Act for oneself again."""
    end_for(request, door)


def accept_for(request: Request, door: Door, who: SignedIn, code: str) -> MandateView:
    """Accept a mandate for who is signed in; raises as :func:`~hub.mandates.giving.accept` and the quota do."""
    _spend(request, door, who)
    return accept(door.custody.db, who, code, now=door.custody.now())


def begin_for(request: Request, door: Door, who: SignedIn, mandate_id: UUID) -> None:
    """Let this session act under a mandate; raises :class:`OutsideMandate` where it is not in force."""
    now = door.custody.now()
    with door.custody.db.transaction() as tx:
        if acting_under(tx, mandate_id, who.person_id, today=paris_day(now)) is None:
            raise OutsideMandate
        act_under(tx, request.cookies.get(COOKIE, ""), mandate_id)


def end_for(request: Request, door: Door) -> None:
    """Let this session act for who is signed in again."""
    with door.custody.db.transaction() as tx:
        act_under(tx, request.cookies.get(COOKIE, ""), None)


def _spend(request: Request, door: Door, who: SignedIn) -> None:
    quotas = quotas_of(door.custody.db, door.custody.now)
    spend_quota(request, quotas.take("mandates", str(who.person_id), CODES_PER_MINUTE))
