"""Two civil records of one person, or of two."""

import pytest

from hub.requirements.names import same_civil_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("BELKACEM", "Inès"), ("Belkacem", "INES")),
        (("LE GOFF", "Anne Marie"), ("Le Goff", "Anne")),
        (("D'ARTAGNAN", "Charles"), ("d Artagnan", "charles")),
    ],
)
def test_the_same_child(one, other):
    assert same_civil_name(*one, *other)
    assert same_civil_name(*other, *one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("BELKACEM", "Inès"), ("BELKACEM", "Iris")),
        (("BELKACEM", "Inès"), ("BELKACEM MARTIN", "Inès")),
        (("BELKACEM", "Anne Marie"), ("BELKACEM", "Marie")),
        (("BELKACEM", "Anne"), ("BELKACEM", "Annette")),
        (("BELKACEM", ""), ("BELKACEM", "")),
        (("王", "Li"), ("李", "Li")),
    ],
)
def test_two_children(one, other):
    assert not same_civil_name(*one, *other)
