"""Partners and agreements made up for a test or a bench: right but for what a test changes; a SIRET nobody has."""

from datetime import date
from typing import Any
from uuid import uuid4

from contracts.identifiers import Siret
from hub.partners.registry import AgreementFile, PartnerFile

BODY = {"siret": "91000001200013", "name": "Caisse des écoles du 13e arrondissement"}
STATED: dict[str, Any] = {
    "reference": "A-2026-01",
    "purposes": ["canteen_tariff"],
    "services": ["canteen_tariff"],
    "evidence_types": ["tax_notice"],
    "minimum_grade": "sealed",
    "gives": "document",
    "instrument": "CRPA L.114-8 I",
    "controller": BODY,
    "processor": {"siret": "21750001600019", "name": "Ville de Paris"},
    "deliberation": {"number": "2026-1", "date": "2026-01-12"},
    "habilitation": {"number": "91-1", "source": "API Particulier", "scopes": ["cnaf_quotient_familial"]},
    "treatments": [{"id": "canteen_tariff", "name_fr": "Calcul du tarif"}],
    "agent_roles": [{"id": "officer", "name_fr": "Agent de la cantine"}],
    "retention_months": 12,
    "valid_from": date(2026, 1, 1),
    "valid_until": date(2028, 8, 31),
}
FILE: dict[str, Any] = {
    **BODY,
    "slug": "caisse-13",
    "contact": "si@caisse13.example",
    "security_contact": "securite@caisse13.example",
    "data_protection_contact": "dpo@caisse13.example",
}


def agreement(**changed: object) -> AgreementFile:
    return AgreementFile.model_validate(STATED | changed)


def partner(**changed: object) -> PartnerFile:
    return PartnerFile.model_validate(FILE | changed)


def siret_of(number: int) -> Siret:
    """A SIRET nobody has: the last digit makes the Luhn sum whole."""
    front = f"92{number:011d}"
    digits = [int(one) * (2 if place % 2 == 0 else 1) for place, one in enumerate(reversed(front))]
    total = sum(one - 9 if one > 9 else one for one in digits)
    return Siret(front + str(-total % 10))


def made_up_partner(webhook_url: str | None, *, service: str = "canteen_tariff") -> PartnerFile:
    """A body nobody has heard of, with an agreement for one service."""
    siret = siret_of(uuid4().int % 10**11)
    body = {"siret": siret, "name": "A body"}
    covering = agreement(services=(service,), controller=body, processor=body)
    return partner(siret=siret, slug=f"body-{siret}", webhook_url=webhook_url, agreements=(covering,))
