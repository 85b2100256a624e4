"""What is said of partners, to operators and to everybody, as types that the OpenAPI document is generated from."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from hub.api.shapes import Shape
from hub.partners.listing import Standing
from hub.partners.suspending import REASON_MAX

Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{3,40}$")]


class SuspensionShape(Shape):
    """Why somebody is suspended: kept in the journal, so no person's name."""

    reason: Annotated[str, Field(min_length=3, max_length=REASON_MAX, pattern=r"^[^\x00-\x1f\x7f]+$")]


class SuspendedShape(Shape):
    """Whether that was new."""

    changed: bool


class KeyShape(Shape):
    """A registered key, by its name and its thumbprint (RFC 7638)."""

    kid: str
    thumbprint: str


class KnownAgreementShape(Shape):
    """An agreement, and where it stands today; ``stated`` is as in its file."""

    reference: str
    standing: Standing
    in_force_since: datetime
    suspended_at: datetime | None
    suspended_reason: str | None
    stated: dict[str, Any]


class KnownPartnerShape(Shape):
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
    keys: list[KeyShape]
    suspended_at: datetime | None
    suspended_reason: str | None
    agreements: list[KnownAgreementShape]


class PublishedExchangeShape(Shape):
    """One agreement in force, as everybody may read it (CRPA L.114-8 III)."""

    recipient: str
    recipient_siret: str
    controller: str
    processor: str
    services: list[str]
    data: list[str]
    only_answers: bool
    instrument: str
    deliberation: str
    deliberated_on: date
    agreement: str
    source: str | None
    habilitation: str | None
    scopes: list[str]
    retention_months: int
    since: date
    until: date
    data_protection_contact: str
