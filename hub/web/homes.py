"""Pages for a move and for how one wants to be reached: said once, and shown what it changes."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from hub.api.callers import DoorDep, Resident
from hub.bootstrap import Door
from hub.errors import InvalidValue
from hub.persons.accounts import SignedIn
from hub.persons.family import Child, children_of
from hub.persons.residences import Channel, choose_contact, contact_of, residence_on, sector_of
from hub.requests.moving import Move, MovedLine, Passage, move
from hub.requirements.catalogue import Catalogue
from hub.web import words
from hub.web.forms import FieldError, Fields
from hub.web.rendering import render, visitor
from hub.web.views import Option, child_name

router = APIRouter(include_in_schema=False)

CHANNELS = {
    Channel.EMAIL: "Par courriel",
    Channel.TELEPHONE: "Par téléphone",
    Channel.POST: "Par courrier",
    Channel.COUNTER: "Au guichet, quand je passe",
}


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
        try:
            return date(int(self.year), int(self.month), int(self.day))
        except ValueError:
            return None

    def errors(self) -> tuple[FieldError, ...]:
        """Return what the form lacks."""
        found = []
        if self.on() is None:
            found.append(FieldError("day", "Écrivez la date en chiffres, par exemple 1 3 2027."))
        try:
            sector_of(self.postcode)
        except InvalidValue:
            found.append(FieldError("postcode", "Écrivez le code postal, cinq chiffres."))
        if not self.sworn:
            found.append(FieldError("accuracy_sworn", "Cochez cette case pour pouvoir envoyer votre déclaration."))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class MovedCard:
    """One line after a move, in words."""

    service: str
    sentence: str


@router.get("/demenagement")
def show_move(request: Request, door: DoorDep, who: Resident) -> Response:
    """Ask when, where to, and which children change school."""
    with door.custody.db.read() as tx:
        children = children_of(tx, who.person_id)
        home = residence_on(tx, who.person_id, door.custody.now().date())
    boxes = _children(children, frozenset())
    return render(request, "move.html", who=visitor(who), children=boxes, form=MoveForm(), errors=(), home=home)


@router.post("/demenagement")
def declare_move(request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Write the move down and say what it changed, line by line."""
    form, errors = MoveForm.of(fields), MoveForm.of(fields).errors()
    with door.custody.db.transaction() as tx:
        children = children_of(tx, who.person_id)
        on = form.on()
        if not errors and on is not None:
            known = {str(child.child_id): child.child_id for child in children}
            told = Move(
                on=on,
                postcode=form.postcode,
                changing_school=frozenset(UUID(name) for name in form.changing if name in known),
                confidential=form.confidential,
                accuracy_sworn=form.sworn,
                reuse_authorised=form.reuse,
                channel="web",
            )
            moved = move(tx, door.catalogue, who.person_id, told, now=door.custody.now())
            cards = tuple(_card(door.catalogue, line, on) for line in moved)
            return render(request, "moved.html", who=visitor(who), on=on, lines=cards)
    boxes = _children(children, form.changing)
    return render(
        request, "move.html", who=visitor(who), status=422, children=boxes, form=form, errors=errors, home=None
    )


@router.get("/me-joindre")
def show_contact(request: Request, door: DoorDep, who: Resident, recu: str = "") -> Response:
    """Show how one is reached, and let it be changed."""
    with door.custody.db.read() as tx:
        found = contact_of(tx, who.person_id)
    channel, value = (found.channel.value, found.value or "") if found is not None else ("", "")
    channels = _channels(channel)
    return render(
        request, "contact.html", who=visitor(who), channels=channels, value=value, errors=(), kept=recu == "oui"
    )


@router.post("/me-joindre")
def keep_contact(request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Keep how one wants to be reached."""
    channel, value = fields.get("channel", ""), fields.get("value", "")
    if channel in set(Channel) and _kept(door, who, Channel(channel), value):
        return RedirectResponse("/me-joindre?recu=oui", 303)
    channels, errors = _channels(channel), (_contact_error(channel),)
    return render(
        request, "contact.html", who=visitor(who), status=422, channels=channels, value=value, errors=errors, kept=False
    )


def _kept(door: Door, who: SignedIn, channel: Channel, value: str) -> bool:
    written = value if channel in (Channel.EMAIL, Channel.TELEPHONE) else None
    try:
        with door.custody.db.transaction() as tx:
            choose_contact(tx, who.person_id, channel, written, now=door.custody.now())
    except InvalidValue:
        return False
    return True


def _contact_error(channel: str) -> FieldError:
    if channel == Channel.EMAIL:
        return FieldError("value", "Écrivez une adresse de courriel, par exemple nom@exemple.fr.")
    if channel == Channel.TELEPHONE:
        return FieldError("value", "Écrivez un numéro de téléphone, par exemple 01 99 00 00 00.")
    return FieldError("channel", "Choisissez comment vous joindre.")


def _children(children: list[Child], changing: frozenset[str]) -> tuple[Option, ...]:
    return tuple(Option(str(c.child_id), child_name(c), str(c.child_id) in changing) for c in children)


def _channels(chosen: str) -> tuple[Option, ...]:
    return tuple(Option(channel.value, label, channel.value == chosen) for channel, label in CHANNELS.items())


def _card(catalogue: Catalogue, line: MovedLine, on: date) -> MovedCard:
    service = catalogue.services[line.service].name_fr
    if line.passage is Passage.KEPT:
        return MovedCard(service, "Rien ne change.")
    if line.new_body is None:
        return MovedCard(service, f"Cette inscription s'arrête la veille du {words.day(on)}.")
    name = catalogue.bodies[line.new_body].name
    return MovedCard(service, f"À partir du {words.day(on)} : {name}. Votre demande est envoyée.")
