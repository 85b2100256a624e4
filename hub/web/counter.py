"""The counter's pages: an agent enters the code of a letter, sees what is asked, and notes how the family is reached."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from hub.api.callers import Agent, DoorDep, spend_code
from hub.bootstrap import Door
from hub.errors import InvalidValue, NothingHere
from hub.notifications.counter import Visit, counter_of, open_visit, visit_of
from hub.notifications.return_codes import find_letter, read_code
from hub.persons.agents import SignedInAgent
from hub.school_files.told import told_by
from hub.web import reach_forms as forms
from hub.web.forms import FieldError, Fields
from hub.web.reaching import CODE_WRONG, known_way
from hub.web.rendering import agent_visitor, render

router = APIRouter(include_in_schema=False)
BASE = "/agents/guichet"
VISIT = BASE + "/{visit_id}"
REACH = VISIT + "/joindre"
LAYOUT = "agents_base.html"


@router.get(BASE)
def ask_code(request: Request, who: Agent) -> Response:
    """Ask for the code on the family's letter."""
    counter_of(who)
    return _code_page(request, who)


@router.post(BASE)
def take_code(request: Request, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Open the visit of whom the letter is for."""
    spend_code(request, who.agent_id)
    counter_of(who)
    written, now = fields.get("code", ""), door.custody.now()
    try:
        letter = find_letter(door.custody.db, read_code(written), now=now)
    except (InvalidValue, NothingHere):
        return _code_page(request, who, written, (FieldError("code", CODE_WRONG),))
    with door.custody.db.transaction() as tx:
        visit_id = open_visit(tx, who, letter, now=now)
    return RedirectResponse(f"{BASE}/{visit_id}", 303)


@router.get(VISIT)
def show_visit(visit_id: UUID, request: Request, door: DoorDep, who: Agent, recu: str = "") -> Response:
    """Show what is asked of the family, and how it is reached."""
    with door.custody.db.read() as tx:
        visit = visit_of(tx, who, visit_id, now=door.custody.now())
        asks = told_by(tx, door.catalogue, visit.message_id, visit.person_id)
    kept = recu == "oui"
    return render(request, "counter_visit.html", who=agent_visitor(who), visit=visit, asks=asks, kept=kept)


@router.get(REACH)
def show_contact(visit_id: UUID, request: Request, door: DoorDep, who: Agent, recu: str = "") -> Response:
    """Ask how the family wants to be reached; once it is noted, go back to the visit."""
    if recu == "oui":
        return RedirectResponse(f"{BASE}/{visit_id}?recu=oui", 303)
    return forms.choose_page(request, door, _desk(door, who, visit_id))


@router.post(REACH)
def choose_contact(visit_id: UUID, request: Request, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Take the channel."""
    return forms.take_choice(request, door, _desk(door, who, visit_id), fields)


@router.get(REACH + "/code")
def ask_number_code(visit_id: UUID, request: Request, door: DoorDep, who: Agent) -> Response:
    """Ask for the code that went to the family's telephone, which the family reads out."""
    return forms.code_page(request, door, _desk(door, who, visit_id))


@router.post(REACH + "/code")
def take_number_code(visit_id: UUID, request: Request, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Take the code back."""
    return forms.take_code(request, door, _desk(door, who, visit_id), fields)


@router.post(REACH + "/mon-paris")
def choose_dashboard(visit_id: UUID, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Take whether the family's account with the City shows their requests."""
    return forms.take_dashboard(door, _desk(door, who, visit_id), fields)


@router.get(REACH + "/{way}")
def ask_way(visit_id: UUID, way: str, request: Request, door: DoorDep, who: Agent) -> Response:
    """Ask for what the channel takes."""
    return forms.way_page(request, _desk(door, who, visit_id), known_way(way))


@router.post(REACH + "/{way}")
def take_way(visit_id: UUID, way: str, request: Request, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Keep it."""
    return forms.take_way(request, door, _desk(door, who, visit_id), known_way(way), fields)


def _desk(door: Door, who: SignedInAgent, visit_id: UUID) -> forms.Desk:
    with door.custody.db.read() as tx:
        visit: Visit = visit_of(tx, who, visit_id, now=door.custody.now())
    place = f"{BASE}/{visit_id}"
    return forms.Desk(visit.person_id, visit.chooser, f"{place}/joindre", agent_visitor(who), LAYOUT, back=place)


def _code_page(
    request: Request, who: SignedInAgent, written: str = "", errors: tuple[FieldError, ...] = ()
) -> Response:
    status = 422 if errors else 200
    return render(
        request,
        "letter_code.html",
        who=agent_visitor(who),
        status=status,
        layout=LAYOUT,
        errors=errors,
        written=written,
    )
