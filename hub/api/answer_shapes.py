"""What partners ask and are answered, and what a family sees of it beforehand, as types for the OpenAPI documents."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from contracts.answers import Gives
from contracts.grounds import Purpose
from hub.api.shapes import Shape, Treatment, Word
from hub.requests.confirming import Consent


class AskShape(Shape):
    """A partner's question, about a subject it knows by its own pseudonym."""

    subject: UUID
    service: Word
    requirement: Word
    purpose: Purpose
    on_behalf_of: Treatment
    wants: Literal["answer", "documents"] | None = None
    """Left out: the most that the agreement gives."""


class OfferedShape(Shape):
    """One piece of evidence a partner may fetch."""

    id: UUID
    type: str
    grade: str
    media_type: str
    issued_on: date | None
    form: Literal["copy", "original"]
    """The rebuilt copy; the original only where the catalogue names a rule that asks for it."""
    href: str


class AnswerShape(Shape):
    """What a partner's question came to."""

    outcome: Literal["answer", "documents", "pending", "none"]
    request: UUID
    evidence: list[OfferedShape] = Field(default_factory=list)
    awaited: list[str] = Field(default_factory=list)
    until: date | None = None
    effect_waits_for: Consent | None = None
    """Where the other guardian's confirmation stands, as long as the decision cannot take effect without it."""
    signed: str | None = None
    """The answer, the list of documents or « none » as a compact JWS (« evidence-answer+jwt »), bound to the question."""
    receipt: str | None = None
    """Where the receipt of an answer is fetched; of a document, after its « Release-Receipt »."""


class ReceiptPendingShape(Shape):
    """That a receipt waits for the journal's next signed head."""

    fr: str
    en: str


class ForeseenPaperShape(Shape):
    """A paper whose marked copy a body may fetch, or its original where a rule asks for it."""

    document: UUID
    type: str
    original: bool


class ForeseenShape(Shape):
    """What one body would receive for one requirement, if it asked now; nothing where « why_not » says why."""

    recipient: str
    recipient_name: str
    service: str
    requirement: str
    name: str
    purpose: Purpose
    gives: Gives | None
    why_not: str | None
    answer: dict[str, Any] | None
    """The claims of a signed answer that say something of the family, as they would be sent."""
    fr: str | None
    en: str | None
    papers: list[ForeseenPaperShape]
