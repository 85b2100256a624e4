"""What Paris Familles is told and asked: a registration, made or changed, its dry run, and how it stands."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Stamp = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9T:.Z+-]+$")]
"""When the partner last changed something, in its own spelling: it is given back as it came and never read."""
Number = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def __repr__(self) -> str:
        """Show what it is and nothing of anybody."""
        return f"{type(self).__name__}()"

    __str__ = __repr__


class Tariff(_Frozen):
    """A band that a Caisse decided, by that decision's number: what is decided once is not asked of the family again."""

    band: str = Field(pattern=r"^([1-9]|10)$")
    number: str = Field(min_length=1, max_length=64)
    decided_by: str = Field(pattern=r"^[0-9]{14}$")
    valid_until: date


class Content(_Frozen):
    """What a registration says; ``line`` and ``child`` are this body's pseudonyms."""

    line: UUID
    child: UUID
    family_name: str = Field(max_length=120)
    first_name: str = Field(max_length=120)
    birth_date: date
    service: str = Field(pattern=r"^[a-z_]{1,40}$")
    school_year: str = Field(pattern=r"^\d{4}-\d{4}$")
    tariff: Tariff | None = None


class _Making(_Frozen):
    content: Content
    revision: int = Field(default=1, ge=1)

    @property
    def natural_key(self) -> str:
        """One registration a line; one that was refused is asked for anew once something of it changed."""
        return str(self.content.line) if self.revision == 1 else f"{self.content.line}/{self.revision}"


class Create(_Making):
    """Make a registration."""

    operation: Literal["create"] = "create"


class ControlCreate(_Making):
    """Would it be made? Nothing is done."""

    operation: Literal["control_create"] = "control_create"


class _Changing(_Frozen):
    registration: Number
    last_update_date: Stamp
    content: Content
    revision: int = Field(default=1, ge=1)

    @property
    def natural_key(self) -> str:
        """One change from one state to the next; one that was refused is asked for anew once something of it changed."""
        key = f"{self.registration}/{self.last_update_date}"
        return key if self.revision == 1 else f"{key}/{self.revision}"


class Update(_Changing):
    """Change a registration, if nobody changed it since ``last_update_date``."""

    operation: Literal["update"] = "update"


class ControlUpdate(_Changing):
    """Would it be changed? Nothing is done."""

    operation: Literal["control_update"] = "control_update"


class RegistrationAsked(_Frozen):
    """How does the registration of a line stand, is it the one we ``expect``, and has anything changed since ``unchanged``?"""

    operation: Literal["registration"] = "registration"
    line: UUID
    expect: Content | None = None
    unchanged: Stamp | None = None

    @property
    def natural_key(self) -> str:
        """One question a line."""
        return str(self.line)


Command = Create | ControlCreate | Update | ControlUpdate | RegistrationAsked
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="operation")])
"""Every command as JSON, and back."""
