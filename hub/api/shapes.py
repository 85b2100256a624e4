"""What the doors take and give, as types that the OpenAPI documents are generated from."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.documents import DocumentState
from contracts.grounds import Purpose

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Part of a name as people write it: no control character, and no NUL, which PostgreSQL does not keep."""
Word = Annotated[str, Field(pattern=r"^[a-z_]{1,60}$")]
Treatment = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,120}$")]
"""A treatment or agent identifier (CRPA R.114-9-6): never a name, so no space and no accent."""


class Shape(BaseModel):
    """A body: frozen, and nothing in it that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class SessionShape(Shape):
    """Who is signed in."""

    family_name: str
    given_names: list[str]
    provider: str
    level: str
    authenticated_at: datetime


class ReuseShape(Shape):
    """That the same content is held already, and is reused."""

    document: UUID
    held_since: datetime
    fr: str
    en: str


class ReceiptShape(Shape):
    """The receipt of a deposit; ``entry`` is the journal entry whose inclusion can be proved."""

    receipt: UUID
    document: UUID
    received_at: datetime
    in_charge: str
    media_type: str
    length: int
    entry: UUID
    reuse: ReuseShape | None


class DocumentShape(Shape):
    """One paper of the person who is signed in."""

    document: UUID
    evidence_type: str
    state: DocumentState
    reason: str
    received_at: datetime
    issued_on: date | None
    grade: str | None


class CaseCopyShape(Shape):
    """What a service received earlier and keeps in its own case: until when, why, and whether a text confirms it."""

    case_copy_id: UUID
    recipient: str
    recipient_name: str
    purpose: str
    handed_at: datetime
    keep_until: date
    schedule: str
    schedule_status: Literal["confirmed", "unconfirmed", "contested"]
    ended_at: datetime | None
    why_fr: str
    why_en: str


class ErasureShape(Shape):
    """That a paper is withdrawn from every use and is being erased, and which case copies remain."""

    document: UUID
    state: Literal["erasing"] = "erasing"
    case_copies: list[CaseCopyShape]


class KeyDeathShape(Shape):
    """Which generation of the holder's key was destroyed, and the day its last backup copy dies."""

    generation: int
    last_backup_dies_on: date


class RemainingShape(Shape):
    """What stays after a destruction: with whom, why, until when."""

    what: Literal["trace", "case_copy"]
    who: str
    why: str
    until: date
    fr: str


class DestructionShape(Shape):
    """What is certified: which document, when, what was destroyed, what remains."""

    format: Literal["unefois-destruction-certificate/1"]
    document: UUID
    evidence_type: str
    received_at: datetime
    destroyed_at: datetime
    cause: Literal["asked_by_holder", "retention_over"]
    destroyed: list[str]
    holder_key: KeyDeathShape
    remaining: list[RemainingShape]
    journal_entry: UUID
    fr: str


class SignatureShape(Shape):
    """An Ed25519 signature over the certificate's canonical JSON, and the public key that checks it."""

    key: str
    value: str


class CertificateShape(Shape):
    """The signed certificate of a destruction."""

    certificate: DestructionShape
    signature: SignatureShape


class TicketShape(Shape):
    """Where the person's own paper can be seen, once, within a minute."""

    href: str


class ChildShape(Shape):
    """A child whose link to the person is proved."""

    child: UUID
    family_name: str
    given_names: list[str]
    born_on: str
    grade: str


class ClaimShape(Shape):
    """« This is my child »: examined apart; the answer tells nothing."""

    family_name: Name
    given_names: Annotated[list[Name], Field(min_length=1, max_length=10)]
    born_on: date


class ClaimedShape(Shape):
    """The one answer to every claim."""

    fr: str
    en: str


class WishShape(Shape):
    """A démarche for a child: service, body, school year, and what the person swears and allows."""

    child: UUID
    school_year: Annotated[str, Field(pattern=r"^\d{4}-\d{4}$")]
    service: Word
    body: Annotated[str, Field(pattern=r"^\d{14}$")]
    accuracy_sworn: bool
    reuse_authorised: bool


class ContactShape(Shape):
    """The service in charge of a request."""

    name: str
    address: str
    email: str
    phone: str


class PaperShape(Shape):
    """One thing a request takes, and who provides it."""

    requirement: str
    name: str
    alternatives: list[str]
    fetched_for_you: bool
    awaited_from: str | None
    sworn_statement_possible: bool


class AcknowledgementShape(Shape):
    """The acknowledgement of a request (CRPA L.112-11, R.112-11-1)."""

    request: UUID
    received_at: datetime
    service: str
    in_charge: ContactShape
    decision_before: date
    silence: str
    remedies: str
    papers_before: date
    papers: list[PaperShape]
    note: str
    notice: str


class RequirementShape(Shape):
    """One requirement of a line and how it stands."""

    id: str
    name: str
    state: Literal["satisfied", "missing", "fetching", "awaited"]
    by: str | None
    since: datetime | None
    grade: str | None
    alternatives: list[str]
    awaited_from: str | None
    sworn_statement: bool
    tariff_band: str | None
    hint: str | None


class LineShape(Shape):
    """One service by one body."""

    line_id: UUID
    service: str
    service_name: str
    body: str
    body_name: str
    valid_from: date
    valid_until: date
    requested_at: datetime
    complete: bool
    requirements: list[RequirementShape]


class SchoolFileShape(Shape):
    """The single school file of one child and school year."""

    file: UUID
    child: ChildShape
    school_year: str
    lines: list[LineShape]


class AccessShape(Shape):
    """One act on the person's papers."""

    at: datetime
    act: str
    who: str
    what: str
    why: str
    document: UUID | None
    entry: UUID


class TokenShape(Shape):
    """An access token (RFC 6749 section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the word of RFC 6750, no secret
    expires_in: int
    scope: str


class AskShape(Shape):
    """A partner's question, about a subject it knows by its own pseudonym."""

    subject: UUID
    service: Word
    requirement: Word
    purpose: Purpose
    on_behalf_of: Treatment


class OfferedShape(Shape):
    """One piece of evidence a partner may fetch."""

    id: UUID
    type: str
    grade: str
    media_type: str
    issued_on: date | None
    href: str


class AnswerShape(Shape):
    """What a partner's question came to."""

    outcome: Literal["documents", "pending", "none"]
    request: UUID
    evidence: list[OfferedShape] = []
    awaited: list[str] = []
    until: date | None = None


class HealthShape(Shape):
    """That a process answers, which one, and whether its keys can be used: « ready », « sealed » or « away »."""

    status: Literal["ok"] = "ok"
    process: str
    keys: str
