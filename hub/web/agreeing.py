"""The page on which the other guardian of a child agrees to a request or objects, with one click."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from hub.api.callers import DoorDep, Resident
from hub.errors import InvalidValue
from hub.requests.confirming import Asked, Consent, Reply, asked_of
from hub.school_files.agreeing import answer
from hub.web.forms import Fields
from hub.web.rendering import render, visitor

router = APIRouter(include_in_schema=False)
PATH = "/accords"
SAID = {
    Consent.WAITING: "Votre accord est demandé.",
    Consent.CONFIRMED: "Vous êtes d'accord.",
    Consent.OBJECTED: "Vous n'êtes pas d'accord. Un agent va regarder la demande.",
    Consent.LIFTED: "Un agent a examiné votre opposition. La demande peut prendre effet.",
    Consent.UPHELD: "Un agent a examiné votre opposition. La demande ne prend pas effet sans votre accord.",
}


@dataclass(frozen=True, slots=True)
class AgreementCard:
    """One request of the other guardian, in one sentence; nothing else of them."""

    number: UUID
    sentence: str
    said: str
    may_confirm: bool
    may_object: bool


@router.get(PATH)
def show_agreements(request: Request, door: DoorDep, who: Resident) -> Response:
    """Show what one is asked to agree to, and what one answered."""
    with door.custody.db.read() as tx:
        cards = tuple(_card(one) for one in asked_of(tx, door.catalogue, who.person_id))
    return render(request, "agreements.html", who=visitor(who), cards=cards)


@router.post(PATH + "/{confirmation}")
def agree(confirmation: UUID, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Agree or object."""
    said = fields.get("answer", "")
    if said not in set(Reply):
        raise InvalidValue("answer: confirm or object")
    with door.custody.db.transaction() as tx:
        answer(tx, who.person_id, confirmation, Reply(said), now=door.custody.now())
    return RedirectResponse(PATH, 303)


def _card(one: Asked) -> AgreementCard:
    return AgreementCard(
        number=one.confirmation_id,
        sentence=one.sentence,
        said=SAID[one.state],
        may_confirm=one.state in (Consent.WAITING, Consent.OBJECTED),
        may_object=one.state is Consent.WAITING,
    )
