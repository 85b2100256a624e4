"""Numbers and addresses as they are written down: one form, and only what a message or a letter reaches."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.post.sheet import ADDRESS_LINES
from hub.errors import InvalidValue
from hub.persons.postal import LINE_MAX, PostalAddress
from hub.persons.telephones import hinted, mobile_number

GOOD = PostalAddress("8 bis, rue de l'Œuvre", "75013", "Paris", "Chez Mme Nuñez, esc. 2")


@pytest.mark.parametrize(
    "written", ["06 39 98 00 01", "+33 6 39 98 00 01", "0033639980001", "06.39.98.00.01", "+33 (0)6 39 98 00 01"]
)
def test_a_number_has_one_form_however_it_is_written(written):
    assert mobile_number(written) == "+33639980001"


def test_a_number_from_elsewhere_keeps_its_country():
    assert mobile_number("+44 7911 123456") == "+447911123456"


@pytest.mark.parametrize(
    "written",
    ["", "abc", "01 99 00 00 00", "08 99 12 34 56", "3615", "+33 6 39 98", "06 39 98 00 01 poste 3", "0" * 41],
)
def test_what_takes_no_text_message_is_refused(written):
    with pytest.raises(InvalidValue):
        mobile_number(written)


@given(st.text(max_size=60))
def test_whatever_is_written_is_a_number_or_refused(written):
    with suppress(InvalidValue):
        assert mobile_number(written).startswith("+")


def test_of_a_number_its_end_is_shown():
    assert hinted("+33639980001") == "•• 01"


def test_an_address_is_written_as_the_post_wants_it():
    assert GOOD.faults() == []
    assert GOOD.lines() == ("Chez Mme Nuñez, esc. 2", "8 bis, rue de l'Œuvre", "75013 PARIS")
    assert 1 + len(GOOD.lines()) <= ADDRESS_LINES
    assert "Œuvre" not in repr(GOOD)


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        (PostalAddress("", "75013", "Paris"), ["street"]),
        (PostalAddress("8 rue\nX", "75013", "Paris"), ["street"]),
        (PostalAddress("x" * (LINE_MAX + 1), "75013", "Paris"), ["street"]),
        (PostalAddress("8 rue", "7501", "Paris"), ["postcode"]),
        (PostalAddress("8 rue", "75013", ""), ["town"]),
        (PostalAddress("8 rue", "75013", "x" * 35), ["town"]),
        (PostalAddress("8 rue", "75013", "Paris", "日本"), ["extra"]),
    ],
)
def test_what_no_envelope_takes_is_said_field_by_field(address, wrong):
    assert address.faults() == wrong
