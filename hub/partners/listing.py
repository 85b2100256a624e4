"""Partners as whoever answers for them sees them: contacts, keys by name, agreements and where each stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from connectors.jose import thumbprint
from contracts.calendar import paris_day
from hub.partners.registry import AgreementFile, agreement_in, siret_of
from hub.partners.tables import AGREEMENT, PARTNER
from vault.db import ReadTx


class Standing(StrEnum):
    """Where an agreement stands today."""

    IN_FORCE = "in_force"
    NOT_YET = "not_yet"
    ENDED = "ended"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class KnownAgreement:
    """An agreement and where it stands; what it states is as its file has it."""

    standing: Standing
    stated: AgreementFile
    in_force_since: datetime
    suspended_at: datetime | None
    suspended_reason: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """A registered key, by its name and its thumbprint (RFC 7638)."""

    kid: str
    thumbprint: str


@dataclass(frozen=True, slots=True)
class KnownPartner:
    """A partner with everything but its secrets."""

    siret: str
    slug: str
    name: str
    legal_category: str | None
    contact: str
    security_contact: str | None
    data_protection_contact: str | None
    webhook_url: str | None
    requests_per_minute: int
    keys: tuple[Key, ...]
    suspended_at: datetime | None
    suspended_reason: str | None
    agreements: tuple[KnownAgreement, ...]


_COLUMNS = (*(name for name in KnownPartner.__slots__ if name not in ("keys", "agreements")), "jwks")


def known_partners(tx: ReadTx, *, now: datetime, sirets: Collection[str] | None = None) -> list[KnownPartner]:
    """Return partners by slug, with the agreements that were not retracted; all of them unless ``sirets`` are named."""
    chosen = select(*(PARTNER.c[name] for name in _COLUMNS)).order_by(PARTNER.c.slug)
    if sirets is not None:
        chosen = chosen.where(PARTNER.c.siret.in_(sirets))
    agreements: dict[str, list[KnownAgreement]] = {}
    stated = select(AGREEMENT).where(AGREEMENT.c.retracted_at.is_(None)).order_by(AGREEMENT.c.reference)
    for row in tx.execute(stated).mappings():
        agreements.setdefault(row["siret"], []).append(_agreement(row, paris_day(now)))
    return [_partner(row, agreements.get(row["siret"], [])) for row in tx.execute(chosen).mappings()]


def known_partner(tx: ReadTx, slug: str, *, now: datetime) -> KnownPartner:
    """Return one partner; raises :class:`NothingHere`."""
    siret = siret_of(tx, slug)
    return known_partners(tx, now=now, sirets=[siret])[0]


def _partner(row: RowMapping, agreements: list[KnownAgreement]) -> KnownPartner:
    keys = tuple(Key(str(key["kid"]), thumbprint(key)) for key in row["jwks"]["keys"])
    facts: dict[str, Any] = {name: row[name] for name in _COLUMNS if name != "jwks"}
    return KnownPartner(**facts, keys=keys, agreements=tuple(agreements))


def _agreement(row: RowMapping, today: date) -> KnownAgreement:
    stated = agreement_in(row)
    standing = Standing.IN_FORCE
    if row["suspended_at"] is not None:
        standing = Standing.SUSPENDED
    elif stated.valid_until < today:
        standing = Standing.ENDED
    elif stated.valid_from > today:
        standing = Standing.NOT_YET
    return KnownAgreement(standing, stated, row["recorded_at"], row["suspended_at"], row["suspended_reason"])
