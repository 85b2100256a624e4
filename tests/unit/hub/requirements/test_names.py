"""Names as people, papers and registers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.requirements.names import child_likeness, fold, likeness, match_key, names_person, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [("Inès", "INES"), ("Le Goff-Martin", "LE GOFF MARTIN"), ("  d'Artagnan ", "D ARTAGNAN"), ("Œuvrard", "OEUVRARD")],
)
def test_the_same_name_written_differently(one, other):
    assert fold(one) == fold(other)


def test_titles_are_no_part_of_a_name():
    assert tokens("Mme Nora BELKACEM") == {"NORA", "BELKACEM"}


def test_a_person_is_named_by_a_whole_family_name_and_one_given_name():
    def named(printed: str) -> bool:
        return names_person(printed, family_names=("LE GOFF",), given_names=("Anne", "Marie"))

    assert named("LE GOFF Marie")
    assert not named("GOFF Anne")
    assert not named("LE GOFF")


def test_an_empty_name_names_nobody():
    assert not names_person("BELKACEM NORA", family_names=("",), given_names=("Nora",))
    assert not names_person("BELKACEM NORA", family_names=("Belkacem",), given_names=("",))
    assert not names_person("BELKACEM NORA", family_names=("  -",), given_names=("Nora",))


@given(st.text(max_size=30))
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=3))
def test_a_match_key_does_not_depend_on_accents_or_case(family, given_names):
    if fold(family.upper()) == fold(family) and all(fold(n.upper()) == fold(n) for n in given_names):
        upper = match_key(family.upper(), [n.upper() for n in given_names], "2018-06-05")
        assert upper == match_key(family, given_names, "2018-06-05")


@pytest.mark.parametrize("name", ["M", "Mme", "王", "Иванова", "-"])
def test_a_name_of_which_nothing_is_left_names_nobody(name):
    assert not names_person("BELKACEM NORA", family_names=(name,), given_names=("Nora",))
    assert not names_person("BELKACEM NORA", family_names=("Belkacem",), given_names=(name,))


@pytest.mark.parametrize(
    ("printed", "family", "expected"),
    [
        ("LEGOFF Anne", "LE GOFF", "same"),
        ("LE GOFF ANNE", "LEGOFF", "same"),
        ("GOFF Anne", "LE GOFF", "close"),
        ("Anne d\u2019Artagnan", "DARTAGNAN", "same"),
        ("BENSALAH Anne", "BEN SALAH", "same"),
        ("VAN DER BERG Anne", "VANDERBERG", "other"),
        ("BELKACME Anne", "BELKACEM", "close"),
        ("ROY A", "ROY", "close"),
        ("ROI Anne", "ROY", "other"),
        ("", "ROY", "unreadable"),
    ],
)
def test_adults_as_a_hurried_clerk_writes_them(printed, family, expected):
    assert likeness(printed, family_names=(family,), given_names=("Anne",)) == expected


@pytest.mark.parametrize(
    ("printed", "known", "expected"),
    [
        ("Inès", ("Inès", "Marie"), "same"),
        ("INES, MARIE", ("Inès", "Marie"), "same"),
        ("Jean-Baptiste", ("Jean",), "other"),
        ("Jean", ("Jean-Baptiste",), "other"),
        ("JEAN BAPTISTE", ("Jean-Baptiste",), "same"),
        ("Jean-Baptiste", ("Jean", "Baptiste"), "close"),
        ("JEAN BAPTISTE", ("Jean",), "close"),
        ("Anne Marie", ("Marie",), "other"),
        ("Marie, Anne", ("Marie", "Louise"), "close"),
        ("王", ("Marie",), "unreadable"),
    ],
)
def test_twins_differ_in_the_first_given_name_alone(printed, known, expected):
    assert child_likeness("ROY", printed, family_names=("ROY",), given_names=known) == expected


@given(st.text(max_size=20), st.text(max_size=12), st.text(max_size=12))
def test_whatever_is_printed_is_compared(printed, family, given_name):
    found = likeness(printed, family_names=(family,), given_names=(given_name,))
    assert found != "same" or (tokens(family) and tokens(given_name))
    child_likeness(printed, family, family_names=(family,), given_names=(given_name,))
