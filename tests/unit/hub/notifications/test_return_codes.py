"""A code as people type it leads to one code or to none, and a slip is noticed."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidValue
from hub.notifications.return_codes import new_code, read_code, spelled

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
codes = st.builds(lambda _: new_code(), st.integers())


def test_a_code_is_printed_in_four_groups_without_letters_that_look_alike():
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", spelled(new_code()))


@given(codes)
def test_however_it_is_typed_or_seen_by_a_camera_it_is_the_same_code(code):
    for written in (
        spelled(code),
        spelled(code).lower(),
        f"  {spelled(code).replace('-', ' ')} ",
        code.replace("0", "o").replace("1", "l"),
        f"https://porte.example/courrier/{code}",
        f"https://porte.example/courrier/{code}/",
    ):
        assert read_code(written) == code


@given(codes, st.integers(0, 15), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_noticed(code, at, letter):
    wrong = code[:at] + letter + code[at + 1 :]
    if wrong != code:
        with pytest.raises(InvalidValue):
            read_code(wrong)


@given(codes, st.integers(0, 14))
def test_two_neighbours_changed_over_are_noticed(code, at):
    wrong = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    # Luhn's sum is blind to the first and the last letter of the alphabet changing places, and to nothing else.
    if wrong != code and {code[at], code[at + 1]} != {LETTERS[0], LETTERS[-1]}:
        with pytest.raises(InvalidValue):
            read_code(wrong)


@given(st.text(max_size=300))
def test_whatever_is_typed_is_a_code_or_refused(written):
    with suppress(InvalidValue):
        assert len(read_code(written)) == 16
