"""Partners made up for a test or a bench: a SIRET nobody has, an agreement that covers one service."""

from datetime import date
from uuid import uuid4

from contracts.identifiers import Siret
from hub.partners.registry import AgreementFile, PartnerFile


def siret_of(number: int) -> Siret:
    """A SIRET nobody has: the last digit makes the Luhn sum whole."""
    front = f"92{number:011d}"
    digits = [int(one) * (2 if place % 2 == 0 else 1) for place, one in enumerate(reversed(front))]
    total = sum(one - 9 if one > 9 else one for one in digits)
    return Siret(front + str(-total % 10))


def made_up_partner(webhook_url: str | None, *, service: str = "canteen_tariff") -> PartnerFile:
    """A body with an agreement for one service."""
    siret = siret_of(uuid4().int % 10**11)
    body = {"siret": siret, "name": "A body"}
    agreement = AgreementFile(
        reference="A-1",
        purposes=("canteen_tariff",),
        services=(service,),
        evidence_types=("tax_notice",),
        minimum_grade="sealed",
        gives="document",
        instrument="CRPA L.114-8 I",
        controller=body,
        processor=body,
        deliberation={"number": "2026-1", "date": date(2026, 1, 1)},
        treatments=({"id": "treatment-1", "name_fr": "Traitement"},),
        retention_months=12,
        valid_from=date(2026, 1, 1),
        valid_until=date(2028, 1, 1),
    )
    return PartnerFile(
        siret=siret,
        slug=f"body-{siret}",
        name="A body",
        contact="si@body.example",
        security_contact="securite@body.example",
        data_protection_contact="dpo@body.example",
        webhook_url=webhook_url,
        agreements=(agreement,),
    )
