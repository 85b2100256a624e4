"""Partners and agreements as files say, brought into the database in one step that tells what it changed."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.documents import EvidenceType, Grade
from contracts.grounds import Purpose
from contracts.identifiers import Siret, is_siret, new_uuid
from hub.partners.tables import AGREEMENT, PARTNER
from vault.db import ReadTx, WriteTx


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AgreementFile(_Entry):
    """What a convention lets a partner have: never more than all of its fields allow together."""

    reference: str = Field(min_length=3)
    purposes: tuple[Purpose, ...]
    services: tuple[str, ...]
    evidence_types: tuple[EvidenceType, ...]
    minimum_grade: Grade
    valid_from: date
    valid_until: date


class PartnerFile(_Entry):
    """A public body we exchange with."""

    siret: str
    slug: str = Field(pattern=r"^[a-z0-9-]+$")
    name: str
    contact: str
    webhook_url: str | None = None
    agreements: tuple[AgreementFile, ...] = ()

    @field_validator("siret")
    @classmethod
    def _is_siret(cls, value: str) -> str:
        if not is_siret(value):
            raise ValueError("not a SIRET")
        return value


def read_partners(folder: Path) -> list[PartnerFile]:
    """Read every ``*.toml`` of ``folder``; raises ``pydantic.ValidationError`` naming field and rule."""
    return [PartnerFile.model_validate(tomllib.loads(path.read_text())) for path in sorted(folder.glob("*.toml"))]


def apply_partner(
    tx: WriteTx,
    partner: PartnerFile,
    *,
    jwks: Mapping[str, Any],
    wrap_secret: Callable[[], bytes | None],
    now: datetime,
) -> list[str]:
    """Bring one partner in line with its file; return in words what changed, nothing for a second run.

    ``wrap_secret`` gives the webhook secret wrapped under the master key; it is asked only for a new partner, so that
    a second run does not change the secret a partner already has.
    """
    changes = []
    facts = {
        "slug": partner.slug,
        "name": partner.name,
        "contact": partner.contact,
        "jwks": dict(jwks),
        "webhook_url": partner.webhook_url,
    }
    known = tx.execute(select(PARTNER).where(PARTNER.c.siret == partner.siret)).mappings().one_or_none()
    if known is None:
        secret = wrap_secret()
        row = {"siret": partner.siret, **facts, "webhook_secret_wrapped": secret, "recorded_at": now}
        tx.execute(insert(PARTNER).values(**row))
        changes.append(f"partner {partner.siret} added")
    elif any(known[name] != value for name, value in facts.items()):
        tx.execute(update(PARTNER).where(PARTNER.c.siret == partner.siret).values(**facts))
        changes.append(f"partner {partner.siret} changed")
    return changes + _apply_agreements(tx, partner, now=now)


def secret_context(siret: str) -> bytes:
    """Return what a partner's wrapped webhook secret is bound to."""
    return f"unefois/webhook-secret/v1/{siret}".encode()


def agreements_of(tx: ReadTx, siret: Siret, *, on: date) -> list[AgreementFile]:
    """Return the agreements of a partner that are in force; none for a suspended one."""
    rows = tx.execute(
        select(AGREEMENT)
        .join(PARTNER, PARTNER.c.siret == AGREEMENT.c.siret)
        .where(
            AGREEMENT.c.siret == siret,
            AGREEMENT.c.retracted_at.is_(None),
            AGREEMENT.c.valid_from <= on,
            AGREEMENT.c.valid_until >= on,
            PARTNER.c.suspended_at.is_(None),
        )
    )
    return [AgreementFile.model_validate(_facts(row)) for row in rows.mappings()]


def _apply_agreements(tx: WriteTx, partner: PartnerFile, *, now: datetime) -> list[str]:
    current = {
        row["reference"]: row
        for row in tx.execute(
            select(AGREEMENT).where(AGREEMENT.c.siret == partner.siret, AGREEMENT.c.retracted_at.is_(None))
        ).mappings()
    }
    wanted = {agreement.reference: agreement for agreement in partner.agreements}
    changes = []
    for reference, row in current.items():
        if reference not in wanted or AgreementFile.model_validate(_facts(row)) != wanted[reference]:
            where = AGREEMENT.c.agreement_id == row["agreement_id"]
            tx.execute(update(AGREEMENT).where(where).values(retracted_at=now))
            changes.append(f"agreement {reference} of {partner.siret} retracted")
    for agreement in partner.agreements:
        dumped = agreement.model_dump(mode="python")
        facts = {name: list(value) if isinstance(value, tuple) else value for name, value in dumped.items()}
        added = tx.execute(
            upsert(AGREEMENT)
            .values(agreement_id=new_uuid(), siret=partner.siret, recorded_at=now, **facts)
            .on_conflict_do_nothing()
            .returning(AGREEMENT.c.agreement_id)
        ).one_or_none()
        if added is not None:
            changes.append(f"agreement {agreement.reference} of {partner.siret} in force")
    return changes


def _facts(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: row[name] for name in AgreementFile.model_fields}
