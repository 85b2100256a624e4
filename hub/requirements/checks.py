"""The checks rules are made of: kind of person, age, grade, plausibility; each answers with a reason or with nothing."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.documents import GRADE_ORDER, Grade, Outcome
from contracts.readings import Field
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import Of, Piece
from hub.requirements.facts import Case, EvidenceFacts, Judgement, PersonFacts
from hub.requirements.names import Likeness, child_likeness, fold, likeness, names_person

INCONCLUSIVE, FAILED = Outcome.INCONCLUSIVE, Outcome.FAILED
Fault = tuple[Outcome, str]
"""How a check did not hold."""
PARENT_AGE = 12
"""Years below which nobody is a child's parent: the paper is misread or wrong."""
OLDEST = date(1900, 1, 1)
"""No paper of a family that is alive today is older."""


@dataclass(frozen=True, slots=True)
class Look:
    """One piece of evidence looked at for one paper of a requirement."""

    evidence: EvidenceFacts
    piece: Piece
    case: Case
    catalogue: Catalogue
    rule: str
    """Name and version of the rule that looks."""
    asked: str
    """The requirement it is looked at for."""

    @property
    def months(self) -> int | None:
        """How old the paper may be on the reference date, in months."""
        return self.piece.months or self.catalogue.evidence[self.evidence.evidence_type].validity_months


Rule = Callable[[Look], Judgement]


def judgement(
    look: Look,
    faults: Iterable[Fault | None],
    passed: str,
    *,
    seen: Mapping[str, str] | None = None,
    band: Callable[[], str | None] = lambda: None,
    good_until: date | None = None,
) -> Judgement:
    """Answer with the first fault, what fails before what is unsure; pass only where there is none.

    A paper that is another family's is refused as such even where its date could not be read.
    """
    found = [fault for fault in faults if fault is not None]
    told = {"grade": look.evidence.grade.value, "reference_date": look.case.reference_date.isoformat(), **(seen or {})}
    if look.evidence.issued_on is not None:
        told["issued_on"] = look.evidence.issued_on.isoformat()
    for outcome in (FAILED, INCONCLUSIVE):
        for verdict, reason in found:
            if verdict is outcome:
                return Judgement(outcome, reason, look.rule, told)
    return Judgement(Outcome.PASSED, passed, look.rule, told, tariff_band=band(), good_until=good_until)


def grade(look: Look) -> Fault | None:
    """The paper is as genuine as this requirement needs."""
    if GRADE_ORDER.index(look.evidence.grade) >= GRADE_ORDER.index(look.piece.minimum_grade):
        return None
    return INCONCLUSIVE, "not_sealed" if look.evidence.grade is Grade.SELF_DECLARED else "grade_too_low"


def age(look: Look) -> Fault | None:
    """The paper's own date is there, possible, and not too far from the reference date."""
    issued_on = look.evidence.issued_on
    if issued_on is None:
        return INCONCLUSIVE, "undated"
    if issued_on > look.case.judged_on:
        return FAILED, "future_date"
    if issued_on < OLDEST:
        return INCONCLUSIVE, "implausible"
    if look.months is not None and issued_on < months_before(look.case.reference_date, look.months):
        return FAILED, "too_old"
    return None


def possible_date(look: Look) -> Fault | None:
    """The paper's own date, where it was read, is not in the future; civil-status papers have no age limit."""
    issued_on = look.evidence.issued_on
    if issued_on is None:
        return None
    if issued_on > look.case.judged_on:
        return FAILED, "future_date"
    return (INCONCLUSIVE, "implausible") if issued_on < OLDEST else None


def good_until(look: Look) -> date | None:
    """Return the first reference date on which the paper would be too old."""
    if look.evidence.issued_on is None or look.months is None:
        return None
    return months_before(look.evidence.issued_on, -look.months) + timedelta(days=1)


def not_before(look: Look) -> dict[str, str]:
    """Say from which date on a paper would do."""
    return (
        {} if look.months is None else {"not_before": months_before(look.case.reference_date, look.months).isoformat()}
    )


def adult(look: Look, *printed: str) -> Fault | None:
    """One of the printed names is the person's the paper must be about: the payer, or the host."""
    if look.piece.of is Of.HOST:
        return _host(look, printed)
    payer = look.case.payer
    found = [likeness(name, family_names=payer.family_names, given_names=payer.given_names) for name in printed if name]
    if set(found) <= {Likeness.UNREADABLE}:
        return INCONCLUSIVE, "name_unreadable"
    if Likeness.SAME in found:
        return _birth(look, payer) or _homonym(look, printed)
    if Likeness.CLOSE in found:
        return INCONCLUSIVE, "name_close"
    return INCONCLUSIVE, "other_name"


def _host(look: Look, printed: tuple[str, ...]) -> Fault | None:
    host = look.case.host
    wanted = frozenset() if host is None else frozenset(fold(host.name).split())
    if len(wanted) < 2:
        return INCONCLUSIVE, "name_unreadable"
    words = [frozenset(fold(name).split()) for name in printed if name]
    if not any(words):
        return INCONCLUSIVE, "name_unreadable"
    titles = {"M", "MR", "MME", "MLLE", "MADAME", "MONSIEUR"}
    return None if any(wanted - titles <= one for one in words) else (FAILED, "other_host")


def _birth(look: Look, person: PersonFacts) -> Fault | None:
    """A birth date on the paper tells two persons of one name apart."""
    read = look.evidence.said(Field.HOLDER_BORN_ON)
    known = person.born_on
    if not read or "-00" in known or "-00" in read:
        return None
    return None if read == known else (FAILED, "other_person")


def _homonym(look: Look, printed: tuple[str, ...]) -> Fault | None:
    """A name that is also the child's, or a sibling's, does not say whose paper it is."""
    if look.evidence.said(Field.HOLDER_BORN_ON):
        return None
    for person in (look.case.child, *look.case.siblings):
        given = person.given_names[:1]
        if any(names_person(name, family_names=person.family_names, given_names=given) for name in printed if name):
            return INCONCLUSIVE, "same_name_in_family"
    return None


def child(look: Look, family_name: str, first_names: str, born_on: str) -> Fault | None:
    """The paper is about this child: birth date, family name, first given name; twins differ in the last alone."""
    day = _day(born_on)
    if not family_name or not first_names or day is None:
        return INCONCLUSIVE, "child_unreadable"
    if day > look.case.judged_on:
        return INCONCLUSIVE, "implausible"
    known = look.case.child
    if born_on != known.born_on:
        return FAILED, "other_child"
    found = child_likeness(family_name, first_names, family_names=known.family_names, given_names=known.given_names)
    if found is Likeness.SAME and _is_twin(look, family_name, first_names, born_on):
        found = Likeness.CLOSE
    return _younger(look, day) if found is Likeness.SAME else _UNLIKE[found]


_UNLIKE: Mapping[Likeness, Fault] = {
    Likeness.OTHER: (FAILED, "other_child"),
    Likeness.CLOSE: (INCONCLUSIVE, "child_name_close"),
    Likeness.UNREADABLE: (INCONCLUSIVE, "child_unreadable"),
}


def child_of(look: Look) -> Fault | None:
    """The child fields of the paper are this child's."""
    names = (Field.CHILD_FAMILY_NAME, Field.CHILD_FIRST_NAMES, Field.CHILD_BORN_ON)
    return child(look, *(look.evidence.said(name) for name in names))


def _is_twin(look: Look, family_name: str, first_names: str, born_on: str) -> bool:
    """Tell whether the paper could as well be a sibling's of the same day."""
    return any(
        other.born_on == born_on
        and child_likeness(family_name, first_names, family_names=other.family_names, given_names=other.given_names)
        in (Likeness.SAME, Likeness.CLOSE)
        for other in look.case.siblings
    )


def _younger(look: Look, born_on: date) -> Fault | None:
    parent = _day(look.case.payer.born_on.replace("-00", "-01"))
    if parent is not None and born_on.year - parent.year < PARENT_AGE:
        return INCONCLUSIVE, "implausible"
    return None


def amount(text: str, *, at_most: int) -> int | None:
    """Return a whole number of euros that was read; nothing where it is none or beyond what is possible."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        return None
    return int(text) if int(text) <= at_most else None


def same_address(look: Look) -> Fault | None:
    """The paper shows the host's address."""
    host, evidence = look.case.host, look.evidence
    street, postcode = evidence.said(Field.STREET), evidence.said(Field.POSTCODE)
    if host is None or not (street and postcode and host.street and host.postcode):
        return INCONCLUSIVE, "address_unreadable"
    same = fold(street) == fold(host.street) and fold(postcode) == fold(host.postcode)
    return None if same else (FAILED, "other_address")


def months_before(day: date, months: int) -> date:
    """Return the day ``months`` before ``day``, later where negative; the last of the month where it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first_of_next - timedelta(days=1), date(year, month + 1, 1) + timedelta(days=day.day - 1))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
