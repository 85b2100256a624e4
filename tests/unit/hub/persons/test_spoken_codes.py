"""A one-time code: what it is made of, how it is read back, and what is kept of it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hub.persons.spoken_codes import ALPHABET, NewCode, Written

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
    code = Written.read(written)
    assert code.locator + code.secret == symbols


@given(st.text(max_size=40).filter(lambda text: len(re.sub(r"\W", "", text)) != 12))
def test_what_is_no_code_is_one_that_nobody_has(written):
    code = Written.read(written)
    assert code.locator + code.secret == NO_CODE


def test_nothing_of_a_code_is_in_its_words():
    new = NewCode.coin()
    assert new.symbols not in repr(new)


def test_only_its_own_secret_matches_and_none_matches_nothing():
    one, other = NewCode.coin(), NewCode.coin()
    code = Written.read(one.spoken)
    assert code.matches(one.salt, one.digest)
    assert not code.matches(other.salt, other.digest)
    assert not code.matches(None, None)
