"""What a manifest declares of its contract: the schema files, byte by byte, and where partners may break them, until when."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEVIATION_LIFE_MAX = timedelta(days=366)
"""Nobody tolerates a breach for longer without looking at it again."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SchemaFile(_Frozen):
    """One file of the contract: its path from the manifest, and the SHA-256 of its bytes in hexadecimal."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    file: str = Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    provenance: str = Field(min_length=1)


class Rule(StrEnum):
    """How a message may differ from its schema at a place; each can be undone on a copy, and the copy must be valid."""

    UNEXPECTED = "unexpected"
    """The place is not in the schema."""
    RENAMED = "renamed"
    """The place is called ``name`` in the schema."""
    MISSING = "missing"
    """The place lacks its child ``name``, or its attribute ``@name``; ``stand_in`` would be a lawful value."""
    REORDERED = "reordered"
    """The children of the place come in another order than ``order``."""
    VALUE = "value"
    """The value of the place is none its type allows; ``stand_in`` would be."""


_FIELDS = {
    Rule.UNEXPECTED: set[str](),
    Rule.RENAMED: {"name"},
    Rule.MISSING: {"name", "stand_in"},
    Rule.REORDERED: {"order"},
    Rule.VALUE: {"stand_in"},
}


class Deviation(_Frozen):
    """One tolerated breach of one schema: where (``xpath``), how (``rule``), from ``since`` to before ``expires``, by whom.

    ``before`` says which child a missing one would stand in front of; without it, it would be the last.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    contract: str
    xpath: str = Field(min_length=1)
    rule: Rule
    since: date
    expires: date
    owner: str = Field(min_length=1)
    name: str = ""
    stand_in: str = ""
    before: str = ""
    order: tuple[str, ...] = ()
    namespaces: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _whole(self) -> "Deviation":
        if not timedelta(0) < self.expires - self.since <= DEVIATION_LIFE_MAX:
            raise ValueError(f"a deviation ends within {DEVIATION_LIFE_MAX.days} days of its beginning")
        given = {name for name in ("name", "stand_in", "order") if getattr(self, name)}
        if given != _FIELDS[self.rule] or (self.before and self.rule is not Rule.MISSING):
            raise ValueError("a deviation says what its rule needs, and nothing else")
        return self

    def lives(self, today: date) -> bool:
        """Whether it covers anything on ``today``."""
        return self.since <= today < self.expires

    def clark(self, name: str) -> str:
        """Return ``name`` with its prefix, if any, replaced by the namespace it stands for."""
        prefix, colon, local = name.rpartition(":")
        return f"{{{self.namespaces[prefix]}}}{local}" if colon else name
