"""Names as people, papers and registers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.requirements.names import fold, match_key, names_person, tokens


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
