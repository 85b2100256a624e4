"""Two papers on one form are told apart by what is read from them; a letter misread is no contradiction."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.readings import Field
from vault.documents.likeness import contradict, differing
from vault.ingest.reading import LOOK_BYTES

LOOKS = st.binary(min_size=LOOK_BYTES, max_size=LOOK_BYTES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({Field.ISSUED_ON: "2026-10-12"}, {Field.ISSUED_ON: "2026-09-12"}),
        ({Field.REFERENCE: "A-1182"}, {Field.REFERENCE: "A-1183"}),
        ({Field.CHILD_FIRST_NAMES: "Maëlle"}, {Field.CHILD_FIRST_NAMES: "Gaspard"}),
        ({Field.HOLDER_NAME: "MARTIN Camille"}, {Field.HOLDER_NAME: "DUPOND Noé"}),
        ({Field.REFERENCE_INCOME: "26712"}, {Field.REFERENCE_INCOME: "26713"}),
    ],
)
def test_another_date_amount_reference_or_name_is_another_paper(one, other):
    assert contradict(one, other)
    assert contradict(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {Field.ISSUED_ON: "2026-09-12"}),
        ({Field.REFERENCE: "A 1182"}, {Field.REFERENCE: "a-1182"}),
        ({Field.CHILD_FAMILY_NAME: "OUVRARD"}, {Field.CHILD_FAMILY_NAME: "0UVRARD"}),
        ({Field.STREET: "12 RUE DES PEUPLIERS"}, {Field.STREET: "12, rue des Peupliers (75013)"}),
    ],
)
def test_what_one_reading_missed_or_misread_is_not(one, other):
    assert not contradict(one, other)


@given(LOOKS, LOOKS)
def test_how_far_two_looks_are_does_not_depend_on_which_comes_first(one, other):
    assert differing(one, other) == differing(other, one)


@given(LOOKS)
def test_a_look_is_like_itself(look):
    assert differing(look, look) == 0


def test_chance_is_far_from_alike():
    far = [differing(secrets.token_bytes(LOOK_BYTES), secrets.token_bytes(LOOK_BYTES)) for _ in range(50)]
    assert min(far) > 80
