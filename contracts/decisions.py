"""What a body decided about an enrolment line and sends back: a tariff, a place at a school, an inscription, a refusal."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from contracts.answers import canonical
from contracts.calendar import Parity
from contracts.identifiers import PartnerPseudonym, Siret, is_siret

LONGEST = timedelta(days=400)
"""No decision about a school year is in force longer."""
NUMBER_MAX = 64
WORDS_MAX = 120
_UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./_-]*")


class DecisionKind(StrEnum):
    """What was decided; which body may decide it for which service is in the catalogue."""

    TARIFF = "tariff"
    ASSIGNMENT = "assignment"
    """A place at one school."""
    REGISTRATION = "registration"
    REFUSAL = "refusal"


class RefusalGround(StrEnum):
    """Why a body refuses, in one word; its reasons in full are in its own letter (CRPA L.211-2, L.211-5)."""

    INCOMPLETE = "incomplete"
    NOT_ENTITLED = "not_entitled"
    OUT_OF_AREA = "out_of_area"
    NO_PLACE = "no_place"
    TOO_LATE = "too_late"
    OTHER = "other"


class RemedyKind(StrEnum):
    """Whom one can turn to against a decision."""

    GRACIOUS = "gracious"
    """The body that decided."""
    HIERARCHICAL = "hierarchical"
    MEDIATOR = "mediator"
    COURT = "court"


class AmendmentKind(StrEnum):
    """What a decision does to an earlier one of the same body about the same line."""

    SUPERSEDES = "supersedes"
    """The earlier one ends the day before this one takes effect."""
    CORRECTS = "corrects"
    """The earlier one was wrong from its beginning; it counts no more."""
    WITHDRAWS = "withdraws"
    """The earlier one ends the day before this one takes effect, or never was, and nothing comes in its place."""


@dataclass(frozen=True, slots=True, repr=False)
class Payer:
    """One of two who pay, by the body's own name of the line that they pay: their weeks or their share in percent.

    ``band`` is theirs; two homes have two incomes. Neither family is shown the other's.
    """

    line: PartnerPseudonym
    band: str = ""
    parity: Parity = Parity.EVERY
    share: int = 100


@dataclass(frozen=True, slots=True)
class School:
    """A school by its name and its number in the national register of establishments (UAI)."""

    name: str
    uai: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to contest: before whom, and within how many months of being told (CJA R.421-1, R.421-5)."""

    kind: RemedyKind
    before: str
    within_months: int


@dataclass(frozen=True, slots=True)
class Author:
    """Who decided, by service and function and never by name: the letter that notifies the decision is signed."""

    service: str
    function: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """The earlier decision that this one touches, by its own number."""

    kind: AmendmentKind
    number: str


@dataclass(frozen=True, slots=True, repr=False)
class Decision:
    """One decision about one line, as its body sends it.

    ``line`` is the deciding body's own pseudonym of the line, ``number`` its own number of the decision. ``payers``
    holds both of two who pay by parity of weeks or by share, ``line`` among them; empty: who pays the line pays all of
    it. Nothing is checked here: see :func:`flaws`.
    """

    kind: DecisionKind
    decided_by: Siret
    service: str
    line: PartnerPseudonym
    number: str
    decided_on: date
    valid_from: date
    valid_until: date | None
    """Last day in force; nothing only where it holds as long as the line."""
    author: Author
    remedies: tuple[Remedy, ...]
    notified_on: date | None = None
    """When the body told the family, from which its remedies run; nothing: not yet, or not known."""
    band: str = ""
    payers: tuple[Payer, ...] = ()
    school: School | None = None
    refused_for: RefusalGround | None = None
    amends: Amendment | None = None

    @property
    def withdraws(self) -> bool:
        """Whether it takes an earlier decision back and puts nothing in its place."""
        return self.amends is not None and self.amends.kind is AmendmentKind.WITHDRAWS

    @property
    def shares(self) -> tuple[Payer, ...]:
        """Who pays which part of it, one per line, whether or not the body named them."""
        return self.payers or (Payer(self.line, self.band),)


class Flaw(StrEnum):
    """Why a decision is not recorded; one word, which never repeats what was sent."""

    SIRET = "siret"
    NUMBER = "number"
    DATES = "dates"
    """It ends before it begins, lasts longer than a school year can, or was decided or told in the future."""
    EXPIRY = "expiry"
    """A tariff has a last day."""
    BAND = "band"
    SCHOOL = "school"
    REFUSAL = "refusal"
    PAYERS = "payers"
    REMEDIES = "remedies"
    AUTHOR = "author"
    AMENDS = "amends"
    NOT_IN_AGREEMENT = "not_in_agreement"
    NOT_YOURS_TO_DECIDE = "not_yours_to_decide"
    NO_SUCH_LINE = "no_such_line"
    OUTSIDE_LINE = "outside_line"
    """In force on no day of the line's."""
    NUMBER_TAKEN = "number_taken"
    """Another decision of the body has this number, and this one does not say that it corrects it."""
    NOTHING_TO_AMEND = "nothing_to_amend"
    NEWER_STANDS = "newer_stands"
    """A decision of a later day stands for the same days."""


class Taken(StrEnum):
    """What became of one decision of a batch."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    """The same was recorded before; nothing was done."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """What became of one decision, in the order of the batch; ``flaw`` says why it was refused."""

    number: str
    taken: Taken
    flaw: Flaw | None = None


def is_uai(text: str) -> bool:
    """Tell whether ``text`` is a UAI: seven digits and the letter that their rest modulo 23 calls for."""
    digits, letter = text[:7], text[7:]
    if not (digits.isascii() and digits.isdigit() and len(digits) == 7 and len(letter) == 1):
        return False
    return _UAI_LETTERS[int(digits) % len(_UAI_LETTERS)] == letter


def flaws(decision: Decision, today: date) -> tuple[Flaw, ...]:
    """Return what is wrong with a decision by itself, whoever sent it and whatever it is about."""
    return tuple(dict.fromkeys(_flaws(decision, today)))


def digest_of(decision: Decision) -> bytes:
    """Return the SHA-256 of the one spelling of a decision, by which a repetition is known."""
    told: dict[str, str | list[str] | None] = {
        "kind": decision.kind,
        "decided_by": decision.decided_by,
        "service": decision.service,
        "line": str(decision.line),
        "number": decision.number,
        "decided_on": _day(decision.decided_on),
        "valid_from": _day(decision.valid_from),
        "valid_until": _day(decision.valid_until),
        "notified_on": _day(decision.notified_on),
        "band": decision.band,
        "author": [decision.author.service, decision.author.function],
        "remedies": [word for one in decision.remedies for word in (one.kind, one.before, str(one.within_months))],
        "payers": [word for one in decision.payers for word in (str(one.line), one.band, one.parity, str(one.share))],
        "school": None if decision.school is None else [decision.school.name, decision.school.uai],
        "refused_for": decision.refused_for,
        "amends": None if decision.amends is None else [decision.amends.kind, decision.amends.number],
    }
    return hashlib.sha256(canonical(told)).digest()


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _flaws(decision: Decision, today: date) -> Iterator[Flaw]:
    if not is_siret(decision.decided_by):
        yield Flaw.SIRET
    if not _numbered(decision.number):
        yield Flaw.NUMBER
    yield from _wrong_days(decision, today)
    if not decision.withdraws:
        yield from _wrong_content(decision)
    if not _payers_fit(decision):
        yield Flaw.PAYERS
    if not decision.remedies or not all(
        _said(one.before) and 1 <= one.within_months <= 24 for one in decision.remedies
    ):
        yield Flaw.REMEDIES
    if not (_said(decision.author.service) and _said(decision.author.function)):
        yield Flaw.AUTHOR
    if decision.amends is not None and not _amends(decision, decision.amends):
        yield Flaw.AMENDS


def _wrong_content(decision: Decision) -> Iterator[Flaw]:
    """Whoever decides says what, and nothing that belongs to another kind; whoever withdraws says nothing new."""
    if decision.kind is DecisionKind.TARIFF and decision.valid_until is None:
        yield Flaw.EXPIRY
    if any((decision.kind is DecisionKind.TARIFF) is not bool(one.band) for one in decision.shares):
        yield Flaw.BAND
    if not _school_fits(decision):
        yield Flaw.SCHOOL
    if (decision.kind is DecisionKind.REFUSAL) is not (decision.refused_for is not None):
        yield Flaw.REFUSAL


def _wrong_days(decision: Decision, today: date) -> Iterator[Flaw]:
    last = decision.valid_until
    told = decision.notified_on
    if last is not None and not decision.valid_from <= last <= decision.valid_from + LONGEST:
        yield Flaw.DATES
    if decision.decided_on > today or (told is not None and not decision.decided_on <= told <= today):
        yield Flaw.DATES
    if abs(decision.valid_from - decision.decided_on) > LONGEST:
        yield Flaw.DATES


def _school_fits(decision: Decision) -> bool:
    if decision.school is None:
        return decision.kind is not DecisionKind.ASSIGNMENT
    told = _said(decision.school.name) and is_uai(decision.school.uai)
    return told and decision.kind in (DecisionKind.ASSIGNMENT, DecisionKind.REGISTRATION)


def _payers_fit(decision: Decision) -> bool:
    """Two payers name two lines, this one among them, and either have the even and the odd weeks or share out all."""
    if not decision.payers:
        return True
    lines = {one.line for one in decision.payers}
    if len(decision.payers) != 2 or len(lines) != 2 or decision.line not in lines:
        return False
    if {one.parity for one in decision.payers} == {Parity.EVEN, Parity.ODD}:
        return all(one.share == 100 for one in decision.payers)
    shared = all(one.parity is Parity.EVERY and one.share > 0 for one in decision.payers)
    return shared and sum(one.share for one in decision.payers) == 100


def _amends(decision: Decision, amendment: Amendment) -> bool:
    """A correction may keep the number of what it corrects; nothing else touches itself."""
    itself = amendment.number == decision.number and amendment.kind is not AmendmentKind.CORRECTS
    return _numbered(amendment.number) and not itself


def _numbered(text: str) -> bool:
    return len(text) <= NUMBER_MAX and _NUMBER.fullmatch(text) is not None


def _said(words: str) -> bool:
    return 0 < len(words) <= WORDS_MAX and words == words.strip() and words.isprintable()
