"""Small forms read in memory: only the plain encoding is taken, so that no file can come this way and be spooled."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Depends, Request

from hub.errors import InvalidValue

_FIELDS_MAX = 40
NAME_MAX = 100


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, said so that its reader can put it right; ``field`` is its HTML id."""

    field: str
    sentence: str


async def read_fields(request: Request) -> dict[str, str]:
    """Return the fields of a form; raises :class:`InvalidValue` for any other body. The edge caps its size."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise InvalidValue("form: application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise InvalidValue("form: not well formed") from None
    if any("\x00" in value for _, value in pairs):
        # PostgreSQL keeps no NUL.
        raise InvalidValue("form: not text")
    return {name: value.strip() for name, value in pairs}


def written_day(day: str, month: str, year: str) -> date | None:
    """Return the date of three fields, or nothing where they are none."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


Fields = Annotated[dict[str, str], Depends(read_fields)]


@dataclass(frozen=True, slots=True)
class ClaimForm:
    """What a parent wrote of a child, kept as written so that it can be shown again."""

    family_name: str = ""
    given_names: str = ""
    day: str = ""
    month: str = ""
    year: str = ""

    @classmethod
    def of(cls, fields: dict[str, str]) -> "ClaimForm":
        """Read the form of the children's page."""
        return cls(*(fields.get(name, "") for name in ("family_name", "given_names", "day", "month", "year")))

    @property
    def names(self) -> tuple[str, ...]:
        """The given names, one by one."""
        return tuple(self.given_names.replace(",", " ").split())

    def birth(self) -> date | None:
        """Return the date of birth, or nothing where the three fields are no date."""
        return written_day(self.day, self.month, self.year)

    def errors(self, today: date) -> tuple[FieldError, ...]:
        """Return what a claim lacks: the names, and a date of birth that is not to come."""
        found = []
        if not 0 < len(self.family_name) <= NAME_MAX:
            found.append(FieldError("family_name", "Écrivez le nom de famille de l'enfant."))
        if not self.names or len(self.given_names) > NAME_MAX:
            found.append(FieldError("given_names", "Écrivez le ou les prénoms de l'enfant."))
        born = self.birth()
        if born is None:
            found.append(FieldError("day", "Écrivez la date de naissance en chiffres, par exemple 27 3 2019."))
        elif born > today:
            found.append(FieldError("day", "La date de naissance ne peut pas être dans le futur."))
        return tuple(found)


def number_of(fields: dict[str, str], name: str) -> UUID:
    """Return the identifier that a form's button or list sends; raises :class:`InvalidValue` for anything else."""
    try:
        return UUID(fields.get(name, ""))
    except ValueError:
        raise InvalidValue(f"{name}: one of the list") from None
