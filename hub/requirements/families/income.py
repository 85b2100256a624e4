"""Income: quotient familial, tax notice, payslip, statement of the employment service; and the quotient from a notice."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.calendar import paris_day
from contracts.documents import Grade
from contracts.grounds import Purpose
from contracts.readings import Field
from hub.requirements.catalogue import Catalogue
from hub.requirements.checks import (
    FAILED,
    INCONCLUSIVE,
    Fault,
    Look,
    adult,
    age,
    amount,
    child,
    good_until,
    grade,
    judgement,
    months_before,
    not_before,
)
from hub.requirements.facts import Case, Judgement

TAX_SEASON_TURNS = (9, 15)
"""Month and day from which the notice of the later income year is expected (rule TaxYearRule of DossierFacile)."""
HIGHEST_INCOME, HIGHEST_QUOTIENT, HIGHEST_PAY = 5_000_000, 200_000, 100_000
"""Euros beyond which a figure is more likely misread than true; an agent looks."""
_PARTS = re.compile(r"[0-9]{1,2}(\.(25|5|50|75|0|00))?")
_MOST_PARTS = Decimal(20)
_MONTHS_OF_A_YEAR = 12
JANUARY = 1
NOT_SETTLED = "january_not_settled"


@dataclass(frozen=True, slots=True)
class NoticeFigures:
    """What a tax notice gives: reference income in euros, parts, and the monthly quotient they make."""

    reference_income: int
    parts: Decimal

    @property
    def quotient(self) -> Decimal:
        """Reference income / 12 / parts (where there is no file at the CAF or MSA)."""
        return Decimal(self.reference_income) / _MONTHS_OF_A_YEAR / self.parts


def expected_income_year(reference_date: date) -> int:
    """Return the income year whose notice is current: N-2 before 15 September, N-1 from that day on."""
    late = (reference_date.month, reference_date.day) >= TAX_SEASON_TURNS
    return reference_date.year - (1 if late else 2)


def next_tax_season(reference_date: date) -> date:
    """Return the first day on which the notice that is current now no longer is."""
    turn = date(reference_date.year, *TAX_SEASON_TURNS)
    return turn if reference_date < turn else turn.replace(year=turn.year + 1)


def month_to_ask(day: date) -> tuple[int, int]:
    """Return the year and month whose quotient is settled on ``day``.

    Each January the CAF takes new incomes into account and that month's figure moves until February; in January it is
    December's that holds.
    """
    return (day.year - 1, 12) if day.month == JANUARY else (day.year, day.month)


def settled_from(day: date) -> date | None:
    """Return from when a quotient asked for in January is settled; nothing on a day that is not in January."""
    return date(day.year, JANUARY + 1, 1) if day.month == JANUARY else None


def together(one: NoticeFigures, other: NoticeFigures) -> NoticeFigures:
    """Return what two notices of one household come to: incomes and parts added, then divided."""
    return NoticeFigures(one.reference_income + other.reference_income, one.parts + other.parts)


def figures_of(reference_income: str, parts: str) -> NoticeFigures | None:
    """Read a notice's amounts; nothing where one is missing, no number, or beyond what is possible."""
    income = amount(reference_income, at_most=HIGHEST_INCOME)
    number = Decimal(parts) if _PARTS.fullmatch(parts) else Decimal(0)
    if income is None or not Decimal("0.25") <= number <= _MOST_PARTS:
        return None
    return NoticeFigures(income, number)


def tax_notice(look: Look) -> Judgement:
    """The notice of the expected income year in the payer's name, with amounts that can be true."""
    said, expected = look.evidence.said, expected_income_year(look.case.reference_date)
    figures = figures_of(said(Field.REFERENCE_INCOME), said(Field.PARTS))
    year = said(Field.INCOME_YEAR)
    faults = (
        adult(look, said(Field.DECLARANT_1), said(Field.DECLARANT_2)),
        _income_year(year, expected),
        _issued_possibly(look),
        _all_pages(look),
        grade(look),
        _readable(said(Field.REFERENCE_INCOME), said(Field.PARTS), figures is not None),
    )
    return judgement(
        look,
        faults,
        "income_known",
        seen={"income_year": year[:4] if year.isdigit() else "", "expected": str(expected)},
        band=lambda: None if figures is None else _band(look, figures.quotient),
        good_until=next_tax_season(look.case.reference_date),
    )


def quotient_familial(look: Look) -> Judgement:
    """The quotient of a recent month, of a household that this child is in."""
    said = look.evidence.said
    quotient = amount(said(Field.QUOTIENT_FAMILIAL), at_most=HIGHEST_QUOTIENT)
    faults = (
        age(look),
        _january(look),
        _allocataire(look),
        _in_household(look),
        grade(look),
        None if quotient is not None else (INCONCLUSIVE, "income_unreadable"),
    )
    month = look.evidence.issued_on
    return judgement(
        look,
        faults,
        "income_known",
        seen={"month": "" if month is None else month.isoformat()[:7], **not_before(look)},
        band=lambda: None if quotient is None else _band(look, Decimal(quotient)),
        good_until=good_until(look),
    )


def payslip(look: Look) -> Judgement:
    """A recent payslip in the payer's name with a net pay that can be true."""
    said = look.evidence.said
    pay = amount(said(Field.NET_PAY).partition(".")[0], at_most=HIGHEST_PAY)
    faults = (
        age(look),
        adult(look, said(Field.HOLDER_NAME)),
        grade(look),
        None if pay is not None else (INCONCLUSIVE, "income_unreadable"),
    )
    return judgement(look, faults, "pay_known", seen=not_before(look), good_until=good_until(look))


def unemployment_statement(look: Look) -> Judgement:
    """A recent statement of the employment service in the payer's name."""
    faults = (age(look), adult(look, look.evidence.said(Field.HOLDER_NAME)), grade(look))
    return judgement(look, faults, "situation_known", seen=not_before(look), good_until=good_until(look))


def proposed_band(catalogue: Catalogue, case: Case, quotient: Decimal) -> str | None:
    """Return the band of a quotient; nothing but for the Caisse, who alone has a tariff: others learn no more than that
    the income is known.
    """
    grid = catalogue.tariff_on(case.reference_date) if case.purpose == Purpose.CANTEEN_TARIFF else None
    return None if grid is None else grid.band(quotient)


def _band(look: Look, quotient: Decimal) -> str | None:
    return proposed_band(look.catalogue, look.case, quotient)


def _income_year(year: str, expected: int) -> Fault | None:
    if not re.fullmatch(r"(19|20)[0-9]{2}", year):
        return INCONCLUSIVE, "income_year_unreadable"
    return None if year == str(expected) else (FAILED, "other_income_year")


def _issued_possibly(look: Look) -> Fault | None:
    issued_on, year = look.evidence.issued_on, look.evidence.said(Field.INCOME_YEAR)
    if issued_on is None:
        return None
    if issued_on > look.case.judged_on:
        return FAILED, "future_date"
    # A year's incomes are assessed after it has ended.
    return (INCONCLUSIVE, "implausible") if year.isdigit() and issued_on.year <= int(year) else None


def _all_pages(look: Look) -> Fault | None:
    # A seal carries the figures itself; without it they are on two pages (rule TaxLeafRuleB of DossierFacile).
    if look.evidence.grade is Grade.SELF_DECLARED and look.evidence.pages == 1:
        return FAILED, "pages_missing"
    return None


def _readable(income: str, parts: str, usable: bool) -> Fault | None:  # noqa: FBT001 - private, one caller
    if usable:
        return None
    numbers = income.isascii() and income.isdigit() and _PARTS.fullmatch(parts)
    return INCONCLUSIVE, "implausible" if numbers and Decimal(parts) else "income_unreadable"


def _january(look: Look) -> Fault | None:
    """The quotient of January moves until February: what was read before may be the old one."""
    month, evidence = look.evidence.issued_on, look.evidence
    if month is None or month.month != JANUARY:
        return None
    read_on = paris_day(evidence.as_of) if evidence.as_of is not None else month
    settled = months_before(month.replace(day=1), -1)
    return None if read_on >= settled else (INCONCLUSIVE, NOT_SETTLED)


def _allocataire(look: Look) -> Fault | None:
    # A pulled datum was asked by the payer's own identity; a certificate names its holder.
    if look.evidence.grade is Grade.SOURCE_PULLED:
        return None
    return adult(look, look.evidence.said(Field.HOLDER_NAME))


def _in_household(look: Look) -> Fault | None:
    lines = filter(None, look.evidence.said(Field.CHILDREN).split("|"))
    household = [tuple(part.strip() for part in line.split("/")) for line in lines]
    found = [child(look, *one) for one in household if len(one) == 3]
    if None in found:
        return None
    close = any(fault is not None and fault[1] == "child_name_close" for fault in found)
    return INCONCLUSIVE, "child_name_close" if close else "child_not_in_household"
