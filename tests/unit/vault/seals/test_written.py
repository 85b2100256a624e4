"""Codes in a text: separators spelled out or real, wrapped or not, and nothing slipped in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.seals import written

ONE = b"DC03FR00000112421636040110M/A/B\x1d411\x1d\x1fAB2M"
SPELLED = b"DC03FR00000112421636040110M/A/B<GS>411<gs><US>AB2M"


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        SPELLED,
        SPELLED + b"\n",
        b"\xef\xbb\xbf" + SPELLED + b"\r\n\r\n",
        b"\n\n  \n" + SPELLED + b"  \n",
        SPELLED[:30] + b"\n" + SPELLED[30:],
        SPELLED[:20] + b"\r\n" + SPELLED[20:40] + b"\r\n" + SPELLED[40:],
    ],
)
def test_one_code_is_read_however_it_is_written(text: bytes) -> None:
    assert written.codes_in(text) == [ONE]


def test_several_codes_are_told_apart() -> None:
    assert written.codes_in(SPELLED + b"\n" + ONE + b"\n") == [ONE, ONE]


def test_words_around_a_code_are_judged_too() -> None:
    assert written.codes_in(b"Bonjour\n" + ONE) == [b"Bonjour", ONE]
    assert written.codes_in(ONE + b"\nPS") == [ONE + b"PS"]


def test_a_binary_code_is_one_code() -> None:
    code = b"\xdc\x04\n\x00<GS>"
    assert written.codes_in(code) == [code]
    assert not written.is_text(code)


@given(st.binary(max_size=200))
def test_no_byte_that_shows_is_lost(text: bytes) -> None:
    shown = b"".join(written.codes_in(text))
    if b"<" not in text:
        assert [value for value in shown if value > 32] == [
            value for value in text.removeprefix(b"\xef\xbb\xbf") if value > 32
        ]


@pytest.mark.parametrize("data", [b"a\0b", b"\xff\xfe", b"x" * (written.MAX_TEXT_BYTES + 1)])
def test_what_is_no_text_is_told(data: bytes) -> None:
    assert not written.is_text(data)
