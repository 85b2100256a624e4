"""The shapes of both directions, under the names of the City's identity store: dates of birth as ``dd/MM/yyyy``."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.paris_familles.commands import Content, Number, Stamp, Tariff

MERGED, STALE, DUPLICATE = "merged", "stale_last_update_date", "duplicate_suspicion"
"""What a 409 can be: two became one, somebody changed it meanwhile, or one like it is there already."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(_Shape):
    """How the partner says that something went; ``message_key`` is its own word, ``message`` is for its engineers."""

    http_code: int
    type: Literal[
        "OK",
        "SUCCESS",
        "INCOMPLETE_SUCCESS",
        "BAD_REQUEST",
        "UNAUTHORIZED",
        "FAILURE",
        "NOT_FOUND",
        "CONFLICT",
    ]
    message: str = Field(default="", max_length=500)
    message_key: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9_.-]*$")
    attributes: tuple["AttributeStatus", ...] = ()


class AttributeStatus(_Shape):
    """What became of one attribute."""

    key: str = Field(max_length=60)
    status: str = Field(max_length=60)


class Acknowledge(_Shape):
    """A second voice inside a good answer: also a 201 can warn."""

    status: Literal["success", "warning"]
    warnings: tuple[str, ...] = ()


class Registration(_Shape):
    """A registration as the partner keeps it."""

    registration_id: Number
    external_id: str
    last_update_date: Stamp
    merged_into: str = Field(default="", max_length=64)
    attributes: dict[str, str]


class Answer(_Shape):
    """Any answer."""

    status: Status
    registration: Registration | None = None
    acknowledge: Acknowledge | None = None


def attributes_of(content: Content) -> dict[str, str]:
    """Return what a registration says, attribute by attribute."""
    said = {
        "child_id": str(content.child),
        "family_name": content.family_name,
        "first_name": content.first_name,
        "birthdate": f"{content.birth_date:%d/%m/%Y}",
        "activity": content.service,
        "school_year": content.school_year,
    }
    return said | (_tariff(content.tariff) if content.tariff else {})


def _tariff(tariff: Tariff) -> dict[str, str]:
    return {
        "tariff_band": tariff.band,
        "tariff_decision": tariff.number,
        "tariff_decided_by": tariff.decided_by,
        "tariff_until": _day(tariff.valid_until),
    }


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def body_of(content: Content, *, last_update_date: str | None = None) -> dict[str, Any]:
    """Return the body of a write; with a date it changes what exists."""
    said: dict[str, Any] = {"external_id": str(content.line), "attributes": attributes_of(content)}
    return {"registration": said | ({"last_update_date": last_update_date} if last_update_date else {})}
