"""What the agents' routes take and give, as types that the OpenAPI document is generated from."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from hub.api.shapes import Shape, Word

OutcomeWord = Literal["passed", "failed", "inconclusive"]
NOTE_MAX = 300


class ReviewShape(Shape):
    """One review as the queue shows it; ``state`` says whether it is free, one's own or a colleague's."""

    review_id: UUID
    kind: Literal[
        "fit", "family_link", "objection", "partner_link", "account_merge", "childhood", "child_merge", "child_part"
    ]
    service: str
    requirement: str | None
    body: str
    reason: str
    evidence_type: str | None
    created_at: datetime
    state: Literal["waiting", "mine", "taken"]
    mine_until: datetime | None
    opinions: int
    opinions_needed: int


class ReviewPageShape(Shape):
    """Some reviews, oldest first, and where the next page begins."""

    reviews: list[ReviewShape]
    next: str | None


class BacklogShape(Shape):
    """How much waits at one body for one service, and since when."""

    body: str
    service: str
    waiting: int
    taken: int
    oldest: datetime


class PersonSeenShape(Shape):
    """Somebody as the hub knows them; nothing of where they live."""

    person_id: UUID | None
    family_name: str
    usage_name: str | None
    given_names: list[str]
    born_on: str
    birth_place: str
    grade: str


class GuardianSeenShape(Shape):
    """An adult who stands, or stood, for a child."""

    person: PersonSeenShape
    kind: str
    authority: str
    source: str
    grade: str
    valid_from: date
    valid_until: date | None


class ChildSeenShape(Shape):
    """A child the review can be about; several are homonyms born the same day."""

    person: PersonSeenShape
    guardians: list[GuardianSeenShape]


class CheckSeenShape(Shape):
    """What reading found of a paper's form."""

    step: str
    outcome: OutcomeWord
    reason: str


class PaperSeenShape(Shape):
    """The paper of a review; its values and its copy are shown apart, each look in the journal."""

    evidence_type: str
    grade: str
    issued_on: date | None
    received_at: datetime
    checks: list[CheckSeenShape]


class OpinionSeenShape(Shape):
    """What a colleague said."""

    outcome: OutcomeWord
    reason: str
    note: str
    given_at: datetime
    noted: bool


class ReviewDetailShape(Shape):
    """A review whole; who and what it is about only while one has taken it."""

    line: ReviewShape
    adult: PersonSeenShape | None
    asked: PersonSeenShape | None
    children: list[ChildSeenShape]
    paper: PaperSeenShape | None
    opinions: list[OpinionSeenShape]
    asked_by: str | None
    """The body that named a child by civil status."""


class TakenShape(Shape):
    """Until when a review is one's own."""

    mine_until: datetime


class LinkFindingShape(Shape):
    """What an agent found of an adult and a child; no ``child``: another one, born the same day with the same names."""

    adult: UUID
    child: UUID | None = None
    kind: Literal["parent", "guardian"] = "parent"
    authority: Literal["joint", "sole", "withdrawn"] = "joint"
    valid_from: date | None = None
    valid_until: date | None = None


class OpinionShape(Shape):
    """A decision, or with « inconclusive » and « unsure » a second opinion; the note holds no personal data."""

    outcome: OutcomeWord
    reason: Word
    note: Annotated[str, Field(max_length=NOTE_MAX, pattern=r"^[^\x00]*$")] = ""
    link: LinkFindingShape | None = None


class SameChildShape(Shape):
    """Two records that are one child's, as somebody says who sees both."""

    child: UUID
    other: UUID


class DecidedShape(Shape):
    """Whether the review is decided by this opinion, or waits for a colleague's."""

    decided: bool


class LookShape(Shape):
    """Which look is asked for."""

    shown: Literal["copy", "values", "notes"]


Fraction = Annotated[float, Field(ge=0, le=1)]


class PlaceShape(Shape):
    """Where a value stands on the viewing copy: page from 1, sides as fractions of the page, how surely it was read."""

    page: Annotated[int, Field(ge=1)]
    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction
    confidence: Fraction


class ValuesShape(Shape):
    """The values reading found on a paper; those under a seal are as sealed, the others as printed.

    ``places`` tells where each stands, as far as it is known; a value that only the seal tells has none.
    """

    values: dict[str, str]
    places: dict[str, PlaceShape]
