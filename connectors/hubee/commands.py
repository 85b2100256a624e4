"""What HubEE is asked and told: identifiers of HubEE's own and statuses, and nothing of anybody."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

PROCESS = "FormulaireQF"
"""The process whose folders bring a quotient familial."""

RECEIVING = "SI"
"""The scope of a body that receives, for its tokens."""


class CaseStatus(StrEnum):
    """Statuses that a receiving body gives a case."""

    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    UNREADABLE = "SI_INTG_ERROR"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NotificationsAsked(_Frozen):
    """What waits for us? ``look`` numbers the looks; the queue has no cursor, so ``at_most`` reaches past what stays in it."""

    operation: Literal["notifications"] = "notifications"
    look: int = Field(ge=0)
    at_most: int = Field(ge=1, le=10_000)

    @property
    def natural_key(self) -> str:
        """One page of one look."""
        return f"{self.look}/{self.at_most}"


class CaseAsked(_Frozen):
    """What does a case hold, of which a notification told?"""

    operation: Literal["case"] = "case"
    case: UUID
    notification: UUID

    @property
    def natural_key(self) -> str:
        """One reading a notification."""
        return f"{self.case}/{self.notification}"


class AttachmentAsked(_Frozen):
    """Fetch one file of a case, of the ``size`` that the case told (bytes)."""

    operation: Literal["attachment"] = "attachment"
    case: UUID
    attachment: UUID
    size: int = Field(ge=0)

    @property
    def natural_key(self) -> str:
        """One file."""
        return f"{self.case}/{self.attachment}"


class _OfStatus(_Frozen):
    case: UUID
    status: CaseStatus

    @property
    def natural_key(self) -> str:
        """One status of one case, once."""
        return f"{self.case}/{self.status}"


class StatusAsked(_OfStatus):
    """Does the case hold an event that told this status?"""

    operation: Literal["case_status"] = "case_status"


class SetStatus(_OfStatus):
    """Give a case a status; whoever sent it is not told by that."""

    operation: Literal["set_status"] = "set_status"


class TellStatus(_OfStatus):
    """Tell whoever sent the case of its status."""

    operation: Literal["tell_status"] = "tell_status"


class EventReceived(_Frozen):
    """Say that an event of whoever sent the case came in."""

    operation: Literal["event_received"] = "event_received"
    case: UUID
    event: UUID

    @property
    def natural_key(self) -> str:
        """One event."""
        return f"{self.case}/{self.event}"


class Acknowledge(_Frozen):
    """Take a notification out of the queue: what it told of is done with, here."""

    operation: Literal["acknowledge"] = "acknowledge"
    notification: UUID

    @property
    def natural_key(self) -> str:
        """One notification."""
        return str(self.notification)


Command = (
    NotificationsAsked
    | CaseAsked
    | AttachmentAsked
    | StatusAsked
    | SetStatus
    | TellStatus
    | EventReceived
    | Acknowledge
)
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="operation")])
"""Every command as JSON, and back."""
