"""What the doors take and give, as types that the OpenAPI documents are generated from."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.calendar import Parity
from contracts.decisions import DecisionKind, RefusalGround, RemedyKind
from contracts.documents import DocumentState

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Part of a name as people write it: no control character, and no NUL, which PostgreSQL does not keep."""
Word = Annotated[str, Field(pattern=r"^[a-z_]{1,60}$")]
Treatment = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,120}$")]
"""``treatment:ID`` or ``agent:ROLE:NUMBER`` (CRPA R.114-9-6): never a name, so no space and no accent."""


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
    held: bool
    replaced_by: UUID | None
    resembles: list[UUID]


class NewerShape(Shape):
    """Which of the person's papers takes the place of another."""

    by: UUID


class ReplacementShape(Shape):
    """How far the replacement of a paper by a newer one is."""

    document: UUID
    by: UUID
    state: Literal["replacing", "replaced"]


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
    """That a paper is withdrawn from every use, how far its erasure is, and which case copies remain."""

    document: UUID
    state: Literal["erasing", "erased", "expired"]
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
    since: date | None = None
    """First day, where it is not that of the school year."""
    parity: Parity = Parity.EVERY
    share: Annotated[int, Field(ge=1, le=100)] = 100


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
    until: date | None
    """The day from which the same evidence would no longer serve."""
    grade: str | None
    provider: Literal["family", "hub", "body"] | None
    """Who can provide what is not there yet."""
    obtainable: bool
    delays_effect: bool
    """Without it the decision is taken, and takes effect once it is there (CRPA L.114-5-1)."""
    alternatives: list[str]
    awaited_from: str | None
    sworn_statement: bool
    tariff_band: str | None
    hint: str | None


class SometimesShape(Shape):
    """What is asked in one situation only, or only shown to somebody who keeps no copy (``shown_to``)."""

    name: str
    when: str
    papers: list[str]
    shown_to: list[Literal["school_head", "leisure_centre"]]


class BodyContactShape(Shape):
    """How a family reaches a body."""

    address: str
    email: str
    phone: str


class DecidedRemedyShape(Shape):
    """One way to contest a decision, and within how many months of the body's letter."""

    kind: RemedyKind
    before: str
    within_months: int


class DecidedShape(Shape):
    """What the body of a line decided; nothing as days in force where it counts no more, or only takes another back."""

    kind: DecisionKind
    number: str
    decided_by: str
    decided_on: date
    notified_on: date | None
    in_force_from: date | None
    in_force_until: date | None
    ended_early: bool
    withdraws: bool
    band: str | None
    weeks: Parity
    share: int
    school_name: str | None
    school_uai: str | None
    refused_for: RefusalGround | None
    author_service: str
    author_function: str
    remedies: list[DecidedRemedyShape]


class LineShape(Shape):
    """One service by one body, in a period; ``parity`` (ISO weeks) and ``share`` (percent) say what this payer pays."""

    line_id: UUID
    service: str
    service_name: str
    body: str
    body_name: str
    body_contact: BodyContactShape
    parity: Parity
    share: int
    follows: UUID | None
    """The line of another body that this one took over from."""
    valid_from: date
    valid_until: date
    requested_at: datetime
    complete: bool
    requirements: list[RequirementShape]
    sometimes: list[SometimesShape]
    decisions: list[DecidedShape]
    """What its body decided, in the order it came."""
    waits_for: str | None
    """Whose agreement the effect still waits for, in one sentence."""


class RenewalShape(Shape):
    """What serves today and will have run out when the next school year begins."""

    name: str
    until: date
    services: list[str]


class SchoolFileShape(Shape):
    """The single school file of one child and school year."""

    file: UUID
    child: ChildShape
    school_year: str
    lines: list[LineShape]
    renewals: list[RenewalShape]


class AccessShape(Shape):
    """One act on the person's papers."""

    at: datetime
    act: str
    who: str
    what: str
    why: str
    document: UUID | None
    entry: UUID
    release: UUID | None
    """What left, where something did: its receipt can be fetched by this number."""


class TokenShape(Shape):
    """An access token (RFC 6749 section 5.1), bound to a key (RFC 9449) and to what it may be used for (RFC 9396)."""

    access_token: str
    token_type: Literal["DPoP"] = "DPoP"  # noqa: S105 - the word of RFC 9449, no secret
    expires_in: int
    scope: str
    authorization_details: list[dict[str, str | list[str]]]


class FamilyAskShape(Shape):
    """What a body wants asked of the family of a subject it knows by its own pseudonym."""

    subject: UUID
    requirement: Word
    on_behalf_of: Treatment


class FamilyAskedShape(Shape):
    """That the family is asked, once."""

    subject: UUID
    requirement: str
    fr: str
    en: str


class HealthShape(Shape):
    """That a process answers, which one, and whether its keys can be used: « ready », « sealed » or « away »."""

    status: Literal["ok"] = "ok"
    process: str
    keys: str
