"""Informing of rights over the API (CRPA L.114-8 II): a body tells, the person reads and may oppose."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from hub.api.authorisation import CallerDep
from hub.api.authorisation import DoorDep as ReleaseDep
from hub.api.callers import DoorDep, Resident
from hub.api.shapes import Shape, Treatment, Word
from hub.errors import NoGround, NotHabilitated, OutsideAgreement, OutsideGrant
from hub.linking.links import own_line
from hub.releases import informing

router = APIRouter(prefix="/v1/rights-information", tags=["authorisations"])
partners = APIRouter(prefix="/hub/v1/rights-information", tags=["authorisations"])


class InformationShape(Shape):
    """What a body informs one of; ``message`` is the first one, which offers to oppose."""

    information_id: UUID
    recipient: str
    service: str
    message: str
    state: informing.Informing
    opened_at: datetime
    valid_until: date


class InformShape(Shape):
    """A right that a body would like to tell a family of, by what it had pulled for it."""

    subject: UUID
    service: Word
    on_behalf_of: Treatment


class InformedShape(Shape):
    """Until when the body may use the data for it, unless the family opposes."""

    subject: UUID
    service: str
    state: informing.Informing
    valid_until: date


@router.get("")
def list_information(door: DoorDep, who: Resident) -> list[InformationShape]:
    """Return what bodies inform one of, newest first."""
    with door.custody.db.read() as tx:
        return [InformationShape.model_validate(one) for one in informing.informations_of(tx, who.person_id)]


@router.post("/{information_id}/opposition", status_code=204)
def oppose(information_id: UUID, door: DoorDep, who: Resident) -> Response:
    """Oppose: nothing more leaves, and the data are destroyed at once."""
    with door.custody.db.transaction() as tx:
        informing.oppose(tx, who.person_id, information_id, now=door.custody.now())
    return Response(status_code=204)


@partners.post("", status_code=201)
def inform(told: InformShape, door: ReleaseDep, caller: CallerDep) -> InformedShape:
    """Have a family told of a right; from then on the data pulled for this body may be asked for « rights_information »."""
    now, what = door.custody.now(), (told.service, told.on_behalf_of)
    try:
        with door.custody.db.transaction() as tx:
            line_id = own_line(tx, caller.siret, told.subject)
            row = informing.inform(tx, door.catalogue, caller, line_id, what, now=now)
    except (NoGround, NotHabilitated, OutsideAgreement, OutsideGrant) as refusal:
        with door.custody.db.transaction() as tx:
            informing.keep_refusal(tx, caller, told.on_behalf_of, refusal)
        raise
    return InformedShape(subject=told.subject, service=row.service, state=row.state, valid_until=row.valid_until)


@partners.delete("/{subject}/{service}", status_code=204)
def not_entitled(subject: UUID, service: str, door: ReleaseDep, caller: CallerDep) -> Response:
    """Say that the family has no such right: the data are destroyed at once, here and with the body."""
    with door.custody.db.transaction() as tx:
        line_id = own_line(tx, caller.siret, subject)
        informing.find_not_entitled(tx, caller, line_id, service, now=door.custody.now())
    return Response(status_code=204)
