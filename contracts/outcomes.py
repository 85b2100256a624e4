"""The closed set of outcomes an exchange with an outside system can have, so that « empty » is never « failed »."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class OutcomeKind(StrEnum):
    """One word per thing that can have happened; a codec must choose one and never raises instead."""

    APPLIED = "applied"
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    PARTIAL = "partial"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate_limited"
    CLOSED = "closed"
    UNAVAILABLE = "unavailable"
    IN_DOUBT = "in_doubt"
    CONTRACT_BREACH = "contract_breach"
    AUTH_FAILED = "auth_failed"
    MISCONFIGURED = "misconfigured"
    FOUND = "found"
    EMPTY = "empty"
    ABSENT = "absent"


class Phase(StrEnum):
    """How far a conversation got before it ended; decides whether a write may have had its effect."""

    NOT_SENT = "not_sent"
    SENT = "sent"
    HEADERS = "headers"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class ExchangeOutcome:
    """What an exchange came to.

    ``code`` is the partner's own word for it, opaque to us. ``proof`` names the element of the answer that says
    « nothing » positively; an EMPTY or ABSENT without it cannot be built. ``data`` is canonical, in our words.
    """

    kind: OutcomeKind
    code: str = ""
    proof: str = ""
    until: datetime | None = None
    receipt: str = ""
    as_of: datetime | None = None
    data: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.kind in (OutcomeKind.EMPTY, OutcomeKind.ABSENT) and not self.proof:
            raise ValueError(f"{self.kind} needs the element that proves it")
        if self.kind is OutcomeKind.FOUND and self.as_of is None:
            raise ValueError("found needs the moment the data are true of")
