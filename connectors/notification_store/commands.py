"""What the City's notification store is told and asked: where a request stands, and whose requests became another's."""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

Customer = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$", repr=False)]
"""How the City's accounts name somebody: the subject of their sign-in."""


class Status(IntEnum):
    """The generic statuses of the store that a request of the hub can have."""

    ONGOING = 11
    TO_COMPLETE = 13
    CLOSED = 15


STEPS = {Status.ONGOING: 1, Status.TO_COMPLETE: 2, Status.CLOSED: 3}
"""Which step of how many a status is."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Frozen(BaseModel):
    # What is wrong with a value is said without the value: it names somebody.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr__(self) -> str:
        """Show what it is and nothing of anybody."""
        return f"{type(self).__name__}()"

    __str__ = __repr__


class _About(_Frozen):
    demand: UUID
    """The request, under the store's own pseudonym."""
    number: int = Field(ge=1)
    """How many times it was told of, this time included."""
    customer: Customer
    status: Status
    at: AwareDatetime

    @property
    def natural_key(self) -> str:
        """One notification a request and number: the same one again adds nothing."""
        return f"{self.demand}/{self.number}"

    @property
    def date(self) -> int:
        """When it came to stand so, in the store's own count: milliseconds since 1970."""
        return int((self.at - _EPOCH).total_seconds() * 1000)


class Show(_About):
    """Show on somebody's dashboard where their request stands: words of status, and the service's name."""

    operation: Literal["show"] = "show"
    service: str = Field(pattern=r"^[a-z_]{1,40}$")
    label: str = Field(min_length=1, max_length=120)
    """The service as families read it."""


class Shown(_About):
    """Is this notification of a request there?"""

    operation: Literal["shown"] = "shown"


Command = Show | Shown
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="operation")])
"""Every command as JSON, and back."""
