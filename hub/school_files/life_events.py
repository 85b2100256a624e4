"""What each life event would touch of a family: its own lines, the papers that show it, and which of them it has."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from contracts.calendar import paris_day
from contracts.documents import EvidenceType
from contracts.identifiers import PersonId
from hub.requests.life_events import Event, declared
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import Effect, LifeEvent, Step, Touch
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx

EFFECTS = {
    Effect.FETCH_AGAIN: "Nous redemandons la donnée à la source pour vous.",
    Effect.NEW_PAPER: "Un nouveau document est nécessaire.",
    Effect.NEW_LINE: "Un autre service prend la suite, si l'enfant change d'école.",
    Effect.NEW_DECISION: "Le service décide à nouveau, sans rien vous demander.",
    Effect.AGENT: "Un agent regarde votre situation.",
}
"""What a family reads of an effect."""
DONE = {
    Event.BIRTH: (
        "C'est noté. Le lien avec l'enfant sera vérifié avec l'acte de naissance. "
        "Si vous avez demandé un tarif de cantine, il est calculé à nouveau."
    ),
    Event.SEPARATION: "C'est noté. Vos inscriptions sont redemandées pour votre part. L'autre parent fait les siennes.",
    Event.JOB_LOSS: (
        "C'est noté. Si vous avez demandé un tarif de cantine, il est calculé à nouveau à partir d'aujourd'hui. "
        "Le passé ne change pas."
    ),
    Event.MOVE: "C'est noté. Ce qui change est indiqué ligne par ligne.",
    Event.DEATH: (
        "C'est noté, et nous sommes désolés. Deux agents vont lire l'acte de décès. "
        "Ensuite, plus aucun courrier ne sera envoyé à la personne décédée."
    ),
}
"""What a family reads once an event is declared; the same whatever the hub knows of anybody else."""


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper that shows an event; ``document`` is the newest one held, whether it still serves is judged per service."""

    type: EvidenceType
    name: str
    document: UUID | None

    @property
    def held(self) -> bool:
        """Whether the hub holds one."""
        return self.document is not None


@dataclass(frozen=True, slots=True)
class TouchView:
    """One thing a service must know and what becomes of it; ``concerns_you`` where the family has such a line now."""

    service: str
    service_name: str
    requirement: str
    requirement_name: str
    effect: Effect
    sentence: str
    concerns_you: bool


@dataclass(frozen=True, slots=True)
class LifeEventView:
    """A life event as a family reads it before declaring it."""

    event: str
    name: str
    changes: str
    papers: tuple[PaperView, ...]
    touches: tuple[TouchView, ...]
    steps: tuple[Step, ...]
    declared_on: date | None
    """The day of the last one declared."""


def life_events(tx: ReadTx, catalogue: Catalogue, adult: PersonId, *, now: datetime) -> list[LifeEventView]:
    """Return every life event in force, with what it would touch of this adult's lines and papers."""
    today = paris_day(now)
    held, mine, said = papers_held(tx, adult), _services_of(tx, adult, today), declared(tx, adult)
    return [
        LifeEventView(
            event=name,
            name=event.name_fr,
            changes=event.changes_fr,
            papers=papers_of(catalogue, event, held),
            touches=tuple(_touch(catalogue, touch, mine) for touch in event.touches),
            steps=event.next,
            declared_on=said.get(name),
        )
        for name, event in catalogue.life_events.items()
        if event.in_force(today)
    ]


def papers_of(catalogue: Catalogue, event: LifeEvent, held: dict[EvidenceType, UUID]) -> tuple[PaperView, ...]:
    """Return the papers that show an event, with what is held of each."""
    return tuple(PaperView(kind, catalogue.evidence[kind].name_fr, held.get(kind)) for kind in event.papers)


def papers_held(tx: ReadTx, adult: PersonId) -> dict[EvidenceType, UUID]:
    """Return the newest document of each kind that an adult holds and that still stands."""
    rows = tx.execute(
        select(EVIDENCE.c.evidence_type, EVIDENCE.c.document_id)
        .where(EVIDENCE.c.holder_id == adult, EVIDENCE.c.kind == "document", EVIDENCE.c.withdrawn_at.is_(None))
        .order_by(EVIDENCE.c.recorded_at)
    )
    return {EvidenceType(row.evidence_type): row.document_id for row in rows}


def _services_of(tx: ReadTx, adult: PersonId, today: date) -> frozenset[str]:
    rows = tx.execute(
        select(ENROLMENT_LINE.c.service)
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(
            ENROLMENT_LINE.c.payer_id == adult,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            ENROLMENT_LINE.c.valid_until >= today,
            REQUEST.c.state == "pending",
        )
    )
    return frozenset(rows.scalars())


def _touch(catalogue: Catalogue, touch: Touch, mine: frozenset[str]) -> TouchView:
    service = catalogue.services[touch.service]
    requirement = service.requirement(touch.requirement)
    return TouchView(
        service=touch.service,
        service_name=service.name_fr,
        requirement=touch.requirement,
        requirement_name="" if requirement is None else requirement.name_fr,
        effect=touch.effect,
        sentence=EFFECTS[touch.effect],
        concerns_you=touch.service in mine,
    )
