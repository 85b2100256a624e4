"""What is asked of API Particulier and about whom, and the body of its refusals as its OpenAPI has it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictInt, StrictStr

from connectors.api_particulier.routes import (
    FIRST_NAMES_MAX,
    QUOTIENT_FAMILIAL,
    QUOTIENT_FAMILIAL_SIGNED_IN,
    Mode,
    Route,
)

_BIRTH_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True, repr=False)
class CivilIdentity:
    """Whom the question is about; what is empty is not sent. Codes are INSEE's (COG), sex is ``F`` or ``M``.

    Born in France: the commune by its code, or by its name with the code of its department.
    """

    birth_name: str
    first_names: tuple[str, ...]
    sex: str = ""
    birth_country: str = ""
    birth_commune: str = ""
    birth_commune_name: str = ""
    birth_department: str = ""
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

    def parameters(self, first_names_max: int) -> dict[str, str | tuple[str, ...]]:
        """Return the identity as query parameters, whatever a route takes of them."""
        usage = "" if self.usage_name.casefold() == self.birth_name.casefold() else self.usage_name
        said: dict[str, str | tuple[str, ...]] = {
            "nomNaissance": self.birth_name,
            "nomUsage": usage,
            "prenoms[]": self.first_names[:first_names_max],
            "sexeEtatCivil": self.sex,
            "codeCogInseePaysNaissance": self.birth_country,
            "codeCogInseeCommuneNaissance": self.birth_commune,
            "nomCommuneNaissance": self.birth_commune_name,
            "codeCogInseeDepartementNaissance": self.birth_department,
        }
        # A month without its year, or a day without its month, is ignored over there: it is not sent.
        for part, value in zip(("annee", "mois", "jour"), self._born, strict=True):
            if value is None:
                break
            said[f"{part}DateNaissance"] = str(value)
        return said

    @property
    def _born(self) -> tuple[int | None, int | None, int | None]:
        return self.birth_year, self.birth_month, self.birth_day

    def born_on(self, date: str) -> bool:
        """Tell whether ``date`` (YYYY-MM-DD) has every part of the birth date that was asked; nothing asked is no."""
        found = _BIRTH_DATE.fullmatch(date)
        if found is None or self.birth_year is None:
            return False
        pairs = zip(self._born, (int(part) for part in found.groups()), strict=True)
        return all(wanted is None or wanted == had for wanted, had in pairs)


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What is asked of one route, about whom.

    In identity mode the identity is sent. In FranceConnect mode it is the token's and is not sent: it is what the
    answer is compared with. Otherwise there is none, and an identifier stands among the parameters.
    """

    route: Route
    identity: CivilIdentity | None = None
    parameters: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    access_token: SecretStr | None = None

    def __repr__(self) -> str:
        """Show the route and nothing of the person."""
        return f"Question({self.route.name})"

    def pairs(self) -> list[tuple[str, str]]:
        """Return what is sent beside ``recipient``: what the route accepts, in its order, and nothing empty."""
        said: dict[str, str | tuple[str, ...]] = dict(self.parameters)
        if self.identity is not None and self.route.mode is Mode.IDENTITY:
            said |= self.identity.parameters(FIRST_NAMES_MAX.get(self.route.datum, 3))
        found = []
        for name in self.route.accepts:
            value = said.get(name, ())
            found += [(name, one) for one in ((value,) if isinstance(value, str) else value) if one]
        return found

    def missing(self) -> list[str]:
        """Return what the route requires and the question has not; FranceConnect mode needs its token, and whose it is."""
        lacking = sorted(self.route.requires - {name for name, _ in self.pairs()})
        if self.route.mode is Mode.FRANCE_CONNECT:
            lacking += [] if self.access_token is not None else ["access_token"]
            lacking += [] if self.identity is not None else ["identity"]
        return lacking


def quotient_question(
    identity: CivilIdentity, year: int | None = None, month: int | None = None, *, access_token: SecretStr | None = None
) -> Question:
    """Ask for the quotient familial of one allocataire; without year and month, that of the current month.

    With their token of FranceConnect, in that mode.
    """
    wanted = {"annee": year, "mois": month}
    parameters = {name: str(value) for name, value in wanted.items() if value is not None}
    route = QUOTIENT_FAMILIAL if access_token is None else QUOTIENT_FAMILIAL_SIGNED_IN
    return Question(route, identity, parameters, access_token)


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


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
