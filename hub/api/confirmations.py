"""What the other guardian of a child is asked to confirm, and their answer."""

from uuid import UUID

from fastapi import APIRouter

from hub.api.callers import DoorDep, Resident
from hub.api.shapes import Shape
from hub.requests.confirming import Asked, Consent, Reply, asked_of
from hub.school_files.agreeing import answer

router = APIRouter(prefix="/v1/confirmations", tags=["confirmations"])


class ConfirmationShape(Shape):
    """Who asks for what for which child; nothing else of the other guardian, and not which body."""

    confirmation: UUID
    sentence: str
    asked_by: str
    service: str
    service_name: str
    child: str
    state: Consent


class ReplyShape(Shape):
    """Agreement or objection; an objection goes to an agent of the body."""

    answer: Reply


@router.get("")
def list_confirmations(door: DoorDep, who: Resident) -> list[ConfirmationShape]:
    """Return what one is asked to confirm as the other guardian of a child, and what one answered."""
    with door.custody.db.read() as tx:
        return [_shape(one) for one in asked_of(tx, door.catalogue, who.person_id)]


@router.post("/{confirmation}")
def reply(confirmation: UUID, told: ReplyShape, door: DoorDep, who: Resident) -> list[ConfirmationShape]:
    """Confirm or object; harmless to repeat. The answer is the list as it is now."""
    with door.custody.db.transaction() as tx:
        answer(tx, who.person_id, confirmation, told.answer, now=door.custody.now())
        return [_shape(one) for one in asked_of(tx, door.catalogue, who.person_id)]


def _shape(one: Asked) -> ConfirmationShape:
    return ConfirmationShape(
        confirmation=one.confirmation_id,
        sentence=one.sentence,
        asked_by=one.asked_by,
        service=one.service,
        service_name=one.service_name,
        child=one.child,
        state=one.state,
    )
