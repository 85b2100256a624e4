"""Pages for a move: said once, and shown what it changes."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from contracts.calendar import paris_day
from hub.api.callers import DoorDep, Resident, prove_afresh
from hub.bootstrap import Door
from hub.errors import InvalidValue
from hub.persons.accounts import SignedIn
from hub.persons.family import Child, children_of
from hub.persons.residences import keep_home, residence_on, sector_of
from hub.requests.life_events import Event, declare_move, within_reach
from hub.requests.moving import Move, MovedLine, Passage
from hub.requirements.catalogue import Catalogue
from hub.web import words
from hub.web.event_forms import TOO_FAR
from hub.web.events import LineCard, declared_page, told_of
from hub.web.forms import FieldError, Fields, written_day
from hub.web.rendering import render, visitor
from hub.web.views import Option, child_name
from vault.db import ReadTx

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class MoveForm:
    """What a parent wrote of their move, kept as written so that it can be shown again."""

    day: str = ""
    month: str = ""
    year: str = ""
    postcode: str = ""
    changing: frozenset[str] = frozenset()
    confidential: bool = False
    sworn: bool = False
    reuse: bool = False

    @classmethod
    def of(cls, fields: dict[str, str]) -> "MoveForm":
        """Read the form of the move page; each child has a box of its own."""
        prefix = "school_"
        return cls(
            day=fields.get("day", ""),
            month=fields.get("month", ""),
            year=fields.get("year", ""),
            postcode=fields.get("postcode", ""),
            changing=frozenset(name.removeprefix(prefix) for name in fields if name.startswith(prefix)),
            confidential=fields.get("confidential") == "oui",
            sworn=fields.get("accuracy_sworn") == "oui",
            reuse=fields.get("reuse_authorised") == "oui",
        )

    def on(self) -> date | None:
        """Return the day of the move, or nothing where the three fields are no date."""
        return written_day(self.day, self.month, self.year)

    def errors(self, *, now: datetime) -> tuple[FieldError, ...]:
        """Return what the form lacks."""
        found, on = [], self.on()
        if on is None:
            found.append(FieldError("day", "Écrivez la date en chiffres, par exemple 1 3 2027."))
        elif not within_reach(on, now=now):
            found.append(FieldError("day", TOO_FAR))
        try:
            sector_of(self.postcode)
        except InvalidValue:
            found.append(FieldError("postcode", "Écrivez le code postal, cinq chiffres."))
        if not self.sworn:
            found.append(FieldError("accuracy_sworn", "Cochez cette case pour pouvoir envoyer votre déclaration."))
        return tuple(found)


@router.get("/demenagement")
def show_move(request: Request, door: DoorDep, who: Resident) -> Response:
    """Tell what a move changes; ask when, where to, and which children change school."""
    with door.custody.db.read() as tx:
        return _move_page(tx, request, door, who, MoveForm(), ())


@router.post("/demenagement")
def declare(request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Write the move down and say what it changed, line by line."""
    form, now = MoveForm.of(fields), door.custody.now()
    errors, on = form.errors(now=now), form.on()
    if form.reuse:
        prove_afresh(door, who)
    with door.custody.db.transaction() as tx:
        if errors or on is None:
            return _move_page(tx, request, door, who, form, errors)
        known = {str(child.child_id): child.child_id for child in children_of(tx, who.person_id)}
        told = Move(
            on=on,
            postcode=form.postcode,
            changing_school=frozenset(UUID(name) for name in form.changing if name in known),
            confidential=form.confidential,
            accuracy_sworn=form.sworn,
            reuse_authorised=form.reuse,
            channel="web",
        )
        moved = declare_move(tx, door.catalogue, who.person_id, told, now=now)
    lines = tuple(_card(door.catalogue, line, on) for line in moved)
    return declared_page(request, door, who, Event.MOVE, lines, title="Votre déménagement est enregistré")


@router.post("/domicile/inchange")
def keep_residence(door: DoorDep, who: Resident) -> Response:
    """Take a parent's word that they did not move."""
    with door.custody.db.transaction() as tx:
        keep_home(tx, who.person_id, now=door.custody.now())
    return RedirectResponse("/", 303)


def _move_page(
    tx: ReadTx, request: Request, door: Door, who: SignedIn, form: MoveForm, errors: tuple[FieldError, ...]
) -> Response:
    home = residence_on(tx, who.person_id, paris_day(door.custody.now()))
    return render(
        request,
        "move.html",
        who=visitor(who),
        status=422 if errors else 200,
        told=told_of(tx, door, who, Event.MOVE),
        children=_children(children_of(tx, who.person_id), form.changing),
        form=form,
        errors=errors,
        home=home,
    )


def _children(children: list[Child], changing: frozenset[str]) -> tuple[Option, ...]:
    return tuple(Option(str(c.child_id), child_name(c), str(c.child_id) in changing) for c in children)


def _card(catalogue: Catalogue, line: MovedLine, on: date) -> LineCard:
    service = catalogue.services[line.service].name_fr
    if line.passage is Passage.KEPT:
        return LineCard(service, "Rien ne change.")
    if line.new_body is None:
        return LineCard(service, f"Cette inscription s'arrête la veille du {words.day(on)}.")
    name = catalogue.bodies[line.new_body].name
    return LineCard(service, f"À partir du {words.day(on)}{words.NBSP}: {name}. Votre demande est envoyée.")
