"""The page of what changes at eighteen: to guardians from three months before, and to who has come of age."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from contracts.calendar import in_french, majority, paris_day
from hub.api.callers import DoorDep, FreshResident, Resident
from hub.persons.accounts import SELF_DECLARED_LEVEL
from hub.persons.childhood import ask_for_childhood, told_from
from hub.persons.family import Child, children_of
from hub.web.rendering import render, visitor

router = APIRouter(include_in_schema=False)
PATH = "/majorite"


@dataclass(frozen=True, slots=True)
class GrowingCard:
    """A child who is about to come of age."""

    name: str
    of_age_on: str


def growing(children: Iterable[Child], *, today: date) -> tuple[GrowingCard, ...]:
    """Return the children who come of age within three months, as their guardians are told of them."""
    return tuple(
        GrowingCard(" ".join(child.given_names[:1]), in_french(grown))
        for child in children
        if (since := told_from(child.born_on)) is not None
        and since <= today
        and (grown := majority(child.born_on)) is not None
    )


@router.get(PATH)
def show_majority(request: Request, door: DoorDep, who: Resident, recu: str = "") -> Response:
    """Say what ends and what passes at eighteen, and let somebody of age ask for the papers of their childhood."""
    with door.custody.db.read() as tx:
        cards = growing(children_of(tx, who.person_id), today=paris_day(door.custody.now()))
    vouched = who.level != SELF_DECLARED_LEVEL
    return render(request, "majority.html", who=visitor(who), cards=cards, asked=recu == "oui", vouched=vouched)


@router.post(PATH)
def ask(door: DoorDep, who: FreshResident) -> Response:
    """Ask for the papers of one's childhood."""
    with door.custody.db.transaction() as tx:
        ask_for_childhood(tx, who)
    return RedirectResponse(f"{PATH}?recu=oui", 303)
