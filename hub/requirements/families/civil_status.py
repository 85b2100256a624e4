"""Civil status: birth certificate, family record book, identity paper, death certificate (CRPA R.113-5, R.113-7)."""

from contracts.documents import Grade
from contracts.readings import Field
from hub.requirements.checks import (
    FAILED,
    INCONCLUSIVE,
    Fault,
    Look,
    adult,
    child,
    child_of,
    grade,
    judgement,
    possible_date,
)
from hub.requirements.entries import Of
from hub.requirements.facts import Judgement
from hub.requirements.names import Likeness, likeness


def birth_certificate(look: Look) -> Judgement:
    """The child's birth certificate, whatever its date of issue (R.113-7)."""
    return judgement(look, (child_of(look), possible_date(look), grade(look)), "same_child")


def family_record_book(look: Look) -> Judgement:
    """The page of the child and the page of the parents; one of the parents is the payer."""
    parents = tuple(_parent(look, number) for number in (1, 2))
    faults = (child_of(look), _both_pages(parents), _names_payer(look, parents), possible_date(look), grade(look))
    return judgement(look, faults, "same_child")


def identity_paper(look: Look) -> Judgement:
    """An identity card or passport of the person meant, good on the reference date."""
    whose = _identity_of_child(look) if look.piece.of is Of.CHILD else adult(look, *_holder(look))
    until = look.evidence.day(Field.VALID_UNTIL)
    seen = {} if until is None else {"valid_until": until.isoformat()}
    faults = (whose, _expired(look), possible_date(look), grade(look))
    return judgement(look, faults, "identified", seen=seen, good_until=until)


def death_certificate(look: Look) -> Judgement:
    """The death of somebody of the household, which an agent recognises; never of the payer, who is asking."""
    faults = (_deceased(look), possible_date(look), grade(look), _agent_checked(look))
    return judgement(look, faults, "death_known")


def _parent(look: Look, number: int) -> str:
    family = look.evidence.said(Field(f"parent_{number}_family_name"))
    first = look.evidence.said(Field(f"parent_{number}_first_names"))
    return f"{first} {family}".strip()


def _both_pages(parents: tuple[str, ...]) -> Fault | None:
    return None if any(parents) else (FAILED, "pages_missing")


def _names_payer(look: Look, parents: tuple[str, ...]) -> Fault | None:
    if not any(parents):
        return None
    payer = look.case.payer
    found = [likeness(name, family_names=payer.family_names, given_names=payer.given_names) for name in parents if name]
    return None if Likeness.SAME in found else (INCONCLUSIVE, "parent_not_named")


def _holder(look: Look) -> tuple[str, ...]:
    said = look.evidence.said
    first = said(Field.HOLDER_FIRST_NAMES)
    apart = [
        f"{first} {said(name)}" for name in (Field.HOLDER_FAMILY_NAME, Field.HOLDER_USAGE_NAME) if first and said(name)
    ]
    return (*apart, said(Field.HOLDER_NAME))


def _identity_of_child(look: Look) -> Fault | None:
    said = look.evidence.said
    if said(Field.CHILD_BORN_ON):
        return child_of(look)
    return child(look, said(Field.HOLDER_FAMILY_NAME), said(Field.HOLDER_FIRST_NAMES), said(Field.HOLDER_BORN_ON))


def _expired(look: Look) -> Fault | None:
    until = look.evidence.day(Field.VALID_UNTIL)
    if until is None:
        return INCONCLUSIVE, "undated"
    return (FAILED, "expired") if until < look.case.reference_date else None


def _deceased(look: Look) -> Fault | None:
    died_on = look.evidence.day(Field.DIED_ON)
    names = [name for name in _holder(look) if name]
    if died_on is None or not names:
        return INCONCLUSIVE, "deceased_to_check"
    if died_on > look.case.judged_on:
        return FAILED, "future_date"
    payer = look.case.payer
    alive = any(
        likeness(n, family_names=payer.family_names, given_names=payer.given_names) is Likeness.SAME for n in names
    )
    return (FAILED, "other_person") if alive else None


def _agent_checked(look: Look) -> Fault | None:
    return None if look.evidence.grade is Grade.AGENT_CHECKED else (INCONCLUSIVE, "deceased_to_check")
