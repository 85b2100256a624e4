"""Linking a partner to a child: the family's one-time code, its redemption, and the links as both sides see them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from contracts.identifiers import PersonId, Siret
from hub.api.authorisation import CallerDep
from hub.api.authorisation import DoorDep as ReleaseDep
from hub.api.callers import DoorDep, FreshResident, Resident, resident
from hub.api.edge import spend_quota
from hub.api.partners import RetryKey, once_for
from hub.api.questions import QuestionDep
from hub.api.shapes import Name, Shape, Treatment, Word
from hub.bootstrap import Door
from hub.linking.codes import Coined, Place
from hub.linking.links import (
    EndedBy,
    FamilyView,
    PartnerView,
    Source,
    end_by_family,
    end_by_partner,
    links_of_adult,
    links_of_partner,
)
from hub.linking.proposing import Named, ProposalState, proposal_of, propose
from hub.linking.redeeming import Redeemed, coin_code, linkable, redeem
from hub.persons.accounts import SignedIn
from hub.quotas import quotas_of
from vault.db import WriteTx
from vault.journal.records import Actor, ActorKind

router = APIRouter(prefix="/v1", tags=["links"])
partners = APIRouter(prefix="/hub/v1", tags=["links"])
CODES_PER_MINUTE = 20
"""How many codes one family may coin, beside the quota of all its requests."""


class LinkableShape(Shape):
    """A service of a partner that can be linked to a child."""

    siret: str
    service: str
    body_name: str
    service_name: str


class CodeWishShape(Shape):
    """For which child, and for which service of which body, a code is wanted."""

    child: UUID
    body: Annotated[str, Field(pattern=r"^\d{14}$")]
    service: Word


class CodeShape(Shape):
    """A code, shown this once; whoever of that body has it until then can link, once."""

    code: str
    expires_at: datetime
    fr: str
    en: str


class FamilyLinkShape(Shape):
    """A partner linked to one's child, by one's own act or an agent's."""

    link_id: UUID
    child_id: UUID
    siret: str
    service: str
    source: Source
    linked_at: datetime
    ended_at: datetime | None
    ended_by: EndedBy | None


class RedeemShape(Shape):
    """A code as the family told it, for which service, and who stands behind it (CRPA R.114-9-6)."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    service: Word
    on_behalf_of: Treatment


class ProposeShape(Shape):
    """A child as this partner knows it, for which service, and who stands behind it."""

    family_name: Name
    given_names: Annotated[list[Name], Field(min_length=1, max_length=10)]
    born_on: date
    service: Word
    on_behalf_of: Treatment


class LinkedFileShape(Shape):
    """A line of the child's school files that its adult pays to this partner."""

    subject: UUID
    school_year: str


class PartnerLinkShape(Shape):
    """A child this partner is linked to, under the partner's own pseudonym, with the lines that can be asked about."""

    subject: UUID
    service: str
    linked_at: datetime
    files: list[LinkedFileShape]


class ProposalShape(Shape):
    """How a proposal stands: « pending » whoever is or is not behind the name, or linked; it is over after ``until``."""

    proposal_id: UUID
    state: ProposalState
    until: datetime
    link: PartnerLinkShape | None


@router.get("/linkable-services", dependencies=[Depends(resident)])
def list_linkable(door: DoorDep) -> list[LinkableShape]:
    """Return the services that can be linked to a child."""
    with door.custody.db.read() as tx:
        return [LinkableShape.model_validate(one) for one in linkable(tx, door.catalogue, now=door.custody.now())]


@router.post("/link-codes", status_code=201)
def coin(wish: CodeWishShape, request: Request, response: Response, door: DoorDep, who: FreshResident) -> CodeShape:
    """Coin a one-time code that links a service to one's child; takes a sign-in of the last 5 minutes."""
    response.headers["cache-control"] = "no-store"
    place = Place(who.person_id, PersonId(wish.child), Siret(wish.body), wish.service)
    coined = coin_for(request, door, who, place)
    return CodeShape(
        code=coined.code,
        expires_at=coined.expires_at,
        fr="Donnez ce code au service. Il sert une seule fois, pendant 30 minutes.",
        en="Give this code to the service. It is good once, for 30 minutes.",
    )


@router.get("/partner-links")
def list_own(door: DoorDep, who: Resident) -> list[FamilyLinkShape]:
    """Return the services linked to one's children by oneself, and those that were, the newest first."""
    with door.custody.db.read() as tx:
        return [FamilyLinkShape.model_validate(one) for one in links_of_adult(tx, who.person_id)]


@router.delete("/partner-links/{link}")
def unlink(link: UUID, door: DoorDep, who: Resident) -> FamilyLinkShape:
    """End a link; harmless to repeat. The service is told, and keeps what it received by its own schedule."""
    return FamilyLinkShape.model_validate(unlink_for(door, who, link))


@partners.post("/links", status_code=201)
def link(
    told: RedeemShape,
    digest: QuestionDep,
    request: Request,
    door: ReleaseDep,
    caller: CallerDep,
    idempotency_key: RetryKey = None,
) -> PartnerLinkShape:
    """Change a family's one-time code for one's own pseudonym of the child; a code that is not good is refused alike."""
    quotas = quotas_of(door.custody.db, door.custody.now)
    with once_for(door, caller, idempotency_key, RedeemShape, digest) as tried:
        if tried.stored is not None:
            return PartnerLinkShape.model_validate(tried.stored.response)
        spend_quota(request, quotas.take("links", caller.siret, door.settings.link_tries_per_minute))

        def settle(tx: WriteTx, made: PartnerView) -> None:
            tried.settle(tx, status=201, response=PartnerLinkShape.model_validate(made).model_dump(mode="json"))

        brought = Redeemed(told.code, told.service, told.on_behalf_of)
        now = door.custody.now()
        made = redeem(door.custody.db, door.catalogue, caller, brought, now=now, settle=settle)
    return PartnerLinkShape.model_validate(made)


@partners.post("/link-proposals", status_code=202)
def propose_link(
    told: ProposeShape,
    digest: QuestionDep,
    request: Request,
    door: ReleaseDep,
    caller: CallerDep,
    idempotency_key: RetryKey = None,
) -> ProposalShape:
    """Name a child by civil status; an agent may link it. The answer is the same whether anybody has that name or not."""
    quotas = quotas_of(door.custody.db, door.custody.now)
    named = Named(told.family_name, tuple(told.given_names), told.born_on, told.service, told.on_behalf_of)
    with once_for(door, caller, idempotency_key, ProposeShape, digest) as tried:
        if tried.stored is not None:
            return ProposalShape.model_validate(tried.stored.response)
        spend_quota(request, quotas.take("links", caller.siret, door.settings.link_tries_per_minute))
        with door.custody.db.transaction() as tx:
            view = propose(tx, door.catalogue, caller, named, now=door.custody.now())
            shape = ProposalShape.model_validate(view)
            tried.settle(tx, status=202, response=shape.model_dump(mode="json"))
    return shape


@partners.get("/link-proposals/{proposal}")
def read_proposal(proposal: UUID, door: ReleaseDep, caller: CallerDep) -> ProposalShape:
    """Return how one's own proposal stands."""
    with door.custody.db.transaction() as tx:
        return ProposalShape.model_validate(proposal_of(tx, caller.siret, proposal, now=door.custody.now()))


@partners.get("/links")
def list_links(door: ReleaseDep, caller: CallerDep) -> list[PartnerLinkShape]:
    """Return the children this partner is linked to, the newest link first."""
    with door.custody.db.transaction() as tx:
        return [PartnerLinkShape.model_validate(one) for one in links_of_partner(tx, caller.siret)]


@partners.delete("/links/{subject}", status_code=204)
def end_link(subject: UUID, door: ReleaseDep, caller: CallerDep) -> None:
    """End every link of this partner to a child of its own; harmless to repeat. The family sees it."""
    actor = Actor(ActorKind.PARTNER, caller.siret)
    with door.custody.db.transaction() as tx:
        end_by_partner(tx, caller.siret, subject, actor, now=door.custody.now())


def coin_for(request: Request, door: Door, who: SignedIn, place: Place) -> Coined:
    """Coin a code for who is signed in; raises as :func:`~hub.linking.redeeming.coin_code` and the quota do."""
    quotas = quotas_of(door.custody.db, door.custody.now)
    spend_quota(request, quotas.take("link-codes", str(who.person_id), CODES_PER_MINUTE))
    actor = Actor(ActorKind.RESIDENT, str(who.person_id))
    return coin_code(door.custody.db, door.catalogue, place, actor, now=door.custody.now())


def unlink_for(door: Door, who: SignedIn, link_id: UUID) -> FamilyView:
    """End a link of who is signed in; raises :class:`~hub.errors.NothingHere`."""
    actor = Actor(ActorKind.RESIDENT, str(who.person_id))
    with door.custody.db.transaction() as tx:
        return end_by_family(tx, who.person_id, link_id, actor, now=door.custody.now())
