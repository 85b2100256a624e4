"""The shapes of API Particulier: the identity asked for, and the answer and error bodies as its OpenAPI has them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

FRANCE = "99100"
"""INSEE's code of the country (COG)."""
FIRST_NAMES_MAX = 3
_BIRTH_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True, repr=False)
class CivilIdentity:
    """Whom the question is about; birth month and day may be unknown, codes are INSEE's (COG)."""

    birth_name: str
    first_names: tuple[str, ...]
    sex: Literal["F", "M"]
    birth_country: str
    birth_commune: str = ""
    usage_name: str = ""
    birth_year: int | None = None
    birth_month: int | None = None
    birth_day: int | None = None

    def __repr__(self) -> str:
        """Show nothing of the person."""
        return "CivilIdentity(…)"

    @classmethod
    def from_pivot(
        cls,
        *,
        family_name: str,
        given_names: Sequence[str],
        birthdate: str,
        gender: str,
        birthplace: str,
        birthcountry: str,
        preferred_username: str | None = None,
    ) -> "CivilIdentity":
        """Return FranceConnect's pivot identity in API Particulier's words; ``00`` in a date means unknown.

        Raises:
            ValueError: the date or the gender is not one FranceConnect sends.
        """
        found = _BIRTH_DATE.fullmatch(birthdate)
        if found is None or gender not in ("female", "male"):
            raise ValueError("not a pivot identity")
        year, month, day = (int(part) or None for part in found.groups())
        usage = preferred_username or ""
        return cls(
            birth_name=family_name,
            first_names=tuple(given_names),
            sex="F" if gender == "female" else "M",
            birth_country=birthcountry,
            birth_commune=birthplace,
            usage_name="" if usage.casefold() == family_name.casefold() else usage,
            birth_year=year,
            birth_month=month,
            birth_day=day,
        )

    def born_on(self, date: str) -> bool:
        """Tell whether ``date`` (YYYY-MM-DD) has every part of the birth date that was asked; nothing asked is no."""
        asked = (self.birth_year, self.birth_month, self.birth_day)
        found = _BIRTH_DATE.fullmatch(date)
        if found is None or self.birth_year is None:
            return False
        pairs = zip(asked, (int(part) for part in found.groups()), strict=True)
        return all(wanted is None or wanted == had for wanted, had in pairs)


@dataclass(frozen=True, slots=True)
class QuotientFamilialQuery:
    """The quotient familial of one allocataire; without year and month, that of the current month."""

    identity: CivilIdentity = field(repr=False)
    year: int | None = None
    month: int | None = None


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


BirthDate = Annotated[StrictStr, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Year = Annotated[StrictInt, Field(ge=1990, le=2200)]
Month = Annotated[StrictInt, Field(ge=1, le=12)]


class FamilyMember(_Shape):
    """One allocataire or child, as the paying body knows them."""

    nom_naissance: StrictStr
    nom_usage: StrictStr | None = None
    prenoms: StrictStr
    date_naissance: BirthDate
    sexe: Literal["F", "M"]

    def canonical(self) -> dict[str, Any]:
        """Return the member in our words."""
        return {
            "birth_name": self.nom_naissance,
            "usage_name": self.nom_usage,
            "first_names": self.prenoms,
            "birth_date": self.date_naissance,
            "sex": self.sexe,
        }


class Quotient(_Shape):
    """The value and the months it is for and was computed in."""

    model_config = ConfigDict(extra="forbid")

    fournisseur: Literal["CNAF", "MSA"]
    valeur: Annotated[StrictInt, Field(ge=0, le=10_000_000)]
    annee: Year
    mois: Month
    annee_calcul: Year
    mois_calcul: Month


class FamilyData(_Shape):
    """The ``data`` of a quotient familial answer.

    The postal address is declarative and not needed, so it is not kept; children are None where the
    habilitation lacks their scope, which is not the same as having none.
    """

    model_config = ConfigDict(extra="forbid")

    allocataires: Annotated[list[FamilyMember], Field(min_length=1, max_length=2)]
    enfants: Annotated[list[FamilyMember], Field(max_length=40)] | None = None
    adresse: dict[str, Any] | None = None
    quotient_familial: Quotient


class FamilyAnswer(_Shape):
    """The whole 200 answer."""

    data: FamilyData
    links: dict[str, Any]
    meta: dict[str, Any]


class ErrorMeta(_Shape):
    """What may accompany an error."""

    retry_in: Annotated[StrictInt, Field(ge=0, le=86_400)] | None = None


class ErrorItem(_Shape):
    """One error; its code is five digits, provider then kind, and opaque to us."""

    code: Annotated[StrictStr, Field(pattern=r"^\d{5}$")]
    title: StrictStr
    detail: StrictStr
    meta: ErrorMeta | None = None


class ErrorAnswer(_Shape):
    """The body of every answer but 200."""

    errors: Annotated[list[ErrorItem], Field(min_length=1)]
