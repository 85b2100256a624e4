"""What a folder of FormulaireQF says, in its JSON file: who sent it, and the quotient familial as API Particulier v3 gives it."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from connectors.hubee.commands import PROCESS
from connectors.hubee.shapes import Attachment, Case

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def __repr__(self) -> str:
        """Show what it is and nothing of anybody."""
        return f"{type(self).__name__}()"

    __str__ = __repr__


class Pivot(_Said):
    """Who signed in with FranceConnect and sent the folder, as FranceConnect says it."""

    family_name: Name
    given_name: Name
    given_name_array: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)] | None = None
    birthdate: Day
    gender: Literal["female", "male"]
    birthplace: Annotated[str, Field(pattern=r"^([0-9][0-9AB][0-9]{3})?$")]
    birthcountry: Annotated[str, Field(pattern=r"^[0-9]{5}$")]

    def given(self) -> tuple[tuple[str, ...], ...]:
        """Return how the given names may have been cut: the array says it, a text with spaces does not."""
        if self.given_name_array:
            return (self.given_name_array,)
        return tuple({(self.given_name,), tuple(self.given_name.split())})


class Member(_Said):
    """One of the family, as the CAF or the MSA knows them."""

    nom_naissance: Name
    nom_usage: str | None = None
    prenoms: Name
    date_naissance: Day
    sexe: Literal["F", "M"]

    def told(self) -> dict[str, Any]:
        """Return them in our words."""
        return {
            "birth_name": self.nom_naissance,
            "usage_name": self.nom_usage,
            "first_names": self.prenoms,
            "birth_date": self.date_naissance,
            "sex": self.sexe,
        }


class _Figure(_Said):
    fournisseur: Literal["CNAF", "MSA"]
    valeur: int = Field(ge=0)
    annee: int = Field(ge=2000, le=2200)
    mois: int = Field(ge=1, le=12)
    annee_calcul: int = Field(ge=2000, le=2200)
    mois_calcul: int = Field(ge=1, le=12)


class _Quotient(_Said):
    quotient_familial: _Figure
    allocataires: tuple[Member, ...] = Field(min_length=1)
    enfants: tuple[Member, ...]
    version: Literal["v3"]


class _Sent(_Said):
    pivot_identity: Pivot
    quotient_familial_v3: _Quotient


@dataclass(frozen=True, slots=True)
class SentQuotient:
    """A quotient that a parent sent; ``data`` is what a pulled one has."""

    pivot: Pivot
    data: dict[str, Any]

    def __repr__(self) -> str:
        """Show nothing of anybody."""
        return "SentQuotient(…)"


class NotAQuotient(Exception):
    """A folder's JSON file is none we can use; its text is a word of ours."""


def files_of(case: Case) -> tuple[Attachment, Attachment]:
    """Return the JSON file and the PDF of a case; the XML between them says what the JSON says, and is not fetched.

    Raises :class:`NotAQuotient` where there is not one of each, or HubEE has not received it whole.
    """
    by_kind = {
        kind: [one for one in case.attachments if one.fileName.lower().endswith(kind)] for kind in (".json", ".pdf")
    }
    if case.processCode != PROCESS or any(len(found) != 1 for found in by_kind.values()):
        raise NotAQuotient("files")
    (said,), (paper,) = by_kind[".json"], by_kind[".pdf"]
    if {said.status, paper.status} != {"RECEIVED"}:
        raise NotAQuotient("files_not_received")
    return said, paper


def read_quotient(content: bytes) -> SentQuotient:
    """Return what a folder's JSON file says.

    One of the allocataires must have the birth date of who sent it: whatever mixed them up, another family's figure is
    none. Raises :class:`NotAQuotient`.
    """
    try:
        sent = _Sent.model_validate_json(content)
    except (ValidationError, RecursionError):
        raise NotAQuotient("shape") from None
    quotient, pivot = sent.quotient_familial_v3, sent.pivot_identity
    if all(one.date_naissance != pivot.birthdate for one in quotient.allocataires):
        raise NotAQuotient("identity_mismatch")
    figure = quotient.quotient_familial
    data = {
        "quotient_familial": figure.valeur,
        "year": figure.annee,
        "month": figure.mois,
        "calculated_year": figure.annee_calcul,
        "calculated_month": figure.mois_calcul,
        "provider": figure.fournisseur,
        "allocataires": [one.told() for one in quotient.allocataires],
        "enfants": [one.told() for one in quotient.enfants],
    }
    return SentQuotient(pivot, data)


def folder_key(case: UUID) -> str:
    """Return under what the exchanges about one case go: one that waits holds up no other case."""
    return f"hubee/{case}"
