"""Life events: what each would touch, and declaring one, once."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from contracts.calendar import Parity
from contracts.documents import EvidenceType
from contracts.identifiers import Siret
from hub.api.callers import DoorDep, Resident, prove_afresh
from hub.api.homes import MoveShape
from hub.api.shapes import Shape
from hub.bootstrap import Door
from hub.persons.accounts import SignedIn
from hub.requests.life_events import (
    Event,
    Newborn,
    Part,
    Renewed,
    Sworn,
    declare_birth,
    declare_death,
    declare_job_loss,
    declare_move,
    declare_separation,
)
from hub.requests.moving import Passage
from hub.requirements.entries import Effect, LifeEvent
from hub.school_files.life_events import DONE, LifeEventView, PaperView, life_events, papers_held, papers_of
from vault.db import WriteTx

router = APIRouter(prefix="/v1/life-events", tags=["life events"])

Name = Annotated[str, Field(min_length=1, max_length=200)]
CHILDREN_MAX = 12
Children = Annotated[list[UUID], Field(min_length=1, max_length=CHILDREN_MAX)]


class StepShape(Shape):
    """What to do next, and on which page."""

    fr: str
    href: str


class EventPaperShape(Shape):
    """A paper that shows the event, and the one held where there is one."""

    type: EvidenceType
    name: str
    held: bool
    document: UUID | None


class TouchShape(Shape):
    """One thing a service must know, and what becomes of it."""

    service: str
    service_name: str
    requirement: str
    requirement_name: str
    effect: Effect
    sentence: str
    concerns_you: bool


class LifeEventShape(Shape):
    """A life event before it is declared."""

    event: Event
    name: str
    changes: str
    papers: list[EventPaperShape]
    touches: list[TouchShape]
    steps: list[StepShape]
    declared_on: date | None


class _Declared(Shape):
    on: date
    accuracy_sworn: bool
    reuse_authorised: bool = False


class NewbornShape(Shape):
    """A child who was born; the day is that of the event."""

    family_name: Name
    given_names: Annotated[list[Name], Field(min_length=1, max_length=10)]


class BirthShape(_Declared):
    """A birth; several children where they were born together."""

    event: Literal["birth"]
    children: Annotated[list[NewbornShape], Field(min_length=1, max_length=CHILDREN_MAX)]


class PartShape(Shape):
    """What a parent pays for one child from then on."""

    child: UUID
    parity: Parity = Parity.EVERY
    share: Annotated[int, Field(ge=1, le=100)] = 100


class SeparationShape(_Declared):
    """A separation, with the part this parent pays for each child."""

    event: Literal["separation"]
    parts: Annotated[list[PartShape], Field(min_length=1, max_length=CHILDREN_MAX)]


class JobLossShape(_Declared):
    """The loss of a job."""

    event: Literal["job_loss"]


class MovingShape(MoveShape):
    """A move, as by ``POST /v1/moves``."""

    event: Literal["move"]
    changing_school: Annotated[list[UUID], Field(max_length=CHILDREN_MAX)]
    reuse_authorised: bool = False


class DeathShape(_Declared):
    """The death of another parent of these children."""

    event: Literal["death"]
    children: Children


DeclarationShape = Annotated[
    BirthShape | SeparationShape | JobLossShape | MovingShape | DeathShape, Field(discriminator="event")
]


class RenewedShape(Shape):
    """One line after the event, and the request its body received, where there is one."""

    service: str
    service_name: str
    body: str | None
    body_name: str | None
    since: date | None
    follows: UUID | None
    request: UUID | None
    passage: Passage | None


class DeclaredShape(Shape):
    """What became of a declaration: what was done, which papers show it, what comes next."""

    event: Event
    fr: str
    lines: list[RenewedShape]
    papers: list[EventPaperShape]
    steps: list[StepShape]


@router.get("")
def list_life_events(door: DoorDep, who: Resident) -> list[LifeEventShape]:
    """Return what each life event touches, which papers show it, and which of them the hub holds."""
    with door.custody.db.read() as tx:
        found = life_events(tx, door.catalogue, who.person_id, now=door.custody.now())
    return [_event(view) for view in found]


@router.post("", status_code=201)
def declare(told: DeclarationShape, door: DoorDep, who: Resident) -> DeclaredShape:
    """Declare a life event; the answer says what was done at once and what the next step is.

    To allow the reuse of papers takes a fresh sign-in.
    """
    if told.reuse_authorised:
        prove_afresh(door, who)
    with door.custody.db.transaction() as tx:
        lines = _carry_out(tx, door, who, told)
        held = papers_held(tx, who.person_id)
    entry: LifeEvent = door.catalogue.life_events[told.event]
    return DeclaredShape(
        event=Event(told.event),
        fr=DONE[Event(told.event)],
        lines=lines,
        papers=[_paper(one) for one in papers_of(door.catalogue, entry, held)],
        steps=[StepShape(fr=step.fr, href=step.href) for step in entry.next],
    )


def _carry_out(tx: WriteTx, door: Door, who: SignedIn, told: DeclarationShape) -> list[RenewedShape]:
    sworn, now = Sworn(told.accuracy_sworn, told.reuse_authorised, "api"), door.custody.now()
    adult, catalogue = who.person_id, door.catalogue
    if isinstance(told, MovingShape):
        return _move(tx, door, who, told)
    if isinstance(told, DeathShape):
        paper = papers_held(tx, adult).get(EvidenceType.DEATH_CERTIFICATE)
        declare_death(tx, adult, told.on, children=tuple(told.children), document_id=paper, sworn=sworn, now=now)
        return []
    if isinstance(told, BirthShape):
        children = tuple(Newborn(one.family_name, tuple(one.given_names)) for one in told.children)
        renewed = declare_birth(tx, catalogue, adult, told.on, children=children, sworn=sworn, now=now)
    elif isinstance(told, SeparationShape):
        parts = {one.child: Part(one.parity, one.share) for one in told.parts}
        renewed = declare_separation(tx, catalogue, adult, told.on, parts=parts, sworn=sworn, now=now)
    else:
        renewed = declare_job_loss(tx, catalogue, adult, told.on, sworn, now=now)
    return [_renewed(door, one) for one in renewed]


def _move(tx: WriteTx, door: Door, who: SignedIn, told: MovingShape) -> list[RenewedShape]:
    return [
        _line(
            door,
            one.service,
            one.new_body or (Siret(one.body) if one.passage is Passage.KEPT else None),
            since=told.on if one.new_body else None,
            follows=one.line_id,
            request=one.request_id,
            passage=one.passage,
        )
        for one in declare_move(tx, door.catalogue, who.person_id, told.wish(), now=door.custody.now())
    ]


def _renewed(door: Door, one: Renewed) -> RenewedShape:
    return _line(
        door, one.service, Siret(one.body), since=one.since, follows=one.follows, request=one.request_id, passage=None
    )


def _line(
    door: Door,
    service: str,
    body: Siret | None,
    *,
    since: date | None,
    follows: UUID,
    request: UUID | None,
    passage: Passage | None,
) -> RenewedShape:
    return RenewedShape(
        service=service,
        service_name=door.catalogue.services[service].name_fr,
        body=body,
        body_name=None if body is None else door.catalogue.bodies[body].name,
        since=since,
        follows=follows,
        request=request,
        passage=passage,
    )


def _event(view: LifeEventView) -> LifeEventShape:
    return LifeEventShape(
        event=Event(view.event),
        name=view.name,
        changes=view.changes,
        papers=[_paper(one) for one in view.papers],
        touches=[TouchShape.model_validate(one, from_attributes=True) for one in view.touches],
        steps=[StepShape(fr=step.fr, href=step.href) for step in view.steps],
        declared_on=view.declared_on,
    )


def _paper(one: PaperView) -> EventPaperShape:
    return EventPaperShape(type=one.type, name=one.name, held=one.held, document=one.document)
