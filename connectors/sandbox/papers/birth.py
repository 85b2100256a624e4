"""Mints an extract of a birth certificate that names the parents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from connectors.sandbox.papers.registry import TOWN_HALL, CivilRegistry
from connectors.sandbox.papers.sheet import sheet


@dataclass(frozen=True, slots=True)
class Child:
    """The child an extract is about."""

    family_name: str
    first_names: str
    born_on: date
    birthplace: str


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent an extract names."""

    family_name: str
    first_names: str


def birth_certificate(
    registry: CivilRegistry, *, child: Child, parents: Sequence[Parent], issued_on: date, signed: bool = True
) -> bytes:
    """Return a PDF extract with the parents' names; without a signature when ``signed`` is false."""
    lines = [
        f"Commune : {TOWN_HALL}",
        "",
        f"Nom de l'enfant : {child.family_name.upper()}",
        f"Prénom(s) de l'enfant : {child.first_names}",
        f"Date de naissance : {child.born_on:%d/%m/%Y}",
        f"Lieu de naissance : {child.birthplace}",
        "",
    ]
    for number, parent in enumerate(parents, start=1):
        lines += [
            f"Nom du parent {number} : {parent.family_name.upper()}",
            f"Prénom(s) du parent {number} : {parent.first_names}",
        ]
    lines += ["", f"Délivré le : {issued_on:%d/%m/%Y}"]
    pdf = sheet("Extrait d'acte de naissance avec filiation", lines)
    return registry.sign(pdf) if signed else pdf
