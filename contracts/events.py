"""The closed list of events, each a CloudEvents 1.0 message whose data hold identifiers and words, never values."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

SPEC_VERSION = "1.0"
SOURCE = "urn:unefois:hub"


@dataclass(frozen=True, slots=True)
class EventData:
    """What every kind of event has: its CloudEvents ``type`` and the subject it is about."""

    type: ClassVar[str]

    @property
    def subject(self) -> str:
        """The CloudEvents ``subject``: the identifier the event is about."""
        return str(next(iter(asdict(self).values())))


@dataclass(frozen=True, slots=True)
class DocumentReceived(EventData):
    """A document lies sealed in the vault and nobody has read it yet."""

    type: ClassVar[str] = "fr.paris.unefois.document.received.v1"
    document: UUID


@dataclass(frozen=True, slots=True)
class DocumentConcluded(EventData):
    """Reading ended: the document is available, quarantined, unusable, or superseded as before, for ``reason``."""

    type: ClassVar[str] = "fr.paris.unefois.document.concluded.v1"
    document: UUID
    state: str
    reason: str
    evidence_type: str


@dataclass(frozen=True, slots=True)
class DocumentErased(EventData):
    """The only key that opened the document is destroyed."""

    type: ClassVar[str] = "fr.paris.unefois.document.erased.v1"
    document: UUID


@dataclass(frozen=True, slots=True)
class RequestOpened(EventData):
    """A family opened a démarche and was told which data are needed and who fetches them."""

    type: ClassVar[str] = "fr.paris.unefois.request.opened.v1"
    request: UUID
    line: UUID


@dataclass(frozen=True, slots=True)
class RequestConsented(EventData):
    """The other guardian confirmed a request or objected to it, or an agent decided about the objection."""

    type: ClassVar[str] = "fr.paris.unefois.request.consented.v1"
    request: UUID
    consent: str


@dataclass(frozen=True, slots=True)
class RequirementSatisfied(EventData):
    """A requirement of an enrolment line turned from missing to satisfied; its body may now ask."""

    type: ClassVar[str] = "fr.paris.unefois.requirement.satisfied.v1"
    line: UUID
    requirement: str
    evidence: UUID


@dataclass(frozen=True, slots=True)
class LinkProved(EventData):
    """An adult's link to a child is proved, at a grade."""

    type: ClassVar[str] = "fr.paris.unefois.family-link.proved.v1"
    link: UUID
    grade: str


@dataclass(frozen=True, slots=True)
class LinkContested(EventData):
    """Somebody else claims a child who already has a guardian; an agent decides, the guardian is warned."""

    type: ClassVar[str] = "fr.paris.unefois.family-link.contested.v1"
    review: UUID


@dataclass(frozen=True, slots=True)
class LinkWithdrawn(EventData):
    """An adult no longer stands for a child, by a judgment that an agent read; everything of the child's is closed."""

    type: ClassVar[str] = "fr.paris.unefois.family-link.withdrawn.v1"
    link: UUID


@dataclass(frozen=True, slots=True)
class ReviewDecided(EventData):
    """An agent decided what the rules could not."""

    type: ClassVar[str] = "fr.paris.unefois.review.decided.v1"
    review: UUID
    outcome: str


@dataclass(frozen=True, slots=True)
class DecisionRecorded(EventData):
    """A body sent what it decided about a line."""

    type: ClassVar[str] = "fr.paris.unefois.decision.recorded.v1"
    decision: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class EvidenceReleased(EventData):
    """One piece of evidence was handed to one recipient."""

    type: ClassVar[str] = "fr.paris.unefois.evidence.released.v1"
    release: UUID


@dataclass(frozen=True, slots=True)
class EvidenceWithdrawn(EventData):
    """What a partner relied on is gone or replaced; its case copy follows its own schedule."""

    type: ClassVar[str] = "fr.paris.unefois.evidence.withdrawn.v1"
    evidence: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class AuthorisationChanged(EventData):
    """An authorisation to reuse papers was asked for, given, paused, taken back, refused, or is over."""

    type: ClassVar[str] = "fr.paris.unefois.authorisation.changed.v1"
    authorisation: UUID
    state: str


@dataclass(frozen=True, slots=True)
class RightsInformationEnded(EventData):
    """A body may no longer use data to inform of a right, and destroys them at once: opposed, no entitlement, or over."""

    type: ClassVar[str] = "fr.paris.unefois.rights-information.ended.v1"
    information: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class PartnerLinked(EventData):
    """A partner was linked to a child, by the family's code or by an agent; it has a pseudonym of its own for the child."""

    type: ClassVar[str] = "fr.paris.unefois.partner-link.made.v1"
    link: UUID


@dataclass(frozen=True, slots=True)
class PartnerUnlinked(EventData):
    """A partner is no longer linked to a child: the family or the partner itself ended it."""

    type: ClassVar[str] = "fr.paris.unefois.partner-link.ended.v1"
    link: UUID
    by: str


@dataclass(frozen=True, slots=True)
class AccountsMerged(EventData):
    """Two accounts of one person, or two records of one child, became one, by the decision of two agents."""

    type: ClassVar[str] = "fr.paris.unefois.accounts.merged.v1"
    merge: UUID


@dataclass(frozen=True, slots=True)
class AccountsParted(EventData):
    """Two that had become one are two again: accounts by the person's own act, a child's records by two agents."""

    type: ClassVar[str] = "fr.paris.unefois.accounts.parted.v1"
    merge: UUID


@dataclass(frozen=True, slots=True)
class SubjectSuperseded(EventData):
    """A line, or a child's record, rests since another one goes on for it; whoever asks by it is told which."""

    type: ClassVar[str] = "fr.paris.unefois.subject.superseded.v1"
    line: UUID


@dataclass(frozen=True, slots=True)
class SubjectOfAge(EventData):
    """The child of a line is of age: the line is over, nothing more is released for it, and no guardian speaks for it."""

    type: ClassVar[str] = "fr.paris.unefois.subject.of-age.v1"
    line: UUID


EVENT_TYPES: tuple[type[EventData], ...] = (
    DocumentReceived,
    DocumentConcluded,
    DocumentErased,
    RequestOpened,
    RequestConsented,
    RequirementSatisfied,
    LinkProved,
    LinkContested,
    LinkWithdrawn,
    ReviewDecided,
    DecisionRecorded,
    EvidenceReleased,
    EvidenceWithdrawn,
    AuthorisationChanged,
    RightsInformationEnded,
    PartnerLinked,
    PartnerUnlinked,
    AccountsMerged,
    AccountsParted,
    SubjectSuperseded,
    SubjectOfAge,
)


def envelope(event_id: UUID, occurred_at: datetime, data: EventData) -> dict[str, Any]:
    """Return ``data`` as a CloudEvents 1.0 JSON object (structured mode)."""
    return {
        "specversion": SPEC_VERSION,
        "id": str(event_id),
        "source": SOURCE,
        "type": data.type,
        "subject": data.subject,
        "time": occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {name: str(value) for name, value in asdict(data).items()},
    }
