"""The shapes of the catalogue's entries: what a city may write into its files, checked strictly when they are read."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from string import Formatter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.answers import Said
from contracts.decisions import DecisionKind
from contracts.documents import DECISIONS, EvidenceType, Grade
from contracts.grounds import Purpose
from contracts.identifiers import Siret

Sentence = Annotated[str, Field(min_length=3)]
Months = Annotated[int, Field(ge=1, le=600)]
Sector = Annotated[str, Field(pattern=r"^750(0[1-9]|1[0-9]|20)$")]


class Status(StrEnum):
    """How well an entry is founded; agents see it."""

    CONFIRMED = "confirmed"
    """A text in force says so, and it was read."""
    UNCONFIRMED = "unconfirmed"
    """One source, or practice; the City has yet to confirm it."""
    CONTESTED = "contested"
    """A body asks it and a text forbids it."""


class Reference(StrEnum):
    """The day a paper must be good on; a slow office spoils no paper."""

    REQUEST_RECEIVED = "request_received"
    SCHOOL_YEAR_START = "school_year_start"
    LINE_START = "line_start"


class Of(StrEnum):
    """The person a paper has to be about."""

    PAYER = "payer"
    CHILD = "child"
    HOST = "host"
    """Whoever houses the family, named by the hosting statement."""
    HOUSEHOLD = "household"


class Role(StrEnum):
    """What a body does; a service is decided by the bodies of one role."""

    CAISSE = "caisse"
    ENROLMENT = "enrolment"
    AFTER_SCHOOL = "after_school"
    BURSARY = "bursary"


class Presented(StrEnum):
    """To whom a paper is shown and who keeps no copy of it."""

    SCHOOL_HEAD = "school_head"
    LEISURE_CENTRE = "leisure_centre"


class Entry(BaseModel):
    """Frozen, nothing beyond what is named, no value converted into another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Sourced(Entry):
    """An entry with the text or practice it rests on, and the time it is in force."""

    source: Sentence
    status: Status
    in_force_from: date
    in_force_until: date | None = None

    def in_force(self, day: date) -> bool:
        """Tell whether the entry is in force on ``day``, its last day included."""
        return self.in_force_from <= day and (self.in_force_until is None or day <= self.in_force_until)


class EvidenceKind(Sourced):
    """A kind of justificatif: who issues it, how long it is good for, who may receive it, and what says so."""

    name_fr: Sentence
    name_en: Sentence
    issuer_fr: Sentence
    about: Of
    validity_months: Months | None = None
    """Counted from the paper's own date to the reference date; nothing: no age limit."""
    validity_source: str = ""
    attachments: tuple[EvidenceType, ...] = ()
    medical_secret: bool = False
    receivable_by: tuple[Role, ...]
    presented_to: tuple[Presented, ...] = ()
    """Who may see it without keeping it; such a paper is never released."""
    kept_months: Months | None = None
    """How long the holder's copy stays after it last served; nothing: until the holder erases it."""
    kept_status: Status = Status.UNCONFIRMED


class Piece(Entry):
    """One paper in a tree of alternatives."""

    type: EvidenceType
    of: Of = Of.PAYER
    minimum_grade: Grade = Grade.AGENT_CHECKED
    months: Months | None = None
    """In place of the kind's own validity."""
    shows_address: bool = False
    """It serves for the address it shows, whatever else it says."""
    original: Annotated[str, Field(max_length=400)] = ""
    """The rule that asks for the bytes as they were handed in, with its text; without one a rebuilt copy is what leaves."""


class OneOf(Entry):
    """Any one of these papers, within a set."""

    any_of: Annotated[tuple[Piece, ...], Field(min_length=1)]


class AllOf(Entry):
    """A set: all of these together; the first is the paper that the others go with."""

    all_of: Annotated[tuple[Piece | OneOf, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _led(self) -> "AllOf":
        if isinstance(self.all_of[0], OneOf):
            raise ValueError("a set begins with one paper")  # noqa: TRY004 - pydantic collects these
        return self

    @property
    def lead(self) -> Piece:
        """The paper that the others go with."""
        return pieces(self.all_of[0])[0]


class AnyOf(Entry):
    """Any one of these papers or sets."""

    any_of: Annotated[tuple[Piece | AllOf, ...], Field(min_length=1)]


def pieces(proof: Piece | OneOf | AllOf | AnyOf) -> tuple[Piece, ...]:
    """Return every paper that a requirement, or a part of it, names, in its order."""
    if isinstance(proof, Piece):
        return (proof,)
    members = proof.all_of if isinstance(proof, AllOf) else proof.any_of
    return tuple(piece for member in members for piece in pieces(member))


class Requirement(Sourced):
    """One thing a service must know, and the papers that show it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,39}$")]
    name_fr: Sentence
    proof: AnyOf | None = None
    fetch: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")] | None = None
    """The exchange by which the hub obtains the datum itself; it is not asked as a paper first."""
    awaited_from: Role | None = None
    """Bodies of this role decide it; the family is not asked."""
    settled_by: str | None = None
    """The requirement of the same service that a decision satisfies: where one does, an answer says what was decided,
    and no more what we propose."""
    reference: Reference = Reference.REQUEST_RECEIVED
    blocking: Literal[False] = False
    """A missing paper delays the effect and never stops instruction (CRPA L.114-5-1)."""
    four_eyes: bool = False
    """Whether what an agent decides about it takes a second agent who says the same."""
    when_fr: str = ""
    """The situation in which it is asked; only of conditional requirements."""
    presented_to: tuple[Presented, ...] = ()

    @model_validator(mode="after")
    def _asked_or_awaited(self) -> "Requirement":
        if self.proof is None and self.awaited_from is None:
            raise ValueError(f"{self.id}: papers, or a body that decides it")
        if self.awaited_from is not None and not self.takes <= DECISIONS:
            raise ValueError(f"{self.id}: what a body decides no paper shows")
        return self

    @property
    def alternatives(self) -> tuple[EvidenceType, ...]:
        """What a family may begin with: of a set only the first; a sworn statement is offered apart, a decision is none."""
        branches = () if self.proof is None else self.proof.any_of
        kinds = (branch.lead.type if isinstance(branch, AllOf) else branch.type for branch in branches)
        apart = DECISIONS | {EvidenceType.SWORN_STATEMENT}
        return tuple(dict.fromkeys(kind for kind in kinds if kind not in apart))

    @cached_property
    def takes(self) -> frozenset[EvidenceType]:
        """Every kind of paper that is looked at, attachments and sworn statement included."""
        return frozenset() if self.proof is None else frozenset(piece.type for piece in pieces(self.proof))

    def original_of(self, kind: EvidenceType) -> str:
        """Return the rule by which this kind of paper is wanted in the original here; nothing where none is."""
        found = () if self.proof is None else pieces(self.proof)
        return next((piece.original for piece in found if piece.type is kind and piece.original), "")

    @property
    def sworn_statement(self) -> bool:
        """Whether the law lets the family declare it on honour instead."""
        return EvidenceType.SWORN_STATEMENT in self.takes


class Contested(Sourced):
    """What a body asks and a text forbids: kept so that agents see why, and never asked by the hub."""

    id: str
    name_fr: Sentence
    demanded: tuple[EvidenceType, ...]
    forbidden_by: Sentence
    status: Literal[Status.CONTESTED]


class Service(Sourced):
    """What a family asks for; ``role`` says which bodies decide it."""

    name_fr: Sentence
    name_en: Sentence
    purpose: Purpose
    role: Role
    silence: Sentence
    due_days: int
    case_copy_months: Months
    """How long the service keeps what it was handed in its own case."""
    case_copy_source: Sentence
    case_copy_status: Status
    decides: tuple[DecisionKind, ...] = ()
    """What its bodies decide about a line and may send back."""
    requirements: tuple[Requirement, ...]
    conditional: tuple[Requirement, ...] = ()
    """Asked in a situation of their own only; judged and used where the family hands them in."""
    presentations: tuple[Requirement, ...] = ()
    """Shown, never handed over: they are judged, and nothing ever rests on them."""
    contested: tuple[Contested, ...] = ()
    guardians: Literal[1, 2] = 1
    """How many must agree before the decision takes effect; usual acts need one (code civil 372-2)."""
    guardians_source: str = ""
    guardians_status: Status = Status.UNCONFIRMED

    @model_validator(mode="after")
    def _founded(self) -> "Service":
        if self.guardians > 1 and not self.guardians_source:
            raise ValueError("guardians: two need a source")
        return self

    def requirement(self, identifier: str) -> Requirement | None:
        """Return the requirement of that name, if this service has it; a presentation is none."""
        return next((item for item in (*self.requirements, *self.conditional) if item.id == identifier), None)

    @cached_property
    def judged(self) -> tuple[Requirement, ...]:
        """Everything papers are judged against."""
        return (*self.requirements, *self.conditional, *self.presentations)

    def is_contested(self, identifier: str) -> bool:
        """Tell whether a body may not ask for this although it does."""
        return any(item.id == identifier for item in self.contested)


class Body(Entry):
    """A public body that decides a service, and how a family reaches it (CRPA R.112-11-1)."""

    name: Sentence
    role: Role
    address: Sentence
    email: Sentence
    phone: Sentence
    sectors: tuple[Sector, ...] = ()
    """Postcodes of the arrondissements it serves; none: the whole city."""


class Band(Entry):
    """One band of a tariff; ``floor`` is its lowest monthly quotient in euros."""

    band: Annotated[str, Field(pattern=r"^[1-9][0-9]?$")]
    floor: Annotated[int, Field(ge=0)]
    meal_cents: Annotated[int, Field(ge=0, le=5000)] | None = None


class Tariff(Sourced):
    """A tariff grid: bands by monthly quotient familial in euros, lowest first."""

    decimals: Literal["integer_part"]
    """How a quotient with cents finds its band."""
    bands: tuple[Band, ...]

    @model_validator(mode="after")
    def _ordered(self) -> "Tariff":
        floors = [band.floor for band in self.bands]
        if not floors or floors[0] != 0 or floors != sorted(set(floors)):
            raise ValueError("bands begin at 0 and rise")
        return self

    def band(self, quotient: float | Decimal) -> str:
        """Return the band of a monthly quotient in euros; cents never lift a family into a dearer band."""
        return self.bands[self._place(quotient)].band

    def bounds(self, quotient: float | Decimal) -> tuple[int, int | None]:
        """Return the lowest and the highest whole quotient of its band; the last band has no highest."""
        place = self._place(quotient)
        after = self.bands[place + 1 : place + 2]
        return self.bands[place].floor, after[0].floor - 1 if after else None

    def _place(self, quotient: float | Decimal) -> int:
        whole = int(quotient)
        return next(n for n in reversed(range(len(self.bands))) if n == 0 or whole >= self.bands[n].floor)


class PurposeData(Sourced):
    """What may be fetched at the source for one purpose; what is in neither list may not, and the last names why."""

    use_case: Sentence
    expected: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> "PurposeData":
        named = (*self.expected, *self.optional, *self.forbidden)
        if len(named) != len(set(named)):
            raise ValueError("a datum is in one list only")
        return self


class Effect(StrEnum):
    """What a life event does to a requirement."""

    FETCH_AGAIN = "fetch_again"
    NEW_PAPER = "new_paper"
    NEW_LINE = "new_line"
    NEW_DECISION = "new_decision"
    AGENT = "agent"


class Touch(Entry):
    """One requirement of one service that a life event reaches, and how."""

    service: str
    requirement: str
    effect: Effect


class Step(Entry):
    """What a family does next, in one sentence, and the page of ours where."""

    fr: Sentence
    href: Annotated[str, Field(pattern=r"^/[a-z/-]*$")]


class LifeEvent(Sourced):
    """A life event said once: what changes, which papers show it, what it reaches."""

    name_fr: Sentence
    name_en: Sentence
    changes_fr: Sentence
    papers: tuple[EvidenceType, ...]
    touches: tuple[Touch, ...]
    splits: tuple[str, ...] = ()
    """Services whose lines two homes can share from then on."""
    next: Annotated[tuple[Step, ...], Field(min_length=1)]


class AnswerData(Sourced):
    """What a signed answer says to a service in place of a paper; it always says that the requirement holds."""

    says: tuple[Said, ...] = ()
    computed: bool = False
    """Whether what is said was worked out by us (CRPA L.311-3-1)."""
    fr: Sentence
    en: Sentence

    @model_validator(mode="after")
    def _says_what_it_names(self) -> "AnswerData":
        named = {name for text in (self.fr, self.en) for _, name, _, _ in Formatter().parse(text) if name is not None}
        if not named <= set(self.says):
            raise ValueError(f"a sentence names what is not said: {sorted(named - set(self.says))}")
        return self


class CatalogueFile(Entry):
    """The whole catalogue: one key per file of ``contracts/catalogue``."""

    evidence_types: dict[EvidenceType, EvidenceKind]
    services: dict[str, Service]
    bodies: dict[Siret, Body]
    tariffs: dict[Literal["canteen"], Annotated[tuple[Tariff, ...], Field(min_length=1)]]
    purposes: dict[Purpose, PurposeData]
    life_events: dict[str, LifeEvent]
    answers: dict[str, dict[str, AnswerData]]
    """By service and requirement."""
