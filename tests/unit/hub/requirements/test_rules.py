"""Fit rules on made-up papers: what passes, what fails, what an agent must look at; never a false « passed »."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.documents import EvidenceType, Grade, Outcome
from contracts.readings import Field
from hub.requirements.facts import PersonFacts
from hub.requirements.rules import RULES, Case, judge, months_before
from tests.unit.hub.requirements.papers import (
    ADDRESS,
    CATALOGUE,
    NOTICE,
    OF_CHILD,
    PARENT,
    PARENTS,
    TODAY,
    TWIN,
    judged,
    paper,
    said,
    wanted,
)

SELF, AGENT, SEALED, PULLED = Grade
PASSED, FAILED, UNSURE = "passed", "failed", "inconclusive"


def bill(holder="Mme Nora BELKACEM", *, today=None, **facts):
    return said(
        paper("proof_of_address", {"holder_name": holder}, **facts), "school_enrolment", "residence", today=today
    )


def certificate(grade=SEALED, siblings=(), **fields):
    found = paper("birth_certificate", OF_CHILD | fields, grade=grade)
    return said(found, "canteen_enrolment", "child_identity", siblings=siblings)


def test_every_kind_has_its_rule():
    assert RULES.keys() == set(EvidenceType) - {EvidenceType.UNKNOWN}


def test_a_kind_the_requirement_does_not_take():
    assert said(paper("quotient_familial", {}), "bursary", "household_income") == (FAILED, "wrong_kind")


def test_one_paper_passes_for_one_service_and_fails_for_another():
    found = paper(
        "quotient_familial", {"quotient_familial": "742", "children": "BELKACEM/INES/2018-06-05"}, grade=PULLED
    )
    assert said(found, "canteen_tariff", "household_income") == (PASSED, "income_known")
    assert said(found, "bursary", "household_income") == (FAILED, "wrong_kind")


@pytest.mark.parametrize("holder", ["Mme Nora BELKACEM", "MARTIN LILA", "M OU MME BELKACEM NORA", "belkacem, nora"])
def test_a_bill_in_the_parents_name(holder):
    assert bill(holder) == (PASSED, "in_date_and_named")


@pytest.mark.parametrize(
    ("holder", "reason"),
    [
        ("", "name_unreadable"),
        ("Mme Nora", "other_name"),
        ("BELKACEM", "other_name"),
        ("JEAN DUPONT", "other_name"),
        ("Nora BELKACEN", "name_close"),
        ("N BELKACEM", "name_close"),
        ("王", "name_unreadable"),
    ],
)
def test_a_bill_in_another_name_goes_to_an_agent(holder, reason):
    assert bill(holder) == (UNSURE, reason)


def test_a_bill_of_another_time():
    assert bill(issued_on=None) == (UNSURE, "undated")
    assert bill(issued_on=TODAY + timedelta(days=1)) == (FAILED, "future_date")
    assert bill(issued_on=date(2020, 1, 1)) == (FAILED, "too_old")
    assert bill(issued_on=date(1650, 1, 1)) == (UNSURE, "implausible")


def test_a_bill_that_came_after_the_request_still_serves():
    assert bill(issued_on=TODAY + timedelta(days=5), today=TODAY + timedelta(days=9))[0] == PASSED


def test_a_bill_without_a_seal_goes_to_an_agent():
    assert bill(grade=SELF) == (UNSURE, "not_sealed")


def test_the_last_day_of_validity_still_does_and_says_until_when():
    months = CATALOGUE.evidence[EvidenceType.PROOF_OF_ADDRESS].validity_months
    last = months_before(TODAY, months)
    found = paper("proof_of_address", {"holder_name": "Nora BELKACEM"}, issued_on=last)
    verdict = judged(found, "school_enrolment", "residence")
    assert (verdict.outcome, verdict.good_until) == (Outcome.PASSED, TODAY + timedelta(days=1))
    assert judged(found, "school_enrolment", "residence", day=verdict.good_until).reason == "too_old"


def test_a_homonym_born_on_another_day():
    fields = {"holder_name": "BELKACEM Nora", "holder_born_on": "1961-01-01"}
    assert said(paper("proof_of_address", fields), "school_enrolment", "residence") == (FAILED, "other_person")


def test_a_mother_and_daughter_of_one_name():
    daughter = PersonFacts("BELKACEM", None, ("Nora",), "2012-01-01")
    found = paper("proof_of_address", {"holder_name": "BELKACEM Nora"})
    assert said(found, "school_enrolment", "residence", siblings=(daughter,)) == (UNSURE, "same_name_in_family")


def test_a_certificate_of_the_child_whatever_its_age():
    assert certificate() == (PASSED, "same_child")
    assert certificate(child_first_names="INES") == (PASSED, "same_child")
    assert certificate(SELF) == (UNSURE, "not_sealed")
    old = paper("birth_certificate", OF_CHILD, issued_on=date(2018, 6, 7))
    assert said(old, "canteen_enrolment", "child_identity")[0] == PASSED


@pytest.mark.parametrize(
    "changed", [{"child_born_on": "2018-06-06"}, {"child_first_names": "Iris"}, {"child_family_name": "DUPONT"}]
)
def test_a_right_paper_of_another_family(changed):
    assert certificate(**changed) == (FAILED, "other_child")


@pytest.mark.parametrize("missing", sorted(OF_CHILD))
def test_missing_fields_are_not_a_no(missing):
    assert certificate(**{missing: ""}) == (UNSURE, "child_unreadable")


def test_a_twins_paper_is_not_the_others():
    assert certificate(siblings=(TWIN,)) == (PASSED, "same_child")
    assert certificate(child_first_names="Iris", siblings=(TWIN,)) == (FAILED, "other_child")


@pytest.mark.parametrize("printed", ["Inès-Marie", "Marie Inès", "INES MARIE", "Ines, Iris"])
def test_a_twin_with_a_longer_name_never_passes(printed):
    longer = PersonFacts("BELKACEM", None, ("Inès-Marie",), "2018-06-05")
    assert certificate(child_first_names=printed, siblings=(longer,))[0] != PASSED


def test_a_child_older_than_the_parent_or_not_yet_born():
    assert certificate(child_born_on="2031-01-01") == (UNSURE, "implausible")
    child = PersonFacts("BELKACEM", None, ("Inès",), "1980-06-05")
    found = paper("birth_certificate", OF_CHILD | {"child_born_on": "1980-06-05"})
    at = Case(PARENT, child, TODAY, "canteen_enrolment")
    assert judge(found, wanted("canteen_enrolment", "child_identity"), at, CATALOGUE).reason == "implausible"


def test_a_family_record_book_needs_both_pages_and_the_payer():
    def book(**fields):
        return said(paper("family_record_book", OF_CHILD | fields), "canteen_enrolment", "child_identity")

    assert book(**PARENTS) == (PASSED, "same_child")
    assert book() == (FAILED, "pages_missing")
    assert book(parent_1_family_name="DUPONT", parent_1_first_names="Jean") == (UNSURE, "parent_not_named")
    assert book(**PARENTS, child_first_names="Iris") == (FAILED, "other_child")


def test_an_identity_paper_is_good_until_its_day():
    def card(until="2030-01-01", **fields):
        holder = {"holder_name": "BELKACEM Nora", "holder_born_on": "1988-04-02", "valid_until": until}
        return said(paper("identity_paper", holder | fields), "school_enrolment", "responsible_identity")

    assert card() == (PASSED, "identified")
    assert card("2026-09-20")[0] == PASSED
    assert card("2026-09-19") == (FAILED, "expired")
    assert card("") == (UNSURE, "undated")
    assert card(holder_born_on="1988-04-03") == (FAILED, "other_person")


def test_an_identity_paper_of_the_child():
    holder = {"holder_family_name": "BELKACEM", "holder_born_on": "2018-06-05", "valid_until": "2030-01-01"}
    for first, outcome in (("Inès", PASSED), ("Iris", FAILED)):
        found = paper("identity_paper", holder | {"holder_first_names": first})
        assert said(found, "school_enrolment", "child_identity")[0] == outcome


def test_a_judgment_is_an_agents_to_read_even_where_it_is_sealed():
    fields = OF_CHILD | {"authority": "joint", "holder_name": "BELKACEM Nora"}
    assert said(paper("custody_judgment", fields), "school_enrolment", "parental_authority") == (
        UNSURE,
        "judgment_to_read",
    )
    checked = paper("custody_judgment", fields, grade=AGENT)
    assert said(checked, "school_enrolment", "parental_authority") == (PASSED, "judgment_read")
    withdrawn = paper("custody_judgment", fields | {"authority": "withdrawn"}, grade=AGENT)
    assert said(withdrawn, "school_enrolment", "parental_authority") == (FAILED, "authority_withdrawn")
    others = paper("custody_judgment", fields | {"authority": "sole", "holder_name": "JEAN DUPONT"}, grade=AGENT)
    assert said(others, "school_enrolment", "parental_authority")[0] == UNSURE


def test_school_papers_are_of_the_child_and_the_year():
    def insured(**fields):
        return said(paper("school_insurance", OF_CHILD | fields), "after_school", "insurance")

    assert insured(school_year="2026-2027") == (PASSED, "insured")
    assert insured(school_year="2025-2026") == (FAILED, "other_school_year")
    assert insured(valid_from="2026-09-01", valid_until="2027-08-31")[0] == PASSED
    assert insured(valid_from="2026-01-01", valid_until="2026-12-31") == (FAILED, "other_school_year")
    assert insured() == (UNSURE, "school_year_unreadable")
    assert insured(school_year="2026-2027", child_first_names="Iris") == (FAILED, "other_child")


def test_leaving_a_school():
    removal = paper("certificate_of_removal", OF_CHILD, issued_on=date(2026, 7, 3))
    assert said(removal, "school_enrolment", "previous_school", line_start=date(2026, 9, 1)) == (PASSED, "left_school")
    stale = paper("certificate_of_removal", OF_CHILD, issued_on=date(2024, 7, 3))
    assert said(stale, "school_enrolment", "previous_school") == (FAILED, "too_old")
    schooled = paper("school_certificate", OF_CHILD | {"school_year": "2025/2026"})
    assert said(schooled, "school_enrolment", "previous_school") == (PASSED, "schooled")


def test_vaccination_counts_from_the_day_the_child_comes():
    def record(**fields):
        found = paper("vaccination_record", OF_CHILD | fields, grade=AGENT)
        return said(found, "school_enrolment", "vaccination")

    assert record(dtp_last_dose_on="2024-06-10", dtp_next_dose_on="2029-06-10") == (PASSED, "up_to_date")
    assert record(dtp_last_dose_on="2019-06-10", dtp_next_dose_on="2026-08-31") == (FAILED, "dose_overdue")
    assert record(dtp_last_dose_on="2019-06-10") == (UNSURE, "vaccination_unreadable")
    assert record(dtp_last_dose_on="2017-06-10") == (UNSURE, "implausible")
    assert record(dtp_last_dose_on="2027-06-10") == (FAILED, "future_date")
    assert record() == (UNSURE, "vaccination_unreadable")


def test_a_sworn_statement_serves_where_the_law_offers_it_and_says_what_is_asked():
    def sworn(statement, requirement="residence", service="school_enrolment", holder="Nora BELKACEM"):
        fields = {"holder_name": holder, "statement": statement}
        return said(paper("sworn_statement", fields, grade=SELF), service, requirement)

    assert sworn("Je suis domiciliée 8 rue des Peupliers.") == (PASSED, "declared_on_honour")
    assert sworn("Mon enfant Inès est née le 5 juin 2018.", "child_identity") == (PASSED, "declared_on_honour")
    assert sworn("Mon enfant Iris est née le 5 juin 2018.", "child_identity") == (FAILED, "other_child")
    assert sworn("Je gagne peu.") == (FAILED, "statement_of_something_else")
    assert sworn("") == (UNSURE, "statement_unreadable")
    assert sworn("Je suis domiciliée ici.", holder="Jean DUPONT")[0] == UNSURE
    assert sworn("Mon enfant Inès", "child_identity", "canteen_enrolment") == (FAILED, "wrong_kind")


def test_the_payer_who_asks_has_not_died():
    def died(holder, grade=AGENT, **fields):
        told = {"holder_name": holder, "died_on": "2026-08-01"} | fields
        return said(paper("death_certificate", told, grade=grade), "canteen_tariff", "household_change")

    assert died("Karim BELKACEM") == (PASSED, "death_known")
    assert died("Karim BELKACEM", SEALED) == (UNSURE, "deceased_to_check")
    assert died("Nora BELKACEM") == (FAILED, "other_person")
    assert died("Karim BELKACEM", died_on="2031-01-01") == (FAILED, "future_date")


WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*OF_CHILD.values(), *NOTICE.values(), *ADDRESS.values(), "Nora BELKACEM", "2026-2027", "joint"]),
)


@given(st.sampled_from(EvidenceType), st.dictionaries(st.sampled_from(list(Field)), WORDS), st.dates())
def test_whatever_was_read_is_judged_and_nothing_unsealed_passes(kind, fields, issued_on):
    for name, requirement in CATALOGUE.judged():
        found = said(paper(kind, fields, grade=SELF, issued_on=issued_on), name, requirement.id)
        assert found[0] != PASSED or kind is EvidenceType.SWORN_STATEMENT


@given(st.sampled_from(EvidenceType), st.dictionaries(st.sampled_from(list(Field)), st.text(max_size=12)))
def test_nothing_passes_that_names_nobody_of_the_family(kind, fields):
    for name, requirement in CATALOGUE.judged():
        assert said(paper(kind, fields), name, requirement.id)[0] != PASSED


MOVED = {"line_start": date(2026, 9, 10), "moved_to": frozenset({"75019"})}
BILL = {"holder_name": "Nora BELKACEM"}


@pytest.mark.parametrize(
    ("address", "issued_on", "expected"),
    [
        ({"postcode": "75013"}, date(2026, 9, 1), ("failed", "before_the_move")),
        ({"postcode": "75019"}, date(2026, 9, 1), ("passed", "in_date_and_named")),
        ({}, date(2026, 9, 1), ("inconclusive", "address_unreadable")),
        ({"postcode": "75013"}, date(2026, 9, 12), ("passed", "in_date_and_named")),
    ],
)
def test_a_paper_of_the_home_that_was_left_does_not_show_the_new_one(address, issued_on, expected):
    bill = paper("proof_of_address", BILL | address, issued_on=issued_on)
    assert said(bill, "school_enrolment", "residence", **MOVED) == expected
    assert said(bill, "school_enrolment", "residence") == ("passed", "in_date_and_named")
