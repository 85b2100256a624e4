"""The made-up people of the sandbox and the families the paying bodies know them in."""

import threading
import tomllib
import unicodedata
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Provider = Literal["franceconnect", "mon-paris", "proconnect"]
PROVIDERS: tuple[Provider, ...] = ("franceconnect", "mon-paris", "proconnect")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Persona(_Frozen):
    """Somebody who can sign in; ``family`` is the CAF or MSA file in which they are allocataire."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    label: str = Field(max_length=120)
    providers: tuple[Provider, ...]
    family_name: str
    given_names: tuple[str, ...] = Field(min_length=1)
    preferred_username: str | None = None
    birthdate: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    gender: Literal["female", "male"]
    birthplace: str = ""
    birthcountry: str
    email: str
    uid: str | None = None
    siret: str | None = None
    family: str | None = None


class Member(_Frozen):
    """An allocataire or a child, as the paying body writes them."""

    birth_name: str
    usage_name: str | None = None
    first_names: str
    birth_date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    sex: Literal["F", "M"]


class Family(_Frozen):
    """One CAF or MSA file."""

    id: str
    provider: Literal["CNAF", "MSA"]
    quotient: int = Field(ge=0)
    allocataires: tuple[Member, ...] = Field(min_length=1, max_length=2)
    children: tuple[Member, ...] = ()


class Registration(_Frozen):
    """A persona that a test adds, with the family it needs."""

    persona: Persona
    family: Family | None = None


class Population:
    """Everybody the sandbox knows; what tests add lasts as long as the process."""

    def __init__(self) -> None:
        """Start with the people of ``personas.toml``."""
        told = tomllib.loads(Path(__file__).with_name("personas.toml").read_text(encoding="utf-8"))
        self._personas = {row["id"]: Persona.model_validate(row) for row in told["persona"]}
        self._families = {row["id"]: Family.model_validate(row) for row in told["family"]}
        self._lock = threading.Lock()

    def add(self, registration: Registration) -> None:
        """Add a persona, or change one."""
        with self._lock:
            self._personas = {**self._personas, registration.persona.id: registration.persona}
            if registration.family is not None:
                self._families = {**self._families, registration.family.id: registration.family}

    def at(self, provider: str) -> list[Persona]:
        """Return those who have an account at ``provider``."""
        return [persona for persona in self._personas.values() if provider in persona.providers]

    def find(self, identifier: str, provider: str) -> Persona | None:
        """Return the persona with an account at ``provider``, or None."""
        persona = self._personas.get(identifier)
        return persona if persona is not None and provider in persona.providers else None

    def family_of(self, *, birth_name: str, first_name: str, sex: str, birth: tuple[int | None, ...]) -> Family | None:
        """Return the file of the allocataire meant, as leniently as the real service: accents and case do not count.

        ``birth`` is year, month and day, as far as they were given; at least a year is needed to find somebody.
        """
        if birth[0] is None:
            return None
        for family in self._families.values():
            for member in family.allocataires:
                names = {_plain(member.birth_name), _plain(member.usage_name or member.birth_name)}
                same = _plain(birth_name) in names and _plain(member.first_names).startswith(_plain(first_name))
                if same and member.sex == sex and _born(member.birth_date, birth):
                    return family
        return None


def _plain(text: str) -> str:
    bare = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join("".join(bare).casefold().replace("-", " ").split())


def _born(date: str, asked: tuple[int | None, ...]) -> bool:
    parts = (int(part) for part in date.split("-"))
    return all(wanted is None or wanted == had for wanted, had in zip(asked, parts, strict=True))
