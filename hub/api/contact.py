"""How one wants to be reached, the number one proves, and what the code of a printed letter leads to."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from hub.api.callers import DoorDep, Resident, spend_code
from hub.api.shapes import Shape
from hub.errors import InvalidValue, NothingHere
from hub.notifications.choosing import Chooser, Chosen, Wish, choose, confirm_code, reached
from hub.notifications.dashboard import choose_dashboard, shows_dashboard
from hub.notifications.proving_contact import Said
from hub.notifications.return_codes import find_letter, read_code
from hub.persons.postal import LINE_MAX, PostalAddress
from hub.persons.residences import Channel
from hub.school_files.told import ToldAsk, told_by

router = APIRouter(prefix="/v1", tags=["homes"])
_Line = Annotated[str, Field(max_length=LINE_MAX)]


class AddressShape(Shape):
    """Where letters go, without the name, which is that of the civil status; sealed, and never shown again."""

    street: _Line
    postcode: Annotated[str, Field(pattern=r"^[0-9]{5}$")]
    town: _Line
    extra: _Line = ""


class ContactWishShape(Shape):
    """How a person wants to be reached: an e-mail address or a mobile number as ``value``, an address for the post."""

    channel: Channel
    value: Annotated[str, Field(max_length=300)] | None = None
    address: AddressShape | None = None

    def wish(self) -> Wish:
        """Return what is chosen."""
        address = None if self.address is None else PostalAddress(**self.address.model_dump())
        return Wish(self.channel, self.value or "", address)


class ContactShape(Shape):
    """How a person is reached: of a number its end only, and of a postal address only that there is one.

    ``awaiting_code`` names in part the number or address a code went to, until the code is said back.
    """

    channel: Channel | None
    value: str | None
    awaiting_code: str | None


class ChosenShape(Shape):
    """What the choice has come to; with ``code_sent`` it counts once the code is said back."""

    state: Literal["kept", "code_sent"]


class ContactCodeShape(Shape):
    """The code that went to a number or an address."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class DashboardShape(Shape):
    """Whether the dashboard of one's account with the City shows where one's requests stand, as far as one has such an account."""

    shown: bool


class ToldAskShape(Shape):
    """One thing that a letter asks for: for whom and why, what would do, and whether it is there by now."""

    child: str
    service: str
    body: str
    requirement: str
    papers: list[str]
    sworn_statement: bool
    held: bool

    @classmethod
    def of(cls, one: ToldAsk) -> "ToldAskShape":
        """Return one ask as it is read."""
        return cls(
            child=one.child,
            service=one.service,
            body=one.body,
            requirement=one.requirement,
            papers=list(one.papers),
            sworn_statement=one.sworn_statement,
            held=one.held,
        )


@router.get("/contact")
def read_contact(door: DoorDep, who: Resident) -> ContactShape | None:
    """Return how one is reached, nothing where one never said so."""
    with door.custody.db.read() as tx:
        found = reached(tx, who.person_id, now=door.custody.now())
    if found.channel is None and found.waiting_for_code is None:
        return None
    awaiting = None if found.waiting_for_code is None else found.waiting_for_code.hint
    return ContactShape(channel=found.channel, value=found.value or None, awaiting_code=awaiting)


@router.put("/contact", responses={202: {"description": "A code was sent", "model": ChosenShape}})
def write_contact(wish: ContactWishShape, door: DoorDep, who: Resident, response: Response) -> ChosenShape:
    """Choose how one is reached; a mobile number or an e-mail address is sent a code, and counts once the code is said back."""
    now, chooser = door.custody.now(), Chooser.resident(who.person_id)
    with door.custody.db.transaction() as tx:
        chosen = choose(tx, door.custody, who.person_id, wish.wish(), chooser, now=now)
    if chosen is Chosen.CODE_SENT:
        response.status_code = 202
    return ChosenShape(state=chosen.value)


@router.post("/contact/code", status_code=204)
def confirm_contact(told: ContactCodeShape, door: DoorDep, who: Resident) -> None:
    """Say the code back that came to one's number or address; five tries, within a quarter of an hour."""
    now, chooser = door.custody.now(), Chooser.resident(who.person_id)
    with door.custody.db.transaction() as tx:
        said = confirm_code(tx, who.person_id, told.code, chooser, now=now)
    if said is Said.OVER:
        raise NothingHere
    if said is Said.WRONG:
        raise InvalidValue("code: not the one that was sent")


@router.get("/contact/dashboard")
def read_dashboard(door: DoorDep, who: Resident) -> DashboardShape:
    """Return whether one's account with the City shows where one's requests stand."""
    with door.custody.db.read() as tx:
        return DashboardShape(shown=shows_dashboard(tx, who.person_id))


@router.put("/contact/dashboard", status_code=204)
def write_dashboard(wish: DashboardShape, door: DoorDep, who: Resident) -> None:
    """Choose it; no reason is asked (RGPD art. 21). What is shown already stays, and nothing more is sent from here on."""
    chooser = Chooser.resident(who.person_id)
    with door.custody.db.transaction() as tx:
        choose_dashboard(tx, who.person_id, chooser, shown=wish.shown, now=door.custody.now())


@router.get("/return-codes/{code}")
def read_return_code(code: str, request: Request, door: DoorDep, who: Resident) -> list[ToldAskShape]:
    """Return what one's own printed letter asks for, by the code on it."""
    spend_code(request, who.person_id)
    letter = find_letter(door.custody.db, read_code(code), now=door.custody.now())
    if letter.person_id != who.person_id:
        raise NothingHere
    with door.custody.db.read() as tx:
        return [ToldAskShape.of(one) for one in told_by(tx, door.catalogue, letter.message_id, who.person_id)]
