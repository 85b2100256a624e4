"""What reading one document came to, and its form on the pipe between the child and whoever asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.documents import DocumentState, EvidenceType, Grade, MediaType, Outcome
from vault.ingest.reasons import Reason, state_for
from vault.ingest.words import Box, Place
from vault.seals.verdict import NO_SEAL, SealReason, SealVerdict

MAX_PAGES_ON_WIRE = 100_000
LOOK_BYTES = 32
"""Of one page's look (:mod:`vault.ingest.looks`)."""
_MAX_TEXT = 512


class WireError(ValueError):
    """What came through the pipe is not a reading."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One intrinsic finding: what was looked at, its outcome, and why in one stable word.

    ``version`` names engine and rules, where they are not those of the reader itself.
    """

    step: str
    outcome: Outcome
    reason: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything learnt about a document from its bytes alone.

    ``fields`` are the typed values (see :mod:`vault.ingest.extract` for their names; dates are ISO 8601, amounts whole
    euros); ``issued_on`` is the paper's own date. ``seal`` names who sealed it, without the sealed values.
    ``viewing_copy`` is the rebuilt copy, of type ``viewing_media_type``; empty when the document is not available.
    ``places`` tells of ``fields`` where they stand on the viewing copy, as far as that is known.
    ``looks`` say what the first pages look like (:mod:`vault.ingest.looks`).
    """

    reason: Reason
    media_type: MediaType | None = None
    pages: int = 0
    evidence_type: EvidenceType = EvidenceType.UNKNOWN
    grade: Grade = Grade.SELF_DECLARED
    seal: SealVerdict = NO_SEAL
    issued_on: date | None = None
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    findings: tuple[Finding, ...] = ()
    viewing_media_type: MediaType | None = None
    viewing_copy: bytes = field(default=b"", repr=False)
    looks: tuple[bytes, ...] = field(default=(), repr=False)
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)

    @property
    def verdict(self) -> DocumentState:
        """The state the document ends in: available, quarantined or unusable."""
        return state_for(self.reason)

    @classmethod
    def refused(cls, reason: Reason, *, media_type: MediaType | None = None, step: str = "safety") -> "Reading":
        """Return the reading of a document that was refused for ``reason`` at ``step``."""
        return cls(reason, media_type, findings=(Finding(step, Outcome.FAILED, reason.value),))

    def to_wire(self) -> dict[str, Any]:
        """Return everything but the viewing copy as JSON values."""
        return {
            "reason": self.reason.value,
            "media_type": self.media_type,
            "pages": self.pages,
            "evidence_type": self.evidence_type.value,
            "grade": self.grade.value,
            "seal": _seal_to_wire(self.seal),
            "issued_on": _day_to_wire(self.issued_on),
            "fields": dict(self.fields),
            "findings": [[each.step, each.outcome.value, each.reason, each.version] for each in self.findings],
            "viewing_media_type": self.viewing_media_type,
            "looks": [look.hex() for look in self.looks],
            "places": self.plain_places(),
        }

    def plain_places(self) -> dict[str, list[float]]:
        """Return the places as page, left, top, right, bottom and confidence."""
        return {
            name: [place.page, place.box.left, place.box.top, place.box.right, place.box.bottom, place.confidence]
            for name, place in self.places.items()
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any], viewing_copy: bytes) -> "Reading":
        """Rebuild a reading from :meth:`to_wire`; the sender has parsed hostile bytes and is not believed.

        Raises:
            WireError: a value is missing, of another type, too long, or not one of ours.
        """
        try:
            return cls(
                reason=Reason(wire["reason"]),
                media_type=_media(wire["media_type"]),
                pages=_count(wire["pages"]),
                evidence_type=EvidenceType(wire["evidence_type"]),
                grade=Grade(wire["grade"]),
                seal=_seal_from_wire(wire["seal"]),
                issued_on=_day_from_wire(wire["issued_on"]),
                fields={_text(name): _text(value) for name, value in wire["fields"].items()},
                findings=tuple(
                    Finding(_text(step), Outcome(outcome), _text(reason), _text(version))
                    for step, outcome, reason, version in wire["findings"]
                ),
                viewing_media_type=_media(wire["viewing_media_type"]),
                viewing_copy=viewing_copy,
                looks=tuple(_look(look) for look in wire["looks"]),
                places={_text(name): _place(place) for name, place in wire["places"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise WireError from None


def _seal_to_wire(seal: SealVerdict) -> dict[str, Any]:
    return {
        "outcome": seal.outcome.value,
        "reason": seal.reason.value,
        "document_type": seal.document_type,
        "authority": seal.authority,
        "certificate": seal.certificate,
        "issued_on": _day_to_wire(seal.issued_on),
        "signed_on": _day_to_wire(seal.signed_on),
    }


def _seal_from_wire(wire: Mapping[str, Any]) -> SealVerdict:
    return SealVerdict(
        Outcome(wire["outcome"]),
        SealReason(wire["reason"]),
        document_type=_text(wire["document_type"]),
        authority=_text(wire["authority"]),
        certificate=_text(wire["certificate"]),
        issued_on=_day_from_wire(wire["issued_on"]),
        signed_on=_day_from_wire(wire["signed_on"]),
    )


def _day_to_wire(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day_from_wire(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _media(text: str | None) -> MediaType | None:
    return None if text is None else MediaType(text)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise WireError
    return value


def _look(value: object) -> bytes:
    look = bytes.fromhex(_text(value))
    if len(look) not in (0, LOOK_BYTES):
        raise WireError
    return look


def _place(value: Any) -> Place:
    page, *fractions = value
    left, top, right, bottom, confidence = (_fraction(each) for each in fractions)
    return Place(_count(page), Box(left, top, right, bottom), confidence)


def _fraction(value: object) -> float:
    if not isinstance(value, float | int) or not 0 <= value <= 1:
        raise WireError
    return float(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= MAX_PAGES_ON_WIRE:
        raise WireError
    return value
