"""The commands: register, reserve, tell of families, ask for decisions and invoices; each names itself and its key."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.identifiers import Siret

BATCH_MAX = 200
"""Lines of one message at most: an answer line by line is still read by a person."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def __repr__(self) -> str:
        """Show what it is and nothing of anybody."""
        return f"{type(self).__name__}()"

    __str__ = __repr__


class Child(_Frozen):
    """A child by this body's pseudonym, and the names the body needs to know whom to seat."""

    reference: UUID
    family_name: str = Field(max_length=120)
    first_name: str = Field(max_length=120)
    birth_date: date


class Line(_Frozen):
    """One child and one service of a school year, and the band that the hub proposes, if any."""

    line: UUID
    child: Child
    service: str = Field(pattern=r"^[a-z_]{1,40}$")
    school_year: str = Field(pattern=r"^\d{4}-\d{4}$")
    proposed_band: int | None = Field(default=None, ge=1, le=99)


class Register(_Frozen):
    """Enrol one child for one service; ``revision`` counts what the body was told of the line."""

    operation: Literal["register"] = "register"
    line: Line
    revision: int = Field(default=1, ge=1)

    @property
    def natural_key(self) -> str:
        """One enrolment a line, and one message for each change of it."""
        return str(self.line.line) if self.revision == 1 else f"{self.line.line}/{self.revision}"


class Reserve(_Frozen):
    """Book the days of a basket; ``session`` names it at both ends."""

    operation: Literal["reserve"] = "reserve"
    session: UUID
    line: UUID
    days: tuple[date, ...] = Field(min_length=1, max_length=60)

    @property
    def natural_key(self) -> str:
        """One booking a basket."""
        return str(self.session)


class ReservationAsked(_Frozen):
    """Was the basket ``session`` booked, and for these days?"""

    operation: Literal["reservation"] = "reservation"
    session: UUID
    days: tuple[date, ...]

    @property
    def natural_key(self) -> str:
        """One question a basket."""
        return str(self.session)


class Family(_Frozen):
    """A payer by this body's pseudonym, with the lines they pay; ``gone`` ones moved to another body or ended."""

    reference: UUID
    lines: tuple[Line, ...] = ()
    gone: tuple[UUID, ...] = ()


class SynchroniseFamilies(_Frozen):
    """Tell of families, some at a time: number ``sequence`` of the day's messages."""

    operation: Literal["synchronise_families"] = "synchronise_families"
    day: date
    sequence: int = Field(ge=1, le=99_999)
    families: Annotated[tuple[Family, ...], Field(min_length=1, max_length=BATCH_MAX)]

    @property
    def natural_key(self) -> str:
        """One message a day and number."""
        return f"{self.day.isoformat()}/{self.sequence:05d}"

    def lines(self) -> Iterator[Line]:
        """Yield every line told of."""
        for family in self.families:
            yield from family.lines


class DecisionsAsked(_Frozen):
    """Which tariffs ``body`` decided from ``since`` to before ``until``; ``cursor`` goes on where an answer ended."""

    operation: Literal["tariff_decisions"] = "tariff_decisions"
    body: Siret
    since: date
    until: date
    cursor: str = Field(default="", max_length=64)

    @property
    def natural_key(self) -> str:
        """One question a window and page."""
        return f"{self.since.isoformat()}/{self.until.isoformat()}/{self.cursor}"


class InvoicesAsked(_Frozen):
    """What a family is invoiced, as of ``day``."""

    operation: Literal["invoices"] = "invoices"
    family: UUID
    day: date

    @property
    def natural_key(self) -> str:
        """One question a family and day."""
        return f"{self.family}/{self.day.isoformat()}"


Command = Register | Reserve | ReservationAsked | SynchroniseFamilies | DecisionsAsked | InvoicesAsked
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="operation")])
"""Every command as JSON, and back."""
