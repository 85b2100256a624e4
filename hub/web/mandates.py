"""The page « Mandats »: who may act for one, for whom one may act, and beginning and ending it."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from hub.api.acting import accept_for, begin_for, end_for
from hub.api.callers import DoorDep, FreshResident, OwnResident
from hub.bootstrap import Door
from hub.errors import CodeRefused, InvalidValue
from hub.mandates.giving import Duration, Given, MandateView, give, mandates_of, take_back
from hub.persons.accounts import SignedIn
from hub.persons.acting import Theme
from hub.web import words
from hub.web.forms import FieldError, Fields
from hub.web.rendering import render, visitor
from hub.web.views import Option

router = APIRouter(include_in_schema=False)
PATH = "/mandats"
THEMES = {
    Theme.PAPERS: "Mes documents : voir la liste et déposer, sans les ouvrir",
    Theme.SCHOOL: "École et cantine : voir les dossiers et faire une demande",
    Theme.HOME: "Mon adresse : dire où j'habite, déclarer un déménagement",
    Theme.OPENING: "Ouvrir mes documents : voir ce qu'ils contiennent, sauf les documents de santé",
}
DURATIONS = {
    Duration.DAY: "Un jour",
    Duration.MONTH: "Un mois",
    Duration.SEMESTER: "Six mois",
    Duration.YEAR: "Un an",
}


@dataclass(frozen=True, slots=True)
class MandateCard:
    """One mandate in words."""

    number: UUID
    mine: bool
    whom: str
    until: str
    themes: tuple[tuple[str, str], ...]
    in_force: bool
    open: bool


@dataclass(frozen=True, slots=True)
class CodePage:
    """The code of a mandate, and how long it is good."""

    code: str
    until: str


@router.get(PATH)
def show(request: Request, door: DoorDep, who: OwnResident) -> Response:
    """Show one's mandates, how to give one, and how to bring a code."""
    return _page(request, door, who)


@router.post(PATH)
def give_mandate(request: Request, door: DoorDep, who: FreshResident, fields: Fields) -> Response:
    """Give a mandate and show its code, once."""
    themes = [theme for theme in Theme if fields.get(f"theme_{theme}") == "oui"]
    days = fields.get("days", "")
    duration = next((one for one in Duration if str(int(one)) == days), None)
    errors = []
    if not themes:
        errors.append(FieldError("theme_papers", "Cochez au moins un thème."))
    if duration is None:
        errors.append(FieldError("days", "Choisissez une durée."))
    if errors or duration is None:
        return _page(request, door, who, errors=tuple(errors))
    return _page(request, door, who, given=give(door.custody.db, who, themes, duration, now=door.custody.now()))


@router.post(PATH + "/code")
def bring_code(request: Request, door: DoorDep, who: OwnResident, fields: Fields) -> Response:
    """Become somebody's helper."""
    try:
        accept_for(request, door, who, fields.get("code", ""))
    except CodeRefused:
        return _page(
            request, door, who, errors=(FieldError("code", "Ce code n'est pas valable. Demandez-en un nouveau."),)
        )
    return RedirectResponse(PATH, 303)


@router.post(PATH + "/fin")
def act_for_oneself(request: Request, door: DoorDep, who: OwnResident) -> Response:  # noqa: ARG001 - says who may ask
    """Act for oneself again."""
    end_for(request, door)
    return RedirectResponse(PATH, 303)


@router.post(PATH + "/{mandate}/agir")
def act(mandate: UUID, request: Request, door: DoorDep, who: OwnResident) -> Response:
    """Act for somebody from the next page on."""
    begin_for(request, door, who, mandate)
    return RedirectResponse(PATH, 303)


@router.post(PATH + "/{mandate}/arreter")
def take(mandate: UUID, door: DoorDep, who: OwnResident, fields: Fields) -> Response:
    """End a mandate, or one theme of it."""
    named = fields.get("theme", "")
    if named and named not in set(Theme):
        raise InvalidValue("theme: one of the list")
    with door.custody.db.transaction() as tx:
        take_back(tx, who, mandate, Theme(named) if named else None, now=door.custody.now())
    return RedirectResponse(PATH, 303)


def _page(
    request: Request, door: Door, who: SignedIn, *, errors: tuple[FieldError, ...] = (), given: Given | None = None
) -> Response:
    with door.custody.db.read() as tx:
        cards = [_card(one) for one in mandates_of(tx, who, now=door.custody.now())]
    return render(
        request,
        "mandates.html",
        who=visitor(who),
        status=422 if errors else 200,
        errors=errors,
        given=None if given is None else CodePage(given.code, words.moment(given.code_until)),
        cards=cards,
        themes=[(theme.value, name) for theme, name in THEMES.items()],
        durations=[Option(str(int(one)), name, one is Duration.DAY) for one, name in DURATIONS.items()],
        acting=who.mandate_id is not None,
    )


def _card(one: MandateView) -> MandateCard:
    waiting = "quelqu'un qui n'a pas encore donné le code" if one.waiting else "personne : le code n'a pas servi"
    return MandateCard(
        number=one.mandate_id,
        mine=one.given_by_me,
        whom=one.with_whom or waiting,
        until=words.day(one.valid_until),
        themes=tuple((theme.value, THEMES[theme]) for theme in one.themes),
        in_force=one.in_force,
        open=one.in_force or one.waiting,
    )
