"""Vaccination, as a presentation only: seen by who may see it, never handed over (CRPA L.114-9 2°)."""

from contracts.readings import Field
from hub.requirements.checks import (
    FAILED,
    INCONCLUSIVE,
    Fault,
    Look,
    child_of,
    grade,
    judgement,
    months_before,
    possible_date,
)
from hub.requirements.facts import Judgement

NEXT_DOSE_MONTHS = 60
"""Five years from a dose at six years to the next, where the record does not say when it is due."""


def vaccination_record(look: Look) -> Judgement:
    """Diphtheria, tetanus and poliomyelitis of this child, with no dose overdue on the reference date."""
    due = look.evidence.day(Field.DTP_NEXT_DOSE_ON)
    faults = (child_of(look), _doses(look), possible_date(look), grade(look))
    return judgement(look, faults, "up_to_date", good_until=due)


def _doses(look: Look) -> Fault | None:
    last, due = look.evidence.day(Field.DTP_LAST_DOSE_ON), look.evidence.day(Field.DTP_NEXT_DOSE_ON)
    if last is None:
        return INCONCLUSIVE, "vaccination_unreadable"
    if last > look.case.judged_on:
        return FAILED, "future_date"
    born_on = look.case.child.born_on
    if last.isoformat() < born_on or (due is not None and due <= last):
        return INCONCLUSIVE, "implausible"
    if due is not None:
        return (FAILED, "dose_overdue") if due < look.case.reference_date else None
    # Without its own due date, an older record has to be read by somebody.
    recent = last >= months_before(look.case.reference_date, NEXT_DOSE_MONTHS)
    return None if recent else (INCONCLUSIVE, "vaccination_unreadable")
