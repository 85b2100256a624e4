"""What a rule looks at and what it answers: persons, one piece of evidence, the case, the judgement. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from contracts.documents import EvidenceType, Grade, Outcome
from contracts.readings import Field
from hub.requirements.entries import Reference, Requirement


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Civil status as the rules need it; ``born_on`` may be partial (« 1991-00-00 »)."""

    family_name: str
    usage_name: str | None
    given_names: tuple[str, ...]
    born_on: str

    @property
    def family_names(self) -> tuple[str, ...]:
        """Birth name and, where there is one, usage name."""
        return (self.family_name, *((self.usage_name,) if self.usage_name else ()))


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """One piece of evidence, its values opened for the time of the judgement.

    ``as_of`` is the moment a pulled datum was true of; ``pages`` is how many the paper has, nothing where unknown.
    """

    evidence_type: EvidenceType
    grade: Grade
    issued_on: date | None
    fields: Mapping[str, str] = field(repr=False)
    as_of: datetime | None = None
    pages: int | None = None
    key: UUID | None = None

    def said(self, name: Field) -> str:
        """Return a value as read, without spaces around; empty where it was not read."""
        return self.fields.get(name, "").strip()

    def day(self, name: Field) -> date | None:
        """Return a date that was read; nothing where it is none."""
        try:
            return date.fromisoformat(self.said(name))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class HostFacts:
    """Who houses the family and where, as the hosting statement says."""

    name: str = field(repr=False)
    street: str = field(repr=False)
    postcode: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """Whom and what date the judgement is for.

    ``reference_date`` is the day the paper must be good on, at first the day the request was received; ``today`` the
    day of judging, after which nothing can be dated. ``siblings`` are the payer's other children, for whom a paper may
    not serve here.
    """

    payer: PersonFacts
    child: PersonFacts
    reference_date: date
    purpose: str
    school_year: str = ""
    today: date | None = None
    line_start: date | None = None
    moved_to: frozenset[str] = frozenset()
    """Postcodes of the body that took the line over at :attr:`line_start`, after a move; empty where nobody moved."""
    siblings: tuple[PersonFacts, ...] = ()
    host: HostFacts | None = None

    @property
    def judged_on(self) -> date:
        """The day of judging."""
        return self.today or self.reference_date

    @property
    def school_year_start(self) -> date | None:
        """The first day of the school year, where it is known."""
        first = self.school_year.partition("-")[0]
        return date(int(first), 9, 1) if len(first) == 4 and first.isascii() and first.isdigit() else None

    def at(self, requirement: Requirement) -> "Case":
        """Return the case with the reference date that this requirement counts from."""
        days = {Reference.SCHOOL_YEAR_START: self.school_year_start, Reference.LINE_START: self.line_start}
        day = days.get(requirement.reference) or self.reference_date
        return replace(self, reference_date=day, today=self.judged_on)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Outcome, reason in one word of ours, and what it was decided on (words and dates, never values).

    ``good_until`` is the first day on which the same evidence would no longer serve; nothing: until it is replaced.
    """

    outcome: Outcome
    reason: str
    rule: str
    decided_on: Mapping[str, str]
    tariff_band: str | None = None
    good_until: date | None = None
