"""A family coins a code, a partner redeems it: what is wrong with a code is never said, and every try is journaled."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from contracts.calendar import paris_day
from contracts.identifiers import PersonId, Siret
from hub.errors import CodeRefused, HubError, InvalidValue, NothingHere, OutsideAgreement, OutsideGrant
from hub.linking.codes import Coined, Place, Tried, attempt, keep, use_up
from hub.linking.links import Basis, PartnerView, Source, journal_link, make_link
from hub.partners.behalf import require_agreement
from hub.partners.credentials import Caller
from hub.partners.registry import agreements_of
from hub.persons.family import children_of
from hub.persons.spoken_codes import NewCode
from hub.requirements.catalogue import Catalogue
from vault.db import Database, ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

_DRAWS = 8
"""Codes drawn until one's locator is free: of 810,000 for each partner."""


@dataclass(frozen=True, slots=True)
class Linkable:
    """A service of a partner that a family can link: an agreement in force covers it."""

    siret: Siret
    service: str
    body_name: str
    service_name: str


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a partner brings: the code as it was told, for which service, and who stands behind it (R.114-9-6)."""

    code: str = field(repr=False)
    service: str
    on_behalf_of: str


def linkable(tx: ReadTx, catalogue: Catalogue, *, now: datetime) -> list[Linkable]:
    """Return every service of every partner that can be linked today, by service."""
    today = paris_day(now)
    return [
        Linkable(siret, name, body.name, service.name_fr)
        for name, service in catalogue.services.items()
        for siret, body in catalogue.bodies_for(name).items()
        if any(name in one.services and service.purpose in one.purposes for one in agreements_of(tx, siret, on=today))
    ]


def coin_code(db: Database, catalogue: Catalogue, place: Place, actor: Actor, *, now: datetime) -> Coined:
    """Return a one-time code by which a partner is linked to one's child; it takes the place of the one before.

    Raises :class:`NothingHere` for a child one does not stand for, and :class:`InvalidValue` for a partner that no
    agreement in force lets have the service.
    """
    for _ in range(_DRAWS):
        new = NewCode.coin()
        with db.transaction() as tx:
            if place.child_id not in {one.child_id for one in children_of(tx, place.adult_id)}:
                raise NothingHere
            known = {(one.siret, one.service) for one in linkable(tx, catalogue, now=now)}
            if (place.siret, place.service) not in known:
                raise InvalidValue("body, service: no partner that can be linked")
            coined = keep(tx, place, new, now=now)
            if coined is not None:
                journal_link(tx, actor, place, {"step": "code_made"})
                return coined
    raise InvalidValue("service: too many codes for it just now; try again in half an hour")


def redeem(
    db: Database,
    catalogue: Catalogue,
    caller: Caller,
    brought: Redeemed,
    *,
    now: datetime,
    settle: Callable[[WriteTx, PartnerView], None] = lambda _tx, _made: None,
) -> PartnerView:
    """Link a partner by a family's code; ``settle`` is given the link in the transaction that makes it.

    Raises :class:`CodeRefused` alike for a code that is wrong, over, used, tried too often, another partner's or another
    service's, and as :func:`require_redeemable` does; the journal keeps each refusal.
    """
    tried: Tried | None = None
    try:
        with db.read() as reading:
            require_redeemable(reading, catalogue, caller, brought.service, brought.on_behalf_of, now=now)
        tried = attempt(db, caller.siret, brought.service, brought.code, now=now)
        with db.transaction() as tx:
            basis = Basis(Source.CODE, brought.on_behalf_of)
            made = make_link(tx, _spent(tx, tried), basis, Actor(ActorKind.PARTNER, caller.siret), now=now)
            settle(tx, made)
            return made
    except (CodeRefused, OutsideAgreement, OutsideGrant) as refusal:
        with db.transaction() as tx:
            _keep_refusal(tx, catalogue, caller, brought, refusal, on=None if tried is None else tried.tried_on)
        raise


def _spent(tx: WriteTx, tried: Tried) -> Place:
    """Return what a good code is for, and use it up; raises :class:`CodeRefused` for any other."""
    if tried.place is None or tried.code_id is None or not use_up(tx, tried.code_id):
        raise CodeRefused
    stands = select(func.hub.stands_for(tried.place.adult_id, tried.place.child_id))
    if not tx.execute(stands).scalar_one():
        raise CodeRefused
    return tried.place


def require_redeemable(
    tx: ReadTx, catalogue: Catalogue, caller: Caller, service: str, on_behalf_of: str, *, now: datetime
) -> None:
    """Hold who asks to be linked to the catalogue, the token and the agreements in force.

    Raises :class:`InvalidValue`, :class:`OutsideGrant` and as :func:`~hub.partners.behalf.require_agreement` does.
    """
    known = catalogue.services.get(service)
    if known is None:
        raise InvalidValue("service: not in the catalogue")
    agreements = agreements_of(tx, caller.siret, on=paris_day(now))
    require_agreement(agreements, service, known.purpose, on_behalf_of)
    caller.require(service, known.purpose)


def _keep_refusal(
    tx: WriteTx,
    catalogue: Catalogue,
    caller: Caller,
    brought: Redeemed,
    refusal: HubError,
    *,
    on: PersonId | None,
) -> None:
    """Keep that a try was refused; the family reads it where their own code was tried with a wrong end."""
    known = catalogue.services.get(brought.service)
    append(
        tx,
        JournalEntry(
            JournalAct.REFUSE,
            Actor(ActorKind.PARTNER, caller.siret),
            subjects=() if on is None else (on,),
            recipient=caller.siret,
            purpose=None if known is None else known.purpose.value,
            detail={"reason": type(refusal).__name__, "step": "link", "on_behalf_of": brought.on_behalf_of},
        ),
    )
