"""A one-time code: what it is made of, how it is read back, and what is kept of it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hub.linking.codes import ALPHABET, NewCode, _symbols

NO_CODE = "0" * 12


def test_a_code_is_twelve_symbols_that_nobody_mixes_up():
    assert re.fullmatch(f"[{ALPHABET}]{{12}}", NewCode.coin().symbols)
    assert not set(ALPHABET) & set("01ILOU")


def test_two_codes_share_neither_salt_nor_hash():
    one, other = NewCode.coin(), NewCode.coin()
    assert one.salt != other.salt
    assert one.digest != other.digest


@given(st.text(alphabet=ALPHABET, min_size=12, max_size=12), st.sampled_from(["-", " ", ".", "\u2013", "\u00a0"]))
def test_it_is_read_as_people_write_it(symbols, between):
    written = between.join((symbols[:4].lower(), symbols[4:8], symbols[8:])) + " "
    assert _symbols(written) == symbols


@given(st.text(max_size=40).filter(lambda text: len(re.sub(r"\W", "", text)) != 12))
def test_what_is_no_code_is_one_that_nobody_has(written):
    assert _symbols(written) == NO_CODE


def test_nothing_of_a_code_is_in_its_words():
    new = NewCode.coin()
    assert new.symbols not in repr(new)
