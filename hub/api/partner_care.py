"""Partners, for the operator: list, show, suspend, resume; and, for everybody, the list of exchanges in force."""

from typing import Annotated

from fastapi import APIRouter, Path

from hub.api.callers import Agent, DoorDep
from hub.api.partner_shapes import (
    KeyShape,
    KnownAgreementShape,
    KnownPartnerShape,
    PublishedExchangeShape,
    Reference,
    Slug,
    SuspendedShape,
    SuspensionShape,
)
from hub.bootstrap import Door
from hub.errors import AgentUnknown, NothingHere
from hub.partners.listing import KnownPartner, known_partner, known_partners
from hub.partners.published import published_exchanges
from hub.partners.suspending import resume, suspend
from hub.persons.agents import Role, SignedInAgent
from vault.db import ReadTx

router = APIRouter(prefix="/hub/v1/partners", tags=["operators"])
everybody = APIRouter(prefix="/v1", tags=["everybody"])

Of = Annotated[Slug, Path()]
Which = Annotated[Reference, Path()]


@router.get("")
def list_partners(door: DoorDep, who: Agent) -> list[KnownPartnerShape]:
    """Return the partners one answers for: all of them for the City's operators, else one's own body."""
    with door.custody.db.read() as tx:
        found = known_partners(tx, now=door.custody.now(), sirets=None if _of_city(door, who) else _own(who))
    return [_shape(one) for one in found]


@router.get("/{slug}")
def show_partner(slug: Of, door: DoorDep, who: Agent) -> KnownPartnerShape:
    """Return one partner with its agreements, its keys by name, and no secret."""
    with door.custody.db.read() as tx:
        return _shape(_answered_for(tx, door, who, slug))


@router.post("/{slug}/suspension")
def suspend_partner(slug: Of, told: SuspensionShape, door: DoorDep, who: Agent) -> SuspendedShape:
    """Suspend a partner from its next request on; a body's own operator may do it too, as soon as a key is lost."""
    with door.custody.db.transaction() as tx:
        _answered_for(tx, door, who, slug)
        return SuspendedShape(changed=suspend(tx, slug, reason=told.reason, actor=who.actor, now=door.custody.now()))


@router.delete("/{slug}/suspension")
def resume_partner(slug: Of, door: DoorDep, who: Agent) -> SuspendedShape:
    """End a partner's suspension; only the City's operators do."""
    with door.custody.db.transaction() as tx:
        _by_city(tx, door, who, slug)
        return SuspendedShape(changed=resume(tx, slug, actor=who.actor))


@router.post("/{slug}/agreements/{reference}/suspension")
def suspend_agreement(slug: Of, reference: Which, told: SuspensionShape, door: DoorDep, who: Agent) -> SuspendedShape:
    """Suspend one agreement from the next request on; as with the whole partner."""
    with door.custody.db.transaction() as tx:
        _answered_for(tx, door, who, slug)
        now = door.custody.now()
        changed = suspend(tx, slug, agreement=reference, reason=told.reason, actor=who.actor, now=now)
    return SuspendedShape(changed=changed)


@router.delete("/{slug}/agreements/{reference}/suspension")
def resume_agreement(slug: Of, reference: Which, door: DoorDep, who: Agent) -> SuspendedShape:
    """End the suspension of one agreement; only the City's operators do."""
    with door.custody.db.transaction() as tx:
        _by_city(tx, door, who, slug)
        return SuspendedShape(changed=resume(tx, slug, agreement=reference, actor=who.actor))


@everybody.get("/data-exchanges")
def list_exchanges(door: DoorDep) -> list[PublishedExchangeShape]:
    """Return who has which data for what and on which text (CRPA L.114-8 III); the page is ``/echanges``."""
    with door.custody.db.read() as tx:
        found = published_exchanges(tx, door.catalogue, now=door.custody.now())
    return [PublishedExchangeShape.model_validate(one) for one in found]


def _of_city(door: Door, who: SignedInAgent) -> bool:
    return door.settings.operated_by in who.bodies(Role.OPERATOR)


def _own(who: SignedInAgent) -> list[str]:
    return sorted(who.bodies(Role.OPERATOR))


def _answered_for(tx: ReadTx, door: Door, who: SignedInAgent, slug: str) -> KnownPartner:
    """Return a partner one answers for; of others there is nothing, not even that they exist."""
    found = known_partner(tx, slug, now=door.custody.now())
    if not _of_city(door, who) and found.siret not in _own(who):
        raise NothingHere
    return found


def _by_city(tx: ReadTx, door: Door, who: SignedInAgent, slug: str) -> None:
    _answered_for(tx, door, who, slug)
    if not _of_city(door, who):
        raise AgentUnknown


def _shape(one: KnownPartner) -> KnownPartnerShape:
    agreements = [
        KnownAgreementShape(
            reference=agreement.stated.reference,
            standing=agreement.standing,
            in_force_since=agreement.in_force_since,
            suspended_at=agreement.suspended_at,
            suspended_reason=agreement.suspended_reason,
            stated=agreement.stated.model_dump(mode="json"),
        )
        for agreement in one.agreements
    ]
    keys = [KeyShape(kid=key.kid, thumbprint=key.thumbprint) for key in one.keys]
    plain = {name: getattr(one, name) for name in KnownPartnerShape.model_fields if name not in ("keys", "agreements")}
    return KnownPartnerShape(**plain, keys=keys, agreements=agreements)
