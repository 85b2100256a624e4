"""The shapes of HubEE's answers, as its OpenAPI says; what else an answer has is not looked at."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(min_length=1, max_length=30)]
Status = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class _Answer(BaseModel):
    # HubEE adds fields within a version (``eventStatus`` came so); what is missing or another is no answer.
    model_config = ConfigDict(frozen=True, extra="ignore")

    def __repr__(self) -> str:
        """Show what it is and nothing of anybody."""
        return f"{type(self).__name__}()"

    __str__ = __repr__


class Organization(_Answer):
    """A body at either end, by SIRET and desk."""

    type: str = Field(max_length=20)
    companyRegister: str = Field(pattern=r"^[0-9]{14}$")  # noqa: N815 - HubEE's own name
    branchCode: str = Field(max_length=10)  # noqa: N815 - HubEE's own name


class Notification(_Answer):
    """That something waits: a new case, or an event of a case."""

    id: UUID
    recipient: Organization
    transmitter: Organization
    processCode: Code  # noqa: N815 - HubEE's own name
    caseId: UUID | None = None  # noqa: N815 - HubEE's own name
    eventId: UUID | None = None  # noqa: N815 - HubEE's own name


class Named(_Answer):
    """What can be told of a notification that is none: which one it is."""

    id: UUID


class Attachment(_Answer):
    """A file of a case."""

    id: UUID
    status: str = Field(max_length=9)
    fileName: str = Field(max_length=255)  # noqa: N815 - HubEE's own name
    type: str = Field(max_length=100)
    size: int = Field(ge=0)
    mimeType: str = Field(max_length=255)  # noqa: N815 - HubEE's own name


class Event(_Answer):
    """Something that happened to a case."""

    id: UUID
    actionType: str | None  # noqa: N815 - HubEE's own name
    caseNewStatus: Status | None = None  # noqa: N815 - HubEE's own name
    status: str = Field(max_length=12)


class Case(_Answer):
    """A case: whose it is, how it stands, its files and events."""

    id: UUID
    status: Status
    recipient: Organization
    processCode: Code  # noqa: N815 - HubEE's own name
    externalId: str = Field(max_length=100)  # noqa: N815 - HubEE's own name
    attachments: tuple[Attachment, ...] = ()
    events: tuple[Event, ...] = ()


class _ErrorItem(_Answer):
    code: int
    message: str


class Errors(_Answer):
    """Why something was not done."""

    errors: tuple[_ErrorItem, ...] = Field(min_length=1)
