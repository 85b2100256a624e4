"""Decisions by themselves: what is wrong with one, and how a repetition is known."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.calendar import Parity
from contracts.decisions import (
    Amendment,
    AmendmentKind,
    Author,
    Decision,
    DecisionKind,
    Flaw,
    Payer,
    RefusalGround,
    Remedy,
    RemedyKind,
    School,
    digest_of,
    flaws,
    is_uai,
)
from contracts.identifiers import PartnerPseudonym, Siret
from tests.system import CAISSE

TODAY = date(2026, 11, 20)
LINE, OTHER = PartnerPseudonym(UUID(int=1)), PartnerPseudonym(UUID(int=2))
REMEDIES = (Remedy(RemedyKind.GRACIOUS, "Caisse des écoles du 13e", 2), Remedy(RemedyKind.COURT, "Tribunal", 2))
TARIFF = Decision(
    kind=DecisionKind.TARIFF,
    decided_by=Siret(CAISSE),
    service="canteen_tariff",
    line=LINE,
    number="CDE13-2026-000417",
    decided_on=date(2026, 9, 3),
    notified_on=date(2026, 9, 4),
    valid_from=date(2026, 9, 1),
    valid_until=date(2027, 8, 31),
    author=Author("Service des tarifs", "Responsable de la restauration scolaire"),
    remedies=REMEDIES,
    band="4",
)
PLACE = replace(TARIFF, kind=DecisionKind.ASSIGNMENT, band="", school=School("École du Quai", "0759999L"))
EVEN, ODD = Payer(LINE, "4", Parity.EVEN), Payer(OTHER, "7", Parity.ODD)


def test_a_decision_as_it_should_be_has_no_flaw():
    refusal = replace(TARIFF, kind=DecisionKind.REFUSAL, band="", refused_for=RefusalGround.NO_PLACE)
    assert [flaws(one, TODAY) for one in (TARIFF, PLACE, refusal)] == [(), (), ()]


@pytest.mark.parametrize(
    ("told", "flaw"),
    [
        ({"decided_by": Siret("12345678901234")}, Flaw.SIRET),
        ({"number": "-1"}, Flaw.NUMBER),
        ({"number": "9" * 65}, Flaw.NUMBER),
        ({"valid_until": date(2026, 8, 31)}, Flaw.DATES),
        ({"valid_until": date(2027, 12, 31)}, Flaw.DATES),
        ({"decided_on": date(2026, 11, 21), "notified_on": None}, Flaw.DATES),
        ({"notified_on": date(2026, 9, 2)}, Flaw.DATES),
        ({"decided_on": date(2024, 9, 3)}, Flaw.DATES),
        ({"valid_until": None}, Flaw.EXPIRY),
        ({"band": ""}, Flaw.BAND),
        ({"kind": DecisionKind.REGISTRATION}, Flaw.BAND),
        ({"school": School("École du Quai", "0759999L")}, Flaw.SCHOOL),
        ({"kind": DecisionKind.REFUSAL, "band": ""}, Flaw.REFUSAL),
        ({"refused_for": RefusalGround.OTHER}, Flaw.REFUSAL),
        ({"remedies": ()}, Flaw.REMEDIES),
        ({"remedies": (Remedy(RemedyKind.COURT, "Tribunal", 0),)}, Flaw.REMEDIES),
        ({"author": Author("Service des tarifs", "")}, Flaw.AUTHOR),
        ({"author": Author("Service\ndes tarifs", "Responsable")}, Flaw.AUTHOR),
        ({"amends": Amendment(AmendmentKind.SUPERSEDES, "CDE13-2026-000417")}, Flaw.AMENDS),
    ],
)
def test_one_thing_wrong_is_named(told, flaw):
    assert flaws(replace(TARIFF, **told), TODAY) == (flaw,)


@pytest.mark.parametrize("school", [None, School("École du Quai", "0759999M"), School("", "0759999L")])
def test_a_place_names_a_school_that_exists(school):
    assert flaws(replace(PLACE, school=school), TODAY) == (Flaw.SCHOOL,)


def test_a_correction_may_keep_its_number_and_a_withdrawal_says_nothing_new():
    correction = replace(TARIFF, amends=Amendment(AmendmentKind.CORRECTS, TARIFF.number))
    gone = replace(TARIFF, number="9", band="", valid_until=None, amends=Amendment(AmendmentKind.WITHDRAWS, "8"))
    assert (flaws(correction, TODAY), flaws(gone, TODAY)) == ((), ())


@pytest.mark.parametrize("payers", [(EVEN, ODD), (Payer(LINE, "4", share=30), Payer(OTHER, "7", share=70))])
def test_two_payers_by_weeks_or_by_share(payers):
    assert flaws(replace(TARIFF, payers=payers), TODAY) == ()


@pytest.mark.parametrize(
    "payers",
    [
        (EVEN,),
        (EVEN, replace(ODD, parity=Parity.EVEN)),
        (EVEN, replace(ODD, line=LINE)),
        (replace(EVEN, line=PartnerPseudonym(UUID(int=3))), ODD),
        (Payer(LINE, "4", share=30), Payer(OTHER, "7", share=60)),
        (EVEN, ODD, ODD),
    ],
)
def test_payers_who_do_not_share_it_out(payers):
    assert flaws(replace(TARIFF, payers=payers), TODAY) == (Flaw.PAYERS,)


@pytest.mark.parametrize("uai", ["0750655E", "0750654D"])
def test_the_number_of_a_school(uai):
    assert is_uai(uai)


@given(st.integers(0, 9_999_999), st.sampled_from("ABCDEFGHJKLMNPRSTUVWXYZ"))
def test_one_letter_only_fits_a_number_of_a_school(number, letter):
    fitting = [one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if is_uai(f"{number:07}{one}")]
    assert len(fitting) == 1
    assert is_uai(f"{number:07}{letter}") is (letter == fitting[0])


@pytest.mark.parametrize("wrong", ["", "0759999", "0759999l", "759999L", "٠٧٥٩٩٩٩L", "0759999LL"])
def test_no_number_of_a_school(wrong):
    assert not is_uai(wrong)


@pytest.mark.parametrize(
    "changed",
    [{"band": "5"}, {"number": "8"}, {"payers": (EVEN, ODD)}, {"remedies": REMEDIES[:1]}, {"notified_on": None}],
)
def test_a_repetition_is_the_same_in_everything(changed):
    assert digest_of(replace(TARIFF)) == digest_of(TARIFF)
    assert digest_of(replace(TARIFF, **changed)) != digest_of(TARIFF)


def test_nothing_of_the_family_is_in_what_a_log_would_write():
    assert "4" not in repr(TARIFF).rpartition("0x")[0]
