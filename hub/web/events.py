"""Pages for what happens in a family's life: what it changes and which papers show it, told before it is declared."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.documents import EvidenceType
from contracts.identifiers import Siret
from hub.api.callers import DoorDep, Resident, prove_afresh
from hub.bootstrap import Door
from hub.errors import NothingHere
from hub.persons.accounts import SignedIn
from hub.persons.family import children_of
from hub.requests.life_events import (
    Event,
    Part,
    Renewed,
    Sworn,
    declare_birth,
    declare_death,
    declare_job_loss,
    declare_separation,
)
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import Step
from hub.school_files.life_events import DONE, LifeEventView, life_events, papers_held
from hub.web import words
from hub.web.event_forms import EventForm
from hub.web.forms import FieldError, Fields
from hub.web.rendering import render, visitor
from vault.db import ReadTx, WriteTx

router = APIRouter(include_in_schema=False)
PATH = "/evenements"
MOVE_PAGE = "/demenagement"
PAGES = {
    Event.BIRTH: "naissance",
    Event.SEPARATION: "separation",
    Event.JOB_LOSS: "perte-emploi",
    Event.DEATH: "deces",
}
"""The last part of each page's address; a move has a page of its own."""
_EVENTS = {page: event for event, page in PAGES.items()}
TITLES = {
    Event.BIRTH: "Déclarer une naissance",
    Event.SEPARATION: "Déclarer une séparation",
    Event.JOB_LOSS: "Déclarer une perte d'emploi",
    Event.DEATH: "Déclarer un décès",
}
WHEN = {
    Event.BIRTH: "Quand l'enfant est-il né ?",
    Event.SEPARATION: "Depuis quand ?",
    Event.JOB_LOSS: "Depuis quand ?",
    Event.DEATH: "Quand la personne est-elle décédée ?",
}


@dataclass(frozen=True, slots=True)
class EventCard:
    """One life event in the list."""

    name: str
    changes: str
    href: str
    declared_on: date | None


@dataclass(frozen=True, slots=True)
class TouchedService:
    """What becomes of one service, in one sentence for each thing it must know."""

    name: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a life event changes, as it is told before the declaration."""

    changes: str
    yours: tuple[TouchedService, ...]
    others: tuple[TouchedService, ...]
    papers: tuple[tuple[str, bool], ...]
    """The papers that show the event, and whether one is held."""


@dataclass(frozen=True, slots=True)
class LineCard:
    """One line after a declaration, in words."""

    service: str
    sentence: str


@router.get(PATH)
def show_events(request: Request, door: DoorDep, who: Resident) -> Response:
    """Show what can be declared, each with what it changes."""
    with door.custody.db.read() as tx:
        found = life_events(tx, door.catalogue, who.person_id, now=door.custody.now())
    return render(request, "events.html", who=visitor(who), cards=tuple(_card(one) for one in found))


@router.get(PATH + "/{page}")
def show_event(page: str, request: Request, door: DoorDep, who: Resident) -> Response:
    """Tell what one event changes, and ask for what must be known of it."""
    event = _event(page)
    with door.custody.db.read() as tx:
        told = told_of(tx, door, who, event)
        form = EventForm.of(event, children_of(tx, who.person_id), {})
    return _form_page(request, who, told, form)


@router.post(PATH + "/{page}")
def declare_event(page: str, request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Write the event down, and say what was done and what comes next."""
    event, now = _event(page), door.custody.now()
    if fields.get("reuse_authorised") == "oui":
        prove_afresh(door, who)
    with door.custody.db.transaction() as tx:
        form = EventForm.of(event, children_of(tx, who.person_id), fields)
        errors, on = form.errors(now=now), form.on()
        told = told_of(tx, door, who, event)
        if not errors and on is not None:
            lines = tuple(renewed_line(door.catalogue, one) for one in _carry_out(tx, door, who, form, on))
            return declared_page(request, door, who, event, lines)
    return _form_page(request, who, told, form, errors)


def told_of(tx: ReadTx, door: Door, who: SignedIn, event: Event) -> Told:
    """Return what an event changes for this family; raises :class:`NothingHere` where it is not in force."""
    found = life_events(tx, door.catalogue, who.person_id, now=door.custody.now())
    view = next((one for one in found if one.event == event), None)
    if view is None:
        raise NothingHere
    return Told(
        changes=view.changes,
        yours=_touched(view, yours=True),
        others=_touched(view, yours=False),
        papers=tuple((paper.name, paper.held) for paper in view.papers),
    )


def declared_page(
    request: Request,
    door: Door,
    who: SignedIn,
    event: Event,
    lines: tuple[LineCard, ...],
    *,
    title: str = "Votre déclaration est enregistrée",
) -> Response:
    """Return the page after a declaration: what was done at once, line by line, and the next steps."""
    steps: tuple[Step, ...] = door.catalogue.life_events[event].next
    return render(request, "declared.html", who=visitor(who), title=title, said=DONE[event], lines=lines, steps=steps)


def renewed_line(catalogue: Catalogue, one: Renewed) -> LineCard:
    """Say of a line that was asked for anew where and from when."""
    name = catalogue.bodies[Siret(one.body)].name
    sentence = f"À partir du {words.day(one.since)}{words.NBSP}: {name}. Votre demande est envoyée."
    return LineCard(catalogue.services[one.service].name_fr, sentence)


def _carry_out(tx: WriteTx, door: Door, who: SignedIn, form: EventForm, on: date) -> tuple[Renewed, ...]:
    sworn, now = Sworn(form.sworn, form.reuse, "web"), door.custody.now()
    adult, catalogue = who.person_id, door.catalogue
    if form.event is Event.BIRTH:
        return declare_birth(tx, catalogue, adult, on, children=form.born(), sworn=sworn, now=now)
    if form.event is Event.SEPARATION:
        parts: dict[UUID, Part] = {one.child.child_id: one.part for one in form.children if one.part is not None}
        return declare_separation(tx, catalogue, adult, on, parts=parts, sworn=sworn, now=now)
    if form.event is Event.JOB_LOSS:
        return declare_job_loss(tx, catalogue, adult, on, sworn, now=now)
    children = tuple(one.child.child_id for one in form.children if one.ticked)
    paper = papers_held(tx, adult).get(EvidenceType.DEATH_CERTIFICATE)
    declare_death(tx, adult, on, children=children, document_id=paper, sworn=sworn, now=now)
    return ()


def _form_page(
    request: Request, who: SignedIn, told: Told, form: EventForm, errors: tuple[FieldError, ...] = ()
) -> Response:
    return render(
        request,
        "event.html",
        who=visitor(who),
        status=422 if errors else 200,
        event=form.event.value,
        title=TITLES[form.event],
        when=WHEN[form.event],
        told=told,
        form=form,
        errors=errors,
    )


def _event(page: str) -> Event:
    event = _EVENTS.get(page)
    if event is None:
        raise NothingHere
    return event


def _card(view: LifeEventView) -> EventCard:
    event = Event(view.event)
    href = MOVE_PAGE if event is Event.MOVE else f"{PATH}/{PAGES[event]}"
    return EventCard(view.name, view.changes, href, view.declared_on)


def _touched(view: LifeEventView, *, yours: bool) -> tuple[TouchedService, ...]:
    found: dict[str, list[str]] = {}
    for touch in view.touches:
        if touch.concerns_you is yours:
            what = f"{touch.requirement_name}{words.NBSP}: " if touch.requirement_name else ""
            sentence = touch.sentence[0].lower() + touch.sentence[1:] if what else touch.sentence
            found.setdefault(touch.service_name, []).append(what + sentence)
    return tuple(TouchedService(name, tuple(sentences)) for name, sentences in found.items())
