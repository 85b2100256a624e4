"""Fit rules on papers of income: the quotient, the tax notice and what stands in for them; years and months."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.documents import Grade, Outcome
from hub.requirements.families.income import month_to_ask
from hub.requirements.rules import expected_income_year, months_before
from tests.unit.hub.requirements.papers import (
    CATALOGUE,
    NOTICE,
    TODAY,
    judged,
    paper,
    said,
)

SELF, AGENT, SEALED, PULLED = Grade
PASSED, FAILED, UNSURE = "passed", "failed", "inconclusive"


def quotient(value="742", children="BELKACEM/INES/2018-06-05", grade=PULLED, day=TODAY, **facts):
    found = paper("quotient_familial", {"quotient_familial": value, "children": children}, grade=grade, **facts)
    return judged(found, "canteen_tariff", "household_income", day=day)


def notice(service="bursary", grade=SEALED, day=TODAY, pages=None, **fields):
    found = paper("tax_notice", NOTICE | fields, grade=grade, issued_on=date(2026, 8, 1), pages=pages)
    return judged(found, service, "household_income", day=day)


def test_a_quotient_proposes_the_band_and_only_of_this_child():
    found = quotient()
    assert (found.reason, found.tariff_band) == ("income_known", CATALOGUE.canteen.band(742))
    assert quotient(children="BELKACEM/INES/2018-06-06").reason == "child_not_in_household"
    assert quotient(children="").reason == "child_not_in_household"
    assert quotient(children="BELKACEM/INES MARIE/2018-06-05").reason == "child_name_close"


@pytest.mark.parametrize("value", ["", "-3", "abc", "９９", "99999999"])
def test_an_absurd_quotient_goes_to_an_agent(value):
    found = quotient(value)
    assert (found.outcome.value, found.reason, found.tariff_band) == (UNSURE, "income_unreadable", None)


def test_the_quotient_of_january_is_read_in_february():
    january, day = date(2027, 1, 1), date(2027, 1, 20)
    early = quotient(issued_on=january, as_of=datetime(2027, 1, 20, 9, tzinfo=UTC), day=day)
    assert (early.outcome.value, early.reason) == (UNSURE, "january_not_settled")
    settled = quotient(issued_on=january, as_of=datetime(2027, 2, 2, 9, tzinfo=UTC), day=date(2027, 2, 2))
    assert settled.outcome is Outcome.PASSED
    december = quotient(issued_on=date(2026, 12, 1), as_of=datetime(2027, 1, 20, 9, tzinfo=UTC), day=day)
    assert december.outcome is Outcome.PASSED
    assert month_to_ask(day) == (2026, 12)
    assert month_to_ask(date(2027, 2, 1)) == (2027, 2)


def test_a_notice_of_the_right_year_for_the_parent():
    assert notice().outcome is Outcome.PASSED
    assert notice(declarant_1="DUPONT JEAN").reason == "other_name"
    assert notice(declarant_1="DUPONT JEAN", declarant_2="MARTIN NORA").outcome is Outcome.PASSED


def test_a_notice_for_the_canteen_proposes_a_band_of_the_monthly_quotient():
    assert notice("canteen_tariff").tariff_band == CATALOGUE.canteen.band(26712 / 12 / 1.5)
    assert notice("bursary").tariff_band is None


@pytest.mark.parametrize("service", ["canteen_tariff", "bursary"])
def test_the_14th_and_the_15th_of_september_change_the_fit_and_not_the_paper(service):
    for year, before, after in (("2024", PASSED, FAILED), ("2025", FAILED, PASSED)):
        found = paper("tax_notice", NOTICE | {"income_year": year}, issued_on=date(2026, 8, 1))
        assert said(found, service, "household_income", day=date(2026, 9, 14))[0] == before
        assert said(found, service, "household_income", day=date(2026, 9, 15))[0] == after


def test_a_notice_names_the_one_that_would_do():
    assert dict(notice(income_year="2024").decided_on)["expected"] == "2025"
    assert notice(income_year="").reason == "income_year_unreadable"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"parts": "0"}, "income_unreadable"),
        ({"parts": "many"}, "income_unreadable"),
        ({"reference_income": ""}, "income_unreadable"),
        ({"reference_income": "-5"}, "income_unreadable"),
        ({"reference_income": "99999999"}, "implausible"),
        ({"parts": "99"}, "implausible"),
        ({"parts": "1.3"}, "income_unreadable"),
    ],
)
def test_amounts_that_cannot_be_true_go_to_an_agent(wrong, reason):
    found = notice("canteen_tariff", **wrong)
    assert (found.outcome.value, found.reason, found.tariff_band) == (UNSURE, reason, None)


def test_a_notice_of_one_page_without_a_seal_lacks_the_other():
    assert notice(grade=SELF, pages=1).reason == "pages_missing"
    assert notice(grade=SELF, pages=2).reason == "not_sealed"
    assert notice(pages=1).outcome is Outcome.PASSED


def test_a_payslip_and_a_statement_of_the_employment_service():
    slip = {"holder_name": "Nora BELKACEM", "net_pay": "1850"}
    assert said(paper("payslip", slip), "canteen_tariff", "income_change") == (PASSED, "pay_known")
    assert said(paper("payslip", slip | {"net_pay": "9999999"}), "canteen_tariff", "income_change")[0] == UNSURE
    assert said(paper("payslip", slip, issued_on=date(2025, 1, 1)), "canteen_tariff", "income_change")[0] == FAILED
    told = paper("unemployment_statement", {"holder_name": "Nora BELKACEM"})
    assert said(told, "canteen_tariff", "income_change") == (PASSED, "situation_known")


def test_the_income_year_turns_on_the_fifteenth_of_september():
    assert expected_income_year(date(2026, 9, 14)) == 2024
    assert expected_income_year(date(2026, 9, 15)) == 2025
    assert expected_income_year(date(2026, 1, 1)) == 2024


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
        (date(2026, 1, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_before(day, months, expected):
    assert months_before(day, months) == expected


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_months_before_is_in_the_month_that_many_earlier(day, months):
    found = months_before(day, months)
    assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
    assert found.day <= day.day


def test_a_certificate_of_the_caf_is_no_pulled_datum():
    assert quotient(grade=SELF).reason == "name_unreadable"
    fields = {"quotient_familial": "742", "children": "BELKACEM/INES/2018-06-05", "holder_name": "BELKACEM Nora"}
    assert said(paper("quotient_familial", fields, grade=SELF), "canteen_tariff", "household_income") == (
        UNSURE,
        "not_sealed",
    )
