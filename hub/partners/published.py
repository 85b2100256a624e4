"""The list that everybody may read: who has which data for what, and on which text (CRPA L.114-8 III)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from contracts.calendar import paris_day
from hub.partners.registry import AgreementFile, agreement_in
from hub.partners.tables import AGREEMENT, PARTNER
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class PublishedExchange:
    """One agreement in force, in French: who, what, what for, on which basis, and until when."""

    recipient: str
    recipient_siret: str
    controller: str
    processor: str
    services: tuple[str, ...]
    data: tuple[str, ...]
    only_answers: bool
    instrument: str
    deliberation: str
    deliberated_on: date
    agreement: str
    source: str | None
    """The national source that is reused, with whose habilitation; nothing where none is."""
    habilitation: str | None
    scopes: tuple[str, ...]
    retention_months: int
    since: date
    until: date
    data_protection_contact: str


def published_exchanges(tx: ReadTx, catalogue: Catalogue, *, now: datetime) -> list[PublishedExchange]:
    """Return every agreement in force, by recipient; what is suspended or over is exchanged no more, so not listed."""
    today = paris_day(now)
    rows = tx.execute(
        select(AGREEMENT, PARTNER.c.name, PARTNER.c.data_protection_contact)
        .join(PARTNER, PARTNER.c.siret == AGREEMENT.c.siret)
        .where(
            AGREEMENT.c.retracted_at.is_(None),
            AGREEMENT.c.suspended_at.is_(None),
            PARTNER.c.suspended_at.is_(None),
            AGREEMENT.c.valid_from <= today,
            AGREEMENT.c.valid_until >= today,
        )
        .order_by(PARTNER.c.name, AGREEMENT.c.reference)
    )
    return [
        _published(row["name"], row["siret"], row["data_protection_contact"] or "", agreement_in(row), catalogue)
        for row in rows.mappings()
    ]


def _published(name: str, siret: str, contact: str, stated: AgreementFile, catalogue: Catalogue) -> PublishedExchange:
    habilitation = stated.habilitation
    return PublishedExchange(
        recipient=name,
        recipient_siret=siret,
        controller=stated.controller.name,
        processor=stated.processor.name,
        services=tuple(catalogue.services[one].name_fr for one in stated.services if one in catalogue.services),
        data=tuple(sorted(catalogue.evidence[kind].name_fr for kind in stated.evidence_types)),
        only_answers=stated.gives == "answer",
        instrument=stated.instrument.value,
        deliberation=stated.deliberation.number,
        deliberated_on=stated.deliberation.date,
        agreement=stated.reference,
        source=None if habilitation is None else habilitation.source,
        habilitation=None if habilitation is None else habilitation.number,
        scopes=() if habilitation is None else habilitation.scopes,
        retention_months=stated.retention_months,
        since=stated.valid_from,
        until=stated.valid_until,
        data_protection_contact=contact,
    )
