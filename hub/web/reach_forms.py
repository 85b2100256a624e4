"""The forms by which somebody is reached, for the person's own pages and for the counter's: one thing on each page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from hub.bootstrap import Door
from hub.errors import InvalidValue, TooManyCodes
from hub.notifications.choosing import Chooser, Chosen, Reached, Wish, choose, confirm_code, reached
from hub.notifications.dashboard import choose_dashboard, shows_dashboard
from hub.notifications.proving_contact import Said
from hub.persons.postal import PostalAddress
from hub.persons.residences import Channel
from hub.web.forms import FieldError
from hub.web.rendering import Visitor, render
from hub.web.views import Option

LABELS = {
    Channel.TELEPHONE: "Par SMS",
    Channel.EMAIL: "Par courriel",
    Channel.POST: "Par courrier, à la maison",
    Channel.COUNTER: "Au guichet seulement : aucun message",
}
WAYS = {"sms": Channel.TELEPHONE, "courriel": Channel.EMAIL, "courrier": Channel.POST}
"""The page of each channel that takes more than a choice."""
_PAGES = {channel: way for way, channel in WAYS.items()}
_SENTENCES = {
    "value_email": "Écrivez une adresse de courriel, par exemple nom@exemple.fr.",
    "value_telephone": "Écrivez un numéro de portable, par exemple 06 39 98 00 00.",
    "street": "Écrivez le numéro et la rue, 38 caractères au plus.",
    "extra": "Écrivez 38 caractères au plus, sans signe particulier.",
    "postcode": "Écrivez le code postal, cinq chiffres.",
    "town": "Écrivez la commune, par exemple Paris.",
}
_TOO_MANY = "Nous avons déjà envoyé plusieurs codes aujourd'hui. Réessayez demain, ou choisissez un autre moyen."
_SAID = {
    Said.WRONG: "Ce n'est pas le bon code. Relisez le message.",
    Said.OVER: "Ce code ne sert plus. Demandez-en un autre.",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """For whom the forms are filled in, by whom, and where their pages are."""

    person_id: UUID
    chooser: Chooser
    base: str
    visitor: Visitor
    layout: str = "base.html"
    back: str = ""
    """Where an agent goes back to; nothing on a person's own pages."""


@dataclass(frozen=True, slots=True)
class ReachForm:
    """What was written, kept as written so that it can be shown again."""

    value: str = ""
    extra: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""

    @classmethod
    def of(cls, fields: dict[str, str]) -> "ReachForm":
        """Read the form of any channel."""
        return cls(*(fields.get(name, "") for name in ("value", "extra", "street", "postcode", "town")))

    @property
    def address(self) -> PostalAddress:
        """Where letters would go."""
        return PostalAddress(self.street, self.postcode, self.town, self.extra)


def choose_page(
    request: Request, door: Door, desk: Desk, *, kept: bool = False, errors: tuple[FieldError, ...] = ()
) -> Response:
    """Show how somebody is reached, and ask by which way they want to be."""
    with door.custody.db.read() as tx:
        found = reached(tx, desk.person_id, now=door.custody.now())
        dashboard = shows_dashboard(tx, desk.person_id)
    options = [Option(channel.value, label, channel is found.channel) for channel, label in LABELS.items()]
    said = {"current": _current(found), "waiting": _waiting(found), "kept": kept, "dashboard": dashboard}
    return _page(request, "reach_choose.html", desk, errors, options=options, **said)


def take_choice(request: Request, door: Door, desk: Desk, fields: dict[str, str]) -> Response:
    """Keep a choice that takes nothing more, or lead to the page of its channel."""
    chosen = fields.get("channel", "")
    if chosen not in set(Channel):
        return choose_page(request, door, desk, errors=(FieldError("channel", "Choisissez comment vous joindre."),))
    if chosen in _PAGES:
        return RedirectResponse(f"{desk.base}/{_PAGES[Channel(chosen)]}", 303)
    with door.custody.db.transaction() as tx:
        choose(tx, door.custody, desk.person_id, Wish(Channel(chosen)), desk.chooser, now=door.custody.now())
    return RedirectResponse(f"{desk.base}?recu=oui", 303)


def take_dashboard(door: Door, desk: Desk, fields: dict[str, str]) -> Response:
    """Keep whether the City's dashboard shows where somebody's requests stand."""
    now = door.custody.now()
    with door.custody.db.transaction() as tx:
        choose_dashboard(tx, desk.person_id, desk.chooser, shown=fields.get("shown") == "oui", now=now)
    return RedirectResponse(f"{desk.base}?recu=oui", 303)


def way_page(
    request: Request, desk: Desk, way: str, form: ReachForm | None = None, errors: tuple[FieldError, ...] = ()
) -> Response:
    """Ask for what one channel takes."""
    return _page(request, "reach_way.html", desk, errors, way=way, form=form or ReachForm())


def take_way(request: Request, door: Door, desk: Desk, way: str, fields: dict[str, str]) -> Response:
    """Keep a postal address, or send a code; or show the form again with what is wrong in it."""
    channel, form = WAYS[way], ReachForm.of(fields)
    posted = channel is Channel.POST
    wish = Wish(channel, address=form.address) if posted else Wish(channel, form.value)
    errors = tuple(FieldError(name, _SENTENCES[name]) for name in form.address.faults()) if posted else ()
    if errors:
        return way_page(request, desk, way, form, errors)
    try:
        with door.custody.db.transaction() as tx:
            chosen = choose(tx, door.custody, desk.person_id, wish, desk.chooser, now=door.custody.now())
    except InvalidValue:
        return way_page(request, desk, way, form, (FieldError("value", _SENTENCES[f"value_{channel.value}"]),))
    except TooManyCodes:
        return way_page(request, desk, way, form, (FieldError("value", _TOO_MANY),))
    return RedirectResponse(f"{desk.base}/code" if chosen is Chosen.CODE_SENT else f"{desk.base}?recu=oui", 303)


def code_page(request: Request, door: Door, desk: Desk, errors: tuple[FieldError, ...] = ()) -> Response:
    """Ask for the code that went to a number or an address."""
    with door.custody.db.read() as tx:
        found = reached(tx, desk.person_id, now=door.custody.now())
    return _page(request, "reach_code.html", desk, errors, waiting=_waiting(found), way=_way(found))


def take_code(request: Request, door: Door, desk: Desk, fields: dict[str, str]) -> Response:
    """Take the code back; number or address counts from then on."""
    now: datetime = door.custody.now()
    with door.custody.db.transaction() as tx:
        said = confirm_code(tx, desk.person_id, fields.get("code", ""), desk.chooser, now=now)
    if said is Said.RIGHT:
        return RedirectResponse(f"{desk.base}?recu=oui", 303)
    return code_page(request, door, desk, (FieldError("code", _SAID[said]),))


def _current(found: Reached) -> str:
    """Say how somebody is reached now, without showing more than they need to know it again."""
    if found.channel is None:
        return ""
    return {
        Channel.TELEPHONE: f"par SMS, au numéro qui finit par {found.value[-2:]}",
        Channel.EMAIL: f"par courriel, à {found.value}",
        Channel.POST: "par courrier, à l'adresse enregistrée",
        Channel.COUNTER: "au guichet seulement, sans message",
    }[found.channel]


def _way(found: Reached) -> str:
    """Return the page on which another code is asked for."""
    return "sms" if found.waiting_for_code is None else _PAGES[found.waiting_for_code.channel]


def _waiting(found: Reached) -> str:
    """Say where a code went, nothing where there is none."""
    if found.waiting_for_code is None:
        return ""
    hint = found.waiting_for_code.hint
    if found.waiting_for_code.channel is Channel.EMAIL:
        return f"par courriel, à {hint}"
    return f"par SMS, au numéro qui finit par {hint[-2:]}"


def _page(request: Request, template: str, desk: Desk, errors: tuple[FieldError, ...], **page: object) -> Response:
    status = 422 if errors else 200
    place = {"layout": desk.layout, "base": desk.base, "back": desk.back}
    return render(request, template, who=desk.visitor, status=status, errors=errors, **place, **page)
