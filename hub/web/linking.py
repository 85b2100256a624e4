"""The page « Services reliés »: a code for a service, who is linked to which child, and ending it with one click."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from contracts.identifiers import PersonId, Siret
from hub.api.callers import DoorDep, FreshResident, Resident
from hub.api.linking import coin_for, unlink_for
from hub.bootstrap import Door
from hub.linking.codes import Coined, Place
from hub.linking.links import EndedBy, FamilyView, Source, links_of_adult
from hub.linking.redeeming import Linkable, linkable
from hub.persons.accounts import SignedIn
from hub.persons.family import Child, children_of
from hub.requirements.catalogue import Catalogue
from hub.web import words
from hub.web.forms import FieldError, Fields
from hub.web.rendering import render, visitor
from hub.web.views import Option, child_name

router = APIRouter(include_in_schema=False)
PATH = "/services-relies"
_ENDED = {
    EndedBy.FAMILY: "Vous avez arrêté ce lien.",
    EndedBy.PARTNER: "Le service a arrêté ce lien.",
}


@dataclass(frozen=True, slots=True)
class LinkCard:
    """One link in words."""

    number: UUID
    body: str
    service: str
    child: str
    sentence: str
    stands: bool


@dataclass(frozen=True, slots=True)
class CodePage:
    """A code as it is read aloud or typed, and how long it is good."""

    code: str
    until: str


@router.get(PATH)
def show_links(request: Request, door: DoorDep, who: Resident) -> Response:
    """Show which services are linked to one's children, and how to link one."""
    return _page(request, door, who, {})


@router.post(PATH)
def coin(request: Request, door: DoorDep, who: FreshResident, fields: Fields) -> Response:
    """Show a code, once: it is kept nowhere."""
    with door.custody.db.read() as tx:
        children = {str(one.child_id): one for one in children_of(tx, who.person_id)}
        places = {_named(one): one for one in linkable(tx, door.catalogue, now=door.custody.now())}
    child, place = children.get(fields.get("child", "")), places.get(fields.get("service", ""))
    if child is None or place is None:
        return _page(request, door, who, fields, errors=_errors(child, place))
    wanted = Place(who.person_id, PersonId(child.child_id), Siret(place.siret), place.service)
    return _page(request, door, who, fields, coined=coin_for(request, door, who, wanted))


@router.post(PATH + "/{link}")
def unlink(link: UUID, door: DoorDep, who: Resident) -> Response:
    """End a link."""
    unlink_for(door, who, link)
    return RedirectResponse(PATH, 303)


def _page(
    request: Request,
    door: Door,
    who: SignedIn,
    fields: dict[str, str],
    *,
    errors: tuple[FieldError, ...] = (),
    coined: Coined | None = None,
) -> Response:
    with door.custody.db.read() as tx:
        children = children_of(tx, who.person_id)
        cards = [_card(door.catalogue, children, one) for one in links_of_adult(tx, who.person_id)]
        places = linkable(tx, door.catalogue, now=door.custody.now())
    return render(
        request,
        "linking.html",
        who=visitor(who),
        status=422 if errors else 200,
        errors=errors,
        given=None if coined is None else CodePage(coined.code, words.moment(coined.expires_at)),
        cards=cards,
        children=[_option(str(one.child_id), child_name(one), fields.get("child")) for one in children],
        services=[
            _option(_named(one), f"{one.service_name}, {one.body_name}", fields.get("service")) for one in places
        ],
    )


def _errors(child: Child | None, place: Linkable | None) -> tuple[FieldError, ...]:
    found = []
    if child is None:
        found.append(FieldError("child", "Choisissez un enfant."))
    if place is None:
        found.append(FieldError("service", "Choisissez un service."))
    return tuple(found)


def _named(one: Linkable) -> str:
    return f"{one.service}@{one.siret}"


def _option(value: str, label: str, chosen: str | None) -> Option:
    return Option(value, label, value == chosen)


def _card(catalogue: Catalogue, children: list[Child], one: FamilyView) -> LinkCard:
    body, service = catalogue.bodies.get(one.siret), catalogue.services.get(one.service)
    child = next((child_name(child) for child in children if child.child_id == one.child_id), "un enfant")
    by = "Un agent a fait ce lien" if one.source is Source.AGENT else "Vous avez fait ce lien"
    sentence = f"{by} le {words.day(one.linked_at)}."
    if one.ended_by is not None:
        sentence = f"{sentence} {_ENDED[one.ended_by]}"
    return LinkCard(
        number=one.link_id,
        body="Un organisme" if body is None else body.name,
        service=one.service if service is None else service.name_fr,
        child=child,
        sentence=sentence,
        stands=one.ended_at is None,
    )
