"""School: certificates of attendance and of removal, insurance of the school year."""

import re
from datetime import date

from contracts.readings import Field
from hub.requirements.checks import (
    FAILED,
    INCONCLUSIVE,
    Fault,
    Look,
    age,
    child_of,
    good_until,
    grade,
    judgement,
    not_before,
    possible_date,
)
from hub.requirements.facts import Judgement

_YEAR = re.compile(r"(20[0-9]{2})-(20[0-9]{2})")


def school_certificate(look: Look) -> Judgement:
    """The certificate of the school year that the file is for, or of the one that is being left."""
    year = _school_year(look)
    faults = (child_of(look), _of_year(look, year, back=1), possible_date(look), grade(look))
    return judgement(look, faults, "schooled", seen=_seen(year), good_until=_end(year))


def certificate_of_removal(look: Look) -> Judgement:
    """The certificate of the school that the child leaves."""
    faults = (child_of(look), age(look), grade(look))
    return judgement(look, faults, "left_school", seen=not_before(look), good_until=good_until(look))


def school_insurance(look: Look) -> Judgement:
    """Insurance of the child that covers the school year: named by it, or by its first and last day."""
    year = _school_year(look)
    faults = (child_of(look), _covered(look, year), possible_date(look), grade(look))
    return judgement(look, faults, "insured", seen=_seen(year), good_until=_end(year))


def _school_year(look: Look) -> int | None:
    """Return the year in which the school year on the paper begins; nothing where it was not read."""
    found = _YEAR.fullmatch(look.evidence.said(Field.SCHOOL_YEAR).replace(" ", "").replace("/", "-"))
    return int(found[1]) if found and int(found[2]) == int(found[1]) + 1 else None


def _seen(year: int | None) -> dict[str, str]:
    return {} if year is None else {"school_year": f"{year}-{year + 1}"}


def _end(year: int | None) -> date | None:
    return None if year is None else date(year + 1, 9, 1)


def _of_year(look: Look, year: int | None, *, back: int = 0) -> Fault | None:
    start = look.case.school_year_start
    if year is None or start is None:
        return INCONCLUSIVE, "school_year_unreadable"
    return None if start.year - back <= year <= start.year else (FAILED, "other_school_year")


def _covered(look: Look, year: int | None) -> Fault | None:
    if year is not None:
        return _of_year(look, year)
    first, last = look.evidence.day(Field.VALID_FROM), look.evidence.day(Field.VALID_UNTIL)
    start = look.case.school_year_start
    if first is None or last is None or start is None:
        return INCONCLUSIVE, "school_year_unreadable"
    # Until the last day of class, early in July; a policy that begins late leaves days uncovered.
    covers = first <= start.replace(day=30) and last >= date(start.year + 1, 7, 1)
    return None if covers else (FAILED, "other_school_year")
