"""Fit rules on made-up papers: what passes, what fails, what an agent must look at."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.documents import EvidenceType, Grade, Outcome
from hub.requirements.catalogue import load
from hub.requirements.rules import (
    Case,
    EvidenceFacts,
    PersonFacts,
    expected_income_year,
    judge,
    months_before,
)

CATALOGUE = load()
PARENT = PersonFacts("BELKACEM", "MARTIN", ("Nora", "Lila"), "1988-04-02")
CHILD = PersonFacts("BELKACEM", None, ("Inès",), "2018-06-05")
TODAY = date(2026, 9, 20)
INCOME = {"declarant_1": "BELKACEM NORA", "income_year": "2025", "reference_income": "26712", "parts": "1,5"}


def case(purpose: str = "canteen_tariff", day: date = TODAY) -> Case:
    return Case(PARENT, CHILD, day, purpose)


def judged(kind, service, requirement, fields, *, grade=Grade.SEALED, issued_on=TODAY, day=TODAY):
    wanted = CATALOGUE.services[service].requirement(requirement)
    facts = EvidenceFacts(kind, grade, issued_on, fields)
    found = judge(facts, wanted, case(CATALOGUE.services[service].purpose, day), CATALOGUE)
    return found.outcome, found.reason, found.tariff_band


def bill(holder="Mme Nora BELKACEM", **facts):
    return judged(EvidenceType.PROOF_OF_ADDRESS, "school_enrolment", "residence", {"holder_name": holder}, **facts)[:2]


def certificate(**facts):
    fields = {"child_family_name": "BELKACEM", "child_first_names": "Inès", "child_born_on": "2018-06-05"}
    fields |= facts.pop("fields", {})
    return judged(EvidenceType.BIRTH_CERTIFICATE, "canteen_enrolment", "child_identity", fields, **facts)[:2]


def quotient(value="742", children="BELKACEM/INES/2018-06-05", **facts):
    fields = {"quotient_familial": value, "children": children}
    facts = {"grade": Grade.SOURCE_PULLED} | facts
    return judged(EvidenceType.QUOTIENT_FAMILIAL, "canteen_tariff", "household_income", fields, **facts)


def notice(service="bursary", grade=Grade.SEALED, day=TODAY, **fields):
    said = INCOME | {"parts": "1.5"} | fields
    return judged(EvidenceType.TAX_NOTICE, service, "household_income", said, grade=grade, day=day)


def test_a_kind_the_requirement_does_not_take():
    outcome = judged(EvidenceType.QUOTIENT_FAMILIAL, "bursary", "household_income", {})
    assert outcome == (Outcome.FAILED, "wrong_kind", None)


@pytest.mark.parametrize("holder", ["Mme Nora BELKACEM", "MARTIN LILA", "M OU MME BELKACEM NORA", "belkacem, nora"])
def test_a_bill_in_the_parents_name(holder):
    assert bill(holder) == (Outcome.PASSED, "in_date_and_named")


@pytest.mark.parametrize("holder", ["", "Mme Nora", "BELKACEM", "Nora BELKACE", "JEAN DUPONT"])
def test_a_bill_in_another_name_goes_to_an_agent(holder):
    assert bill(holder) == (Outcome.INCONCLUSIVE, "other_name")


@pytest.mark.parametrize(
    ("issued_on", "expected"),
    [
        (None, (Outcome.INCONCLUSIVE, "undated")),
        (TODAY + timedelta(days=1), (Outcome.FAILED, "future_date")),
        (date(2020, 1, 1), (Outcome.FAILED, "too_old")),
    ],
)
def test_a_bill_of_another_time(issued_on, expected):
    assert bill(issued_on=issued_on) == expected


def test_a_bill_without_a_seal_goes_to_an_agent():
    assert bill(grade=Grade.SELF_DECLARED) == (Outcome.INCONCLUSIVE, "not_sealed")


def test_the_last_day_of_validity_still_does():
    months = CATALOGUE.evidence[EvidenceType.PROOF_OF_ADDRESS].validity_months
    last = months_before(TODAY, months)
    assert bill(issued_on=last)[0] is Outcome.PASSED
    assert bill(issued_on=last - timedelta(days=1)) == (Outcome.FAILED, "too_old")


def test_a_certificate_of_the_child():
    assert certificate() == (Outcome.PASSED, "same_child")
    assert certificate(fields={"child_first_names": "INES"}) == (Outcome.PASSED, "same_child")
    assert certificate(grade=Grade.SELF_DECLARED) == (Outcome.INCONCLUSIVE, "not_sealed")


@pytest.mark.parametrize(
    "changed", [{"child_born_on": "2018-06-06"}, {"child_first_names": "Iris"}, {"child_family_name": ""}]
)
def test_a_certificate_of_another_child(changed):
    assert certificate(fields=changed) == (Outcome.FAILED, "other_child")


def test_a_quotient_proposes_the_band_and_only_of_this_child():
    assert quotient() == (Outcome.PASSED, "income_known", CATALOGUE.canteen.band(742))
    assert quotient(children="BELKACEM/INES/2018-06-06")[:2] == (Outcome.INCONCLUSIVE, "child_not_in_household")
    assert quotient(children="")[:2] == (Outcome.INCONCLUSIVE, "child_not_in_household")


def test_a_notice_of_the_right_year_for_the_parent():
    assert notice() == (Outcome.PASSED, "income_known", None)
    assert notice(declarant_1="DUPONT JEAN")[:2] == (Outcome.INCONCLUSIVE, "other_name")
    assert notice(declarant_1="DUPONT JEAN", declarant_2="MARTIN NORA")[0] is Outcome.PASSED


def test_a_notice_for_the_canteen_proposes_a_band_of_the_monthly_quotient():
    assert notice("canteen_tariff")[2] == CATALOGUE.canteen.band(26712 / 12 / 1.5)


def test_a_notice_of_another_year():
    assert notice(income_year="2024")[:2] == (Outcome.FAILED, "other_income_year")
    assert notice(income_year="2024", day=date(2026, 9, 14))[0] is Outcome.PASSED


@pytest.mark.parametrize(
    "wrong", [{"parts": "0"}, {"parts": "many"}, {"reference_income": ""}, {"reference_income": "-5"}]
)
def test_amounts_that_cannot_be_read_go_to_an_agent(wrong):
    assert notice("canteen_tariff", **wrong)[:2] == (Outcome.INCONCLUSIVE, "income_unreadable")


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
    ],
)
def test_months_before(day, months, expected):
    assert months_before(day, months) == expected


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_months_before_is_in_the_month_that_many_earlier(day, months):
    found = months_before(day, months)
    assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
    assert found.day <= day.day


@given(
    st.sampled_from(EvidenceType), st.sampled_from(Grade), st.dictionaries(st.sampled_from(sorted(INCOME)), st.text())
)
def test_whatever_was_read_is_judged_and_nothing_unsealed_passes(kind, grade, fields):
    for service in CATALOGUE.services.values():
        for requirement in service.requirements:
            found = judge(EvidenceFacts(kind, grade, TODAY, fields), requirement, case(service.purpose), CATALOGUE)
            assert found.outcome is not Outcome.PASSED or grade is not Grade.SELF_DECLARED
