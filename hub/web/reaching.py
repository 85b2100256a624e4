"""One's own pages: how one is reached, and what a printed letter asks for."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from hub.api.callers import DoorDep, Resident, spend_code
from hub.bootstrap import Door
from hub.errors import InvalidValue, NothingHere
from hub.notifications.choosing import Chooser
from hub.notifications.return_codes import find_letter, read_code
from hub.persons.accounts import SignedIn
from hub.school_files.told import ToldAsk, told_by
from hub.web import reach_forms as forms
from hub.web.forms import FieldError, Fields
from hub.web.rendering import render, visitor

router = APIRouter(include_in_schema=False)
BASE, LETTER = "/me-joindre", "/courrier"
CODE_WRONG = "Ce code ne va pas. Recopiez les 16 lettres et chiffres de votre courrier."


@router.get(BASE)
def show_contact(request: Request, door: DoorDep, who: Resident, recu: str = "") -> Response:
    """Show how one is reached, and let it be changed."""
    return forms.choose_page(request, door, _desk(who), kept=recu == "oui")


@router.post(BASE)
def choose_contact(request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Take the channel."""
    return forms.take_choice(request, door, _desk(who), fields)


@router.get(BASE + "/code")
def ask_code(request: Request, door: DoorDep, who: Resident) -> Response:
    """Ask for the code that went to one's telephone."""
    return forms.code_page(request, door, _desk(who))


@router.post(BASE + "/code")
def take_code(request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Take the code back."""
    return forms.take_code(request, door, _desk(who), fields)


@router.post(BASE + "/mon-paris")
def choose_dashboard(door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Take whether one's account with the City shows one's requests."""
    return forms.take_dashboard(door, _desk(who), fields)


@router.get(BASE + "/{way}")
def ask_way(way: str, request: Request, who: Resident) -> Response:
    """Ask for what the channel takes."""
    return forms.way_page(request, _desk(who), known_way(way))


@router.post(BASE + "/{way}")
def take_way(way: str, request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Keep it."""
    return forms.take_way(request, door, _desk(who), known_way(way), fields)


@router.get(LETTER)
def ask_letter(request: Request, who: Resident) -> Response:
    """Ask for the code of one's letter."""
    return _letter_page(request, who)


@router.post(LETTER)
def take_letter(request: Request, who: Resident, fields: Fields) -> Response:
    """Lead to what a letter asks for."""
    written = fields.get("code", "")
    try:
        return RedirectResponse(f"{LETTER}/{read_code(written)}", 303)
    except InvalidValue:
        return _letter_page(request, who, written, (FieldError("code", CODE_WRONG),))


@router.get(LETTER + "/{code}")
def show_letter(code: str, request: Request, door: DoorDep, who: Resident) -> Response:
    """Show what one's own letter asks for; the square on the letter leads here."""
    spend_code(request, who.person_id)
    asks = _asks(door, who, code)
    if asks is None:
        return _letter_page(request, who, code, (FieldError("code", CODE_WRONG),))
    return render(request, "letter.html", who=visitor(who), asks=asks)


def known_way(way: str) -> str:
    """Return the name of a channel's page; raises :class:`NothingHere` for any other."""
    if way not in forms.WAYS:
        raise NothingHere
    return way


def _asks(door: Door, who: SignedIn, code: str) -> list[ToldAsk] | None:
    try:
        letter = find_letter(door.custody.db, read_code(code), now=door.custody.now())
    except (InvalidValue, NothingHere):
        return None
    # Somebody else's letter says the same as none.
    if letter.person_id != who.person_id:
        return None
    with door.custody.db.read() as tx:
        return told_by(tx, door.catalogue, letter.message_id, who.person_id)


def _letter_page(request: Request, who: SignedIn, written: str = "", errors: tuple[FieldError, ...] = ()) -> Response:
    status = 422 if errors else 200
    return render(
        request, "letter_code.html", who=visitor(who), status=status, layout="base.html", errors=errors, written=written
    )


def _desk(who: SignedIn) -> forms.Desk:
    return forms.Desk(who.person_id, Chooser.resident(who.person_id), BASE, visitor(who))
