"""Decisions of bodies: in force on the day that counts, or not; what was decided is not weighed again."""

from datetime import date, timedelta

from contracts.readings import Field
from hub.requirements.checks import FAILED, INCONCLUSIVE, Fault, Look, grade, judgement
from hub.requirements.facts import Judgement

DECIDED = "decided"
"""What an answer says of a band that its body decided, beside « proposed »."""
_SAID = (
    Field.DECIDED_BY,
    Field.REFERENCE,
    Field.VALID_FROM,
    Field.VALID_UNTIL,
    Field.WEEKS,
    Field.SCHOOL_NAME,
    Field.SCHOOL_UAI,
)


def decision(look: Look) -> Judgement:
    """A decision that is in force today, or when the line begins where that is still to come."""
    last = look.evidence.day(Field.VALID_UNTIL)
    told = {name.value: look.evidence.said(name) for name in (*_SAID, Field.SCHOOL_YEAR) if look.evidence.said(name)}
    return judgement(
        look,
        (_in_force(look, last), grade(look)),
        DECIDED,
        seen=told | {"decision": DECIDED},
        band=lambda: look.evidence.said(Field.TARIFF_BAND) or None,
        good_until=None if last is None else last + timedelta(days=1),
    )


def _in_force(look: Look, last: date | None) -> Fault | None:
    first, case = look.evidence.day(Field.VALID_FROM), look.case
    if first is None or last is None:
        return INCONCLUSIVE, "undated"
    day = max(case.judged_on, case.line_start or case.judged_on)
    if day > last:
        return FAILED, "no_longer_in_force"
    return None if first <= day else (FAILED, "not_yet_in_force")
