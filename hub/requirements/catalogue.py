"""The catalogue read from its files into frozen types, checked whole when it is loaded."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from contracts.catalogue import VERSION
from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from contracts.identifiers import Siret, is_siret


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceKind(_Entry):
    """A kind of justificatif, how long it is good for, and what says so."""

    name_fr: str
    name_en: str
    validity_months: int | None = None
    kept_months: int | None = None
    """How long the holder's copy stays after it last served; nothing: until the holder erases it."""
    kept_status: str = "unconfirmed"
    source: str
    status: str


class Requirement(_Entry):
    """One thing a service must know, and the evidence types any one of which shows it."""

    id: str
    name_fr: str
    alternatives: tuple[EvidenceType, ...]
    fetch: str | None = None
    awaited_from: str | None = None
    blocking: bool
    sworn_statement: bool
    source: str


class Service(_Entry):
    """What a family asks for; ``role`` says which bodies decide it."""

    name_fr: str
    name_en: str
    purpose: Purpose
    role: str
    silence: str
    due_days: int
    source: str
    status: str
    case_copy_months: int
    """How long the service keeps what it was handed in its own case."""
    case_copy_source: str
    case_copy_status: str
    requirements: tuple[Requirement, ...]

    def requirement(self, identifier: str) -> Requirement | None:
        """Return the requirement of that name, if this service has it."""
        return next((item for item in self.requirements if item.id == identifier), None)


class Body(_Entry):
    """A public body that decides a service, and how a family reaches it (CRPA R.112-11-1)."""

    name: str
    role: str
    address: str
    email: str
    phone: str


class _Band(_Entry):
    band: str
    floor: int


class Tariff(_Entry):
    """A tariff grid: bands by monthly quotient familial in euros, lowest first."""

    status: str
    source: str
    in_force_from: date
    bands: tuple[_Band, ...]

    @model_validator(mode="after")
    def _ordered(self) -> "Tariff":
        floors = [band.floor for band in self.bands]
        if not floors or floors[0] != 0 or floors != sorted(set(floors)):
            raise ValueError("bands begin at 0 and rise")
        return self

    def band(self, quotient: float) -> str:
        """Return the band of a monthly quotient in euros; cents never lift a family into a dearer band."""
        whole = int(quotient)
        return next(band.band for band in reversed(self.bands) if whole >= band.floor)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All files of the catalogue, as of one version."""

    version: str
    evidence: dict[EvidenceType, EvidenceKind]
    services: dict[str, Service]
    bodies: dict[Siret, Body]
    canteen: Tariff

    def bodies_for(self, service: str) -> dict[Siret, Body]:
        """Return the bodies that may decide ``service``."""
        role = self.services[service].role
        return {siret: body for siret, body in self.bodies.items() if body.role == role}


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(files("contracts.catalogue").joinpath(name).read_text(encoding="utf-8"))


@cache
def load() -> Catalogue:
    """Read and check the catalogue that comes with this release; raises ``ValueError`` where it is wrong."""
    bodies = TypeAdapter(dict[Siret, Body]).validate_python(_file("bodies.toml"))
    wrong = [siret for siret in bodies if not is_siret(siret)]
    if wrong:
        raise ValueError(f"not a SIRET: {wrong}")
    grid = _file("tariffs.toml")["canteen"]
    grid["bands"] = [{"band": band["band"], "floor": band["from"]} for band in grid["bands"]]
    return Catalogue(
        version=VERSION,
        evidence=TypeAdapter(dict[EvidenceType, EvidenceKind]).validate_python(_file("evidence_types.toml")),
        services=TypeAdapter(dict[str, Service]).validate_python(_file("services.toml")),
        bodies=bodies,
        canteen=Tariff.model_validate(grid),
    )
