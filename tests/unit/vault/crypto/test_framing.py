"""Two different lists of fields never give the same bytes."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.framing import frame

FIELDS = st.lists(st.binary(max_size=6), max_size=4)


@given(FIELDS, FIELDS)
def test_different_fields_give_different_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert (frame("d", *one) == frame("d", *other)) == (one == other)


def test_shape_is_length_then_field() -> None:
    assert frame("d", b"ab", "é", 1).hex() == "000000016400000002616200000002c3a9000000080000000000000001"
    assert frame("d", UUID(int=1)) == frame("d", bytes(15) + b"\x01")


def test_domain_keeps_uses_apart() -> None:
    assert frame("one", b"x") != frame("other", b"x")


def test_number_out_of_range_is_refused() -> None:
    for number in (-1, 2**64):
        with pytest.raises(OverflowError):
            frame("d", number)
