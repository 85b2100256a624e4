"""What a partner is told: that something changed on a line it decides, under its own pseudonym, and never what."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events import (
    SOURCE,
    SPEC_VERSION,
    AuthorisationChanged,
    EventData,
    EvidenceWithdrawn,
    PartnerLinked,
    PartnerUnlinked,
    RequestConsented,
    RequirementSatisfied,
    RightsInformationEnded,
    SubjectOfAge,
    SubjectSuperseded,
)
from contracts.identifiers import PartnerPseudonym

NOTIFIED: tuple[type[EventData], ...] = (
    RequirementSatisfied,
    EvidenceWithdrawn,
    RequestConsented,
    AuthorisationChanged,
    RightsInformationEnded,
    PartnerLinked,
    PartnerUnlinked,
    SubjectSuperseded,
    SubjectOfAge,
)
"""The kinds of event a partner is told of."""


@dataclass(frozen=True, slots=True)
class NotificationData:
    """Something changed for ``subject``, which is this partner's pseudonym of one enrolment line, or of a linked child; ask to learn more."""

    subject: PartnerPseudonym
    service: str
    requirement: str
    school_year: str


def notification(delivery_id: UUID, event_type: str, occurred_at: datetime, data: NotificationData) -> dict[str, Any]:
    """Return a notification as a CloudEvents 1.0 JSON object (structured mode).

    Its ``id`` is the delivery's own: the identifier of the event would be common to two partners.
    """
    return {
        "specversion": SPEC_VERSION,
        "id": str(delivery_id),
        "source": SOURCE,
        "type": event_type,
        "subject": str(data.subject),
        "time": occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {name: str(value) for name, value in asdict(data).items()},
    }
