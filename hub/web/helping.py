"""The agents' page of helping somebody under a mandate: bringing its code, acting for them, and ending it."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from contracts.calendar import paris_day
from hub.api.callers import HELPER_COOKIE, Agent, DoorDep, spend_code
from hub.bootstrap import Door
from hub.errors import CodeRefused, OutsideMandate
from hub.mandates.giving import ForAgent, accept_as_agent, mandates_of_agent
from hub.notifications.counter import counter_of
from hub.persons.acting import agent_acting_under
from hub.persons.agents import SignedInAgent
from hub.persons.helping import HELPING_LIFE, Helping, begin_helping, end_helping
from hub.web import words
from hub.web.forms import FieldError, Fields
from hub.web.mandates import THEMES
from hub.web.rendering import HELPING_PATH, agent_visitor, render

router = APIRouter(include_in_schema=False)
REFUSED = "Ce code n'est pas valable. La personne peut en faire un autre."


@dataclass(frozen=True, slots=True)
class HelpedCard:
    """Somebody for whom the agent may act."""

    number: UUID
    name: str
    themes: tuple[str, ...]
    until: str


@router.get(HELPING_PATH)
def show(request: Request, door: DoorDep, who: Agent) -> Response:
    """Show for whom the agent may act, and ask for the code of a mandate."""
    counter_of(who)
    return _page(request, door, who)


@router.post(HELPING_PATH)
def bring_code(request: Request, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Become the helper of whoever made the code, and act for them from the next page on."""
    spend_code(request, who.agent_id)
    body = counter_of(who)
    name = door.catalogue.bodies[body].name if body in door.catalogue.bodies else body
    try:
        mandate_id = accept_as_agent(door.custody.db, who, (body, name), fields.get("code", ""), now=door.custody.now())
    except CodeRefused:
        return _page(request, door, who, errors=(FieldError("code", REFUSED),))
    return _begin(request, door, who, mandate_id)


@router.post(HELPING_PATH + "/fin")
def end(request: Request, door: DoorDep, who: Agent) -> Response:  # noqa: ARG001 - says who may ask
    """Act for nobody any more."""
    _forget(request, door)
    answer = RedirectResponse(HELPING_PATH, 303)
    answer.delete_cookie(HELPER_COOKIE, path="/")
    return answer


@router.post(HELPING_PATH + "/{mandate}/agir")
def act(mandate: UUID, request: Request, door: DoorDep, who: Agent) -> Response:
    """Act for somebody from the next page on."""
    return _begin(request, door, who, mandate)


def _begin(request: Request, door: Door, who: SignedInAgent, mandate_id: UUID) -> Response:
    now = door.custody.now()
    _forget(request, door)
    with door.custody.db.transaction() as tx:
        if agent_acting_under(tx, mandate_id, who.agent_id, today=paris_day(now)) is None:
            raise OutsideMandate
        token = begin_helping(tx, Helping(who.agent_id, mandate_id), now=now)
    answer = RedirectResponse(HELPING_PATH, 303)
    secure = urlsplit(door.settings.door_url).scheme == "https"
    seconds = int(HELPING_LIFE.total_seconds())
    answer.set_cookie(HELPER_COOKIE, token, httponly=True, samesite="lax", secure=secure, path="/", max_age=seconds)
    return answer


def _forget(request: Request, door: Door) -> None:
    if token := request.cookies.get(HELPER_COOKIE):
        with door.custody.db.transaction() as tx:
            end_helping(tx, token)


def _page(request: Request, door: Door, who: SignedInAgent, *, errors: tuple[FieldError, ...] = ()) -> Response:
    with door.custody.db.read() as tx:
        cards = [_card(one) for one in mandates_of_agent(tx, who, now=door.custody.now())]
    return render(
        request,
        "agents_helping.html",
        who=agent_visitor(who),
        status=422 if errors else 200,
        errors=errors,
        cards=cards,
        acting=HELPER_COOKIE in request.cookies,
    )


def _card(one: ForAgent) -> HelpedCard:
    return HelpedCard(
        number=one.mandate_id,
        name=one.person_name,
        themes=tuple(THEMES[theme] for theme in one.themes),
        until=words.day(one.valid_until),
    )
