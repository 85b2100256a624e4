"""The page of one's own accounts: how one signs in, and joining another account by signing in there too."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from connectors.oidc.provider import ProviderConfig, Shape
from hub.api.callers import DoorDep, FreshResident, Resident
from hub.api.sign_in import Wish, send_to
from hub.errors import InvalidValue
from hub.persons.childhood import CHILDHOOD
from hub.persons.joining import OwnAccount, accounts_of
from hub.persons.merging import ask_to_part, merges_of
from hub.web import words
from hub.web.forms import Fields
from hub.web.rendering import render, visitor

router = APIRouter(include_in_schema=False)
PATH = "/comptes"
NAMES = {Shape.FRANCECONNECT: "FranceConnect", Shape.MON_PARIS: "Mon Paris"}
"""What residents call the providers; agents have pages of their own."""


@dataclass(frozen=True, slots=True)
class AccountCard:
    """One way in which the person signs in."""

    name: str
    sentence: str
    current: bool


@dataclass(frozen=True, slots=True)
class Joinable:
    """A provider at which another account could be joined."""

    provider: str
    name: str


@dataclass(frozen=True, slots=True)
class MergedCard:
    """Another account that was taken over, and whether it is about to be parted again."""

    number: UUID
    since: str
    parting: bool
    childhood: bool
    """Whether it is the record that the person had as a child."""


@router.get(PATH)
def show_accounts(request: Request, door: DoorDep, who: Resident) -> Response:
    """Show one's accounts, and the providers at which another one could be joined."""
    with door.custody.db.read() as tx:
        own = accounts_of(tx, who)
    known = {one.issuer for one in own}
    joinable = [
        Joinable(slug, NAMES[config.shape])
        for slug, config in door.providers.items()
        if config.shape in NAMES and config.issuer not in known
    ]
    cards = [_card(one, list(door.providers.values())) for one in own]
    with door.custody.db.read() as tx:
        merged = [
            MergedCard(one.merge_id, words.day(one.merged_at), one.part_asked, one.kind == CHILDHOOD)
            for one in merges_of(tx, who.person_id)
        ]
    return render(request, "accounts.html", who=visitor(who), accounts=cards, joinable=joinable, merged=merged)


@router.post(PATH + "/{merge}/separer")
def part(merge: UUID, door: DoorDep, who: FreshResident) -> Response:
    """Have two accounts that became one parted again."""
    with door.custody.db.transaction() as tx:
        ask_to_part(tx, who.person_id, merge, now=door.custody.now())
    return RedirectResponse(PATH, 303)


@router.post(PATH)
def join(door: DoorDep, who: FreshResident, fields: Fields) -> Response:
    """Lead to the other provider; whoever comes back from there signed in has proved that both accounts are theirs."""
    provider = fields.get("provider", "")
    config = door.providers.get(provider)
    if config is None or config.shape not in NAMES:
        raise InvalidValue("provider: one of the list")
    return send_to(door, provider, Wish(PATH, fresh=True, joins=who.account_id, login_hint=fields.get("login_hint")))


def _card(one: OwnAccount, providers: list[ProviderConfig]) -> AccountCard:
    shape = next((config.shape for config in providers if config.issuer == one.issuer), None)
    vouched = one.level != "self_declared"
    sentence = "L'État a vérifié votre identité." if vouched else "Vous avez écrit vous-même votre identité."
    name = "Un autre compte" if shape is None else NAMES.get(shape, "Un autre compte")
    return AccountCard(name, sentence, one.current)
