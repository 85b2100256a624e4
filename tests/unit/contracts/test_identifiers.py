"""Identifiers: ordered by time, and SIRETs by their sum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identifiers import is_siret, new_uuid
from tests.system import BOURSES, CAISSE, FAMILLES, MAIRIE


def test_identifiers_are_version_seven_and_never_repeat():
    made = [new_uuid() for _ in range(1000)]
    assert {one.version for one in made} == {7}
    assert len(set(made)) == 1000


def test_identifiers_rise_with_time():
    made = [new_uuid() for _ in range(100)]
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


@pytest.mark.parametrize("siret", [BOURSES, CAISSE, FAMILLES, MAIRIE, "21750001600019"])
def test_a_siret(siret):
    assert is_siret(siret)


@pytest.mark.parametrize(
    "wrong", ["", "1" * 14, CAISSE[:-1], CAISSE + "0", f" {CAISSE[1:]}", "٩" * 14, "9100000120001x"]
)
def test_no_siret(wrong):
    assert not is_siret(wrong)


@pytest.mark.parametrize("siret", ["35600000000048", "35600000049837"])
def test_the_establishments_of_la_poste_have_a_sum_of_their_own(siret):
    assert is_siret(siret)


@pytest.mark.parametrize("wrong", ["35600000049838", "35700000049835"])
def test_nobody_else_has_that_sum_and_not_every_number_of_la_poste_has_it(wrong):
    assert not is_siret(wrong)


@given(st.integers(0, 13), st.integers(1, 9))
def test_one_changed_digit_is_noticed(place, by):
    changed = CAISSE[:place] + str((int(CAISSE[place]) + by) % 10) + CAISSE[place + 1 :]
    assert not is_siret(changed)


@given(st.text(max_size=20))
def test_any_text_is_judged(text):
    assert is_siret(text) in (True, False)
