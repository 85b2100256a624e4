"""Authorisations over the API: what a person allows which body, and what a body may ask to be allowed."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from contracts.authorisations import AuthorisationState, Frequency
from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from hub.api.authorisation import CallerDep
from hub.api.authorisation import DoorDep as ReleaseDep
from hub.api.callers import DoorDep, FreshResident, Resident
from hub.api.shapes import Shape, Treatment, Word
from hub.authorisations import asking, deciding, listing
from hub.bootstrap import Door
from hub.errors import NotHabilitated, OutsideAgreement, OutsideGrant
from hub.linking.links import own_line
from hub.persons.accounts import SignedIn
from hub.requests.notices import notices_of

router = APIRouter(prefix="/v1", tags=["authorisations"])
partners = APIRouter(prefix="/hub/v1", tags=["authorisations"])
Life = Annotated[int, Field(ge=1, le=120)]


class AuthorisationShape(Shape):
    """What a body may have, why, until when, and how long it keeps what it got."""

    authorisation: UUID
    request: UUID
    state: AuthorisationState
    recipient: str
    recipient_name: str
    service: str
    service_name: str
    child: str
    requirement: str | None
    requirement_name: str | None
    evidence_types: list[str]
    evidence_names: list[str]
    frequency: Frequency
    valid_from: date
    valid_until: date
    data_life_months: int
    requested_at: datetime | None
    granted_at: datetime | None
    withdrawn_at: datetime | None
    used_at: datetime | None
    notice: str | None


class GivenShape(Shape):
    """An authorisation to be given for a pending request; without kinds of paper: all that the request needs."""

    request: UUID
    evidence_types: list[EvidenceType] = Field(default_factory=list, max_length=40)
    frequency: Frequency = Frequency.RECURRING
    valid_until: date | None = None
    data_life_months: Life | None = None


class StepShape(Shape):
    """One step; ``proof`` is checked offline with ``unefois journal verify``, and absent until the journal signed it."""

    state: AuthorisationState
    at: datetime
    entry: UUID
    proof: dict[str, Any] | None


class NoticeShape(Shape):
    """A text as it was shown, under the version it had."""

    notice_id: UUID
    kind: str
    version: str
    body: str
    channel: str
    given_at: datetime


class AskedShape(Shape):
    """What a body asks a person to allow: the papers of one requirement."""

    subject: UUID
    requirement: Word
    purpose: Purpose
    on_behalf_of: Treatment
    frequency: Frequency = Frequency.RECURRING
    valid_until: date | None = None
    data_life_months: Life | None = None


class StandingShape(Shape):
    """How an authorisation stands, as its body may know."""

    state: AuthorisationState
    requirement: str | None
    evidence_types: list[str]
    frequency: Frequency
    valid_from: date
    valid_until: date
    data_life_months: int
    served: bool


@router.get("/authorisations")
def list_authorisations(door: DoorDep, who: Resident) -> list[AuthorisationShape]:
    """Return who may see what, why and until when, newest first; what is asked of one too."""
    with door.custody.db.read() as tx:
        found = listing.authorisations_of(tx, door.catalogue, who.person_id)
    return [AuthorisationShape.model_validate(one) for one in found]


@router.post("/authorisations", status_code=201)
def give(told: GivenShape, door: DoorDep, who: FreshResident) -> AuthorisationShape:
    """Let the body of one's own request reuse papers; takes a sign-in of the last 5 minutes."""
    wanted = deciding.Wanted(
        request_id=told.request,
        evidence_types=tuple(told.evidence_types),
        frequency=told.frequency,
        valid_until=told.valid_until,
        data_life_months=told.data_life_months,
    )
    with door.custody.db.transaction() as tx:
        grant_id = deciding.give(tx, door.catalogue, who.person_id, wanted, now=door.custody.now())
    return _one(door, who, grant_id)


@router.post("/authorisations/{authorisation}/approval")
def approve(authorisation: UUID, door: DoorDep, who: FreshResident) -> AuthorisationShape:
    """Say yes to what a body asks for; takes a sign-in of the last 5 minutes."""
    now = door.custody.now()
    with door.custody.db.transaction() as tx:
        deciding.approve(tx, door.catalogue, who.person_id, authorisation, channel="api", now=now)
    return _one(door, who, authorisation)


@router.post("/authorisations/{authorisation}/refusal")
def refuse(authorisation: UUID, door: DoorDep, who: Resident) -> AuthorisationShape:
    """Say no to what a body asks for: nothing is lost, the paper can be handed in directly."""
    return _stepped(door, who, authorisation, deciding.refuse)


@router.post("/authorisations/{authorisation}/pause")
def pause(authorisation: UUID, door: DoorDep, who: Resident) -> AuthorisationShape:
    """Let an authorisation rest; counts from the body's next request."""
    return _stepped(door, who, authorisation, deciding.pause)


@router.delete("/authorisations/{authorisation}/pause")
def resume(authorisation: UUID, door: DoorDep, who: FreshResident) -> AuthorisationShape:
    """Let a paused authorisation count again; takes a sign-in of the last 5 minutes."""
    return _stepped(door, who, authorisation, deciding.resume)


@router.delete("/authorisations/{authorisation}")
def withdraw(authorisation: UUID, door: DoorDep, who: Resident) -> AuthorisationShape:
    """Take an authorisation back for good; counts from the body's next request, whatever token it holds."""
    return _stepped(door, who, authorisation, deciding.withdraw)


@router.get("/authorisations/{authorisation}/record")
def read_record(authorisation: UUID, door: DoorDep, who: Resident, response: Response) -> list[StepShape]:
    """Return every step of one's own authorisation, each with the signed proof of its journal entry."""
    response.headers["cache-control"] = "no-store"
    with door.custody.db.read() as tx:
        return [StepShape.model_validate(one) for one in listing.record_of(tx, who.person_id, authorisation)]


@router.get("/notices")
def list_notices(door: DoorDep, who: Resident) -> list[NoticeShape]:
    """Return what one was told, word for word, newest first (CRPA L.114-8 I)."""
    with door.custody.db.read() as tx:
        return [NoticeShape.model_validate(one) for one in notices_of(tx, who.person_id)]


@partners.post("/authorisation-requests", status_code=201)
def ask_authorisation(told: AskedShape, door: ReleaseDep, caller: CallerDep) -> StandingShape:
    """Ask a person to allow the reuse of papers, once; they see it on their page, and refusing costs them nothing."""
    asked = asking.AskedFor(
        requirement=told.requirement,
        purpose=told.purpose,
        on_behalf_of=told.on_behalf_of,
        frequency=told.frequency,
        valid_until=told.valid_until,
        data_life_months=told.data_life_months,
    )
    now = door.custody.now()
    try:
        with door.custody.db.transaction() as tx:
            line_id = own_line(tx, caller.siret, told.subject)
            standing = asking.ask_authorisation(tx, door.catalogue, caller, line_id, asked, now=now)
    except (NotHabilitated, OutsideAgreement, OutsideGrant) as refusal:
        with door.custody.db.transaction() as tx:
            asking.keep_refusal(tx, caller, asked, refusal)
        raise
    return StandingShape.model_validate(standing)


@partners.get("/authorisation-requests/{subject}")
def read_standings(subject: UUID, door: ReleaseDep, caller: CallerDep) -> list[StandingShape]:
    """Return how the authorisations for one of one's own subjects stand, newest first."""
    with door.custody.db.read() as tx:
        line_id = own_line(tx, caller.siret, subject)
        return [StandingShape.model_validate(one) for one in asking.standings(tx, caller.siret, line_id)]


def _stepped(door: Door, who: SignedIn, authorisation: UUID, step: Callable[..., object]) -> AuthorisationShape:
    with door.custody.db.transaction() as tx:
        step(tx, who.person_id, authorisation, now=door.custody.now())
    return _one(door, who, authorisation)


def _one(door: Door, who: SignedIn, grant_id: UUID) -> AuthorisationShape:
    with door.custody.db.read() as tx:
        view = listing.authorisation_numbered(tx, door.catalogue, who.person_id, grant_id)
    return AuthorisationShape.model_validate(view)
