"""What a requirement is made of, in one digest: entries, kinds, tariff and rule versions; a change shows, and where."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from contracts.documents import EvidenceType
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import Requirement, pieces
from hub.requirements.rules import rule_for

TARIFFED = frozenset((EvidenceType.TAX_NOTICE, EvidenceType.QUOTIENT_FAMILIAL))
"""Kinds from which a band is proposed: a new grid touches what takes them for a tariff."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The digest of a requirement, and the kinds it takes."""

    digest: str
    takes: tuple[str, ...]

    def plain(self) -> dict[str, object]:
        """Return it as JSON keeps it."""
        return {"digest": self.digest, "takes": list(self.takes)}


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two states of the catalogue: requirements as « service/requirement », services, kinds."""

    touched: tuple[str, ...]
    services: frozenset[str]
    kinds: frozenset[EvidenceType]


def fingerprints(catalogue: Catalogue) -> dict[str, Fingerprint]:
    """Return the fingerprint of everything papers are judged against, by « service/requirement »."""
    return {f"{name}/{item.id}": _of(catalogue, name, item) for name, item in catalogue.judged()}


def difference(before: Mapping[str, Mapping[str, object]], now: Mapping[str, Fingerprint]) -> Change:
    """Return what a change touches; what was there before and is gone is touched too."""
    touched = sorted(
        {name for name, one in now.items() if before.get(name, {}).get("digest") != one.digest} | (before.keys() - now)
    )
    kinds: set[EvidenceType] = set()
    for name in touched:
        old = before.get(name, {}).get("takes", ())
        kinds |= {EvidenceType(kind) for kind in (*(old if isinstance(old, list) else ()), *_takes(now.get(name)))}
    # A service is judged whole once it is reached: two requirements may rest on the same paper.
    services = frozenset(name.partition("/")[0] for name in touched)
    for name, one in now.items():
        if name.partition("/")[0] in services:
            kinds |= {EvidenceType(kind) for kind in one.takes}
    return Change(tuple(touched), services, frozenset(kinds))


def _takes(one: Fingerprint | None) -> tuple[str, ...]:
    return () if one is None else one.takes


def _of(catalogue: Catalogue, service: str, requirement: Requirement) -> Fingerprint:
    takes = tuple(sorted(kind.value for kind in requirement.takes))
    purpose = catalogue.services[service].purpose
    made_of = {
        "requirement": _plain(requirement),
        "purpose": purpose.value,
        "kinds": {kind: _plain(catalogue.evidence[EvidenceType(kind)]) for kind in takes},
        "rules": sorted({rule_for(piece).name for piece in pieces(requirement.proof)}) if requirement.proof else [],
    }
    if requirement.takes & TARIFFED and purpose.value == "canteen_tariff":
        made_of["tariffs"] = [_plain(grid) for grid in catalogue.tariffs]
    text = json.dumps(made_of, sort_keys=True, ensure_ascii=False)
    return Fingerprint(hashlib.sha256(text.encode()).hexdigest(), takes)


WORDING = {
    "name_fr",
    "name_en",
    "source",
    "status",
    "issuer_fr",
    "validity_source",
    "kept_months",
    "kept_status",
    "when_fr",
}
"""What may change without a fit being different for it."""


def _plain(entry: BaseModel) -> object:
    return entry.model_dump(mode="json", exclude=WORDING)
