"""The catalogue read from its files into frozen types, checked whole when it is loaded."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from contracts.catalogue import VERSION
from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from contracts.identifiers import Siret, is_siret
from hub.requirements.entries import (
    AnswerData,
    Body,
    CatalogueFile,
    EvidenceKind,
    LifeEvent,
    PurposeData,
    Requirement,
    Service,
    Tariff,
)

__all__ = ["Body", "Catalogue", "EvidenceKind", "Requirement", "Service", "Tariff", "load", "read"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All files of the catalogue, as of one version."""

    version: str
    evidence: dict[EvidenceType, EvidenceKind]
    services: dict[str, Service]
    bodies: dict[Siret, Body]
    tariffs: tuple[Tariff, ...]
    purposes: dict[Purpose, PurposeData]
    life_events: dict[str, LifeEvent]
    answers: dict[str, dict[str, AnswerData]]

    @property
    def canteen(self) -> Tariff:
        """The newest canteen tariff grid."""
        return self.tariffs[-1]

    def tariff_on(self, day: date) -> Tariff | None:
        """Return the canteen tariff grid in force on ``day``; nothing where none was."""
        return next((grid for grid in reversed(self.tariffs) if grid.in_force(day)), None)

    def body_in(self, role: str, sector: str) -> Siret | None:
        """Return the body of ``role`` that serves an arrondissement (its postcode), or nothing where none does."""
        return next(
            (siret for siret, body in self.bodies.items() if body.role == role and sector in body.sectors), None
        )

    def bodies_for(self, service: str) -> dict[Siret, Body]:
        """Return the bodies that may decide ``service``."""
        role = self.services[service].role
        return {siret: body for siret, body in self.bodies.items() if body.role == role}

    def answer(self, service: str, requirement: str) -> AnswerData | None:
        """Return what a signed answer to this requirement says, where one can be given."""
        return self.answers.get(service, {}).get(requirement)

    def may_fetch(self, purpose: Purpose, datum: str) -> bool:
        """Tell whether ``datum`` may be fetched at the source for ``purpose``; what no list names may not."""
        matrix = self.purposes.get(purpose)
        return matrix is not None and datum in (*matrix.expected, *matrix.optional)

    def may_be_fetched(self) -> dict[str, frozenset[str]]:
        """Return what may be fetched at the source, by use case of API Particulier."""
        found: dict[str, frozenset[str]] = {}
        for matrix in self.purposes.values():
            allowed = frozenset((*matrix.expected, *matrix.optional))
            found[matrix.use_case] = found.get(matrix.use_case, allowed) & allowed
        return found

    def judged(self) -> Iterator[tuple[str, Requirement]]:
        """Yield every requirement papers are judged against, with its service."""
        for name, service in self.services.items():
            for requirement in service.judged:
                if requirement.proof is not None:
                    yield name, requirement


@cache
def load() -> Catalogue:
    """Read and check the catalogue that comes with this release; raises ``ValueError`` where it is wrong."""
    folder = files("contracts.catalogue")
    return read({name: folder.joinpath(f"{name}.toml").read_text(encoding="utf-8") for name in FILES}, VERSION)


FILES = tuple(CatalogueFile.model_fields)
"""One file each, ``NAME.toml``."""


def read(texts: Mapping[str, str], version: str) -> Catalogue:
    """Read a catalogue from the text of its files, by file name without its ending; raises ``ValueError``."""
    plain: dict[str, Any] = {name: tomllib.loads(text) for name, text in texts.items()}
    # By way of JSON, where « strict » allows what TOML has no word for (an enumeration, a date) and converts no value.
    told = CatalogueFile.model_validate_json(json.dumps(plain, default=date.isoformat))
    found = Catalogue(
        version=version,
        evidence=told.evidence_types,
        services=told.services,
        bodies=told.bodies,
        tariffs=told.tariffs["canteen"],
        purposes=told.purposes,
        life_events=told.life_events,
        answers=told.answers,
    )
    wrong = sorted(_faults(found))
    if wrong:
        raise ValueError(f"catalogue {version}: {'; '.join(wrong)}")
    return found


def with_version(catalogue: Catalogue, version: str) -> Catalogue:
    """Return the same entries under another version."""
    return replace(catalogue, version=version)


def _faults(catalogue: Catalogue) -> Iterator[str]:
    missing = set(EvidenceType) - {EvidenceType.UNKNOWN} - catalogue.evidence.keys()
    yield from (f"{kind} is not described" for kind in missing)
    yield from (f"{siret} is no SIRET" for siret in catalogue.bodies if not is_siret(siret))
    yield from _overlaps(catalogue.tariffs)
    yield from _unanswered(catalogue)
    for name, service in catalogue.services.items():
        yield from (f"{name}: {fault}" for fault in _service_faults(catalogue, name, service))
    for name, event in catalogue.life_events.items():
        for touch in event.touches:
            reached = catalogue.services.get(touch.service)
            if reached is None or reached.requirement(touch.requirement) is None:
                yield f"{name} reaches {touch.service}/{touch.requirement}, which is not there"
        yield from (f"{name} splits {one}, which is not there" for one in event.splits if one not in catalogue.services)


def _overlaps(grids: tuple[Tariff, ...]) -> Iterator[str]:
    for earlier, later in pairwise(grids):
        if earlier.in_force_until is None or earlier.in_force_until >= later.in_force_from:
            yield f"the tariff of {earlier.in_force_from} does not end before that of {later.in_force_from}"


def _unanswered(catalogue: Catalogue) -> Iterator[str]:
    """Whoever may have no paper must be able to have an answer."""
    asked = {
        (name, item.id)
        for name, service in catalogue.services.items()
        for item in (*service.requirements, *service.conditional)
        if item.proof is not None
    }
    answered = {(name, requirement) for name, told in catalogue.answers.items() for requirement in told}
    yield from (f"{name}/{requirement} has no answer" for name, requirement in asked - answered)
    yield from (f"an answer for {name}/{requirement}, which is not asked" for name, requirement in answered - asked)


def _service_faults(catalogue: Catalogue, name: str, service: Service) -> Iterator[str]:
    if not catalogue.bodies_for(name):
        yield "no body decides it"
    if service.purpose not in catalogue.purposes:
        yield "its purpose is not in the matrix"
    identifiers = [item.id for item in (*service.requirements, *service.conditional)]
    if len(identifiers) != len(set(identifiers)):
        yield "two requirements of one name"
    unsettled = [item.settled_by for item in service.judged if item.settled_by not in (None, *identifiers)]
    yield from (f"{one} settles something and is not there" for one in unsettled)
    yield from (f"{item.id} is asked and contested" for item in service.contested if item.id in identifiers)
    for requirement in (*service.requirements, *service.conditional):
        yield from (f"{requirement.id}: {fault}" for fault in _handed_over(catalogue, service, requirement))
    for requirement in service.presentations:
        shown = [kind for kind in requirement.takes if not _may_be_shown(catalogue, requirement, kind)]
        yield from (f"{requirement.id}: {kind} may not be shown to them" for kind in shown)


def _handed_over(catalogue: Catalogue, service: Service, requirement: Requirement) -> Iterator[str]:
    for kind in requirement.takes:
        entry = catalogue.evidence.get(kind)
        if entry is None or service.role not in entry.receivable_by:
            yield f"{service.role} may not receive {kind}"
        elif entry.medical_secret:
            yield f"{kind} is a medical secret and is only ever shown"
    if requirement.presented_to:
        yield "what is handed over is not presented"
    datum = (requirement.fetch or "").rpartition(".")[2]
    if datum and not catalogue.may_fetch(service.purpose, datum):
        yield f"{datum} may not be fetched for {service.purpose}"


def _may_be_shown(catalogue: Catalogue, requirement: Requirement, kind: EvidenceType) -> bool:
    entry = catalogue.evidence.get(kind)
    allowed = set() if entry is None else set(entry.presented_to)
    return bool(requirement.presented_to) and set(requirement.presented_to) <= allowed
