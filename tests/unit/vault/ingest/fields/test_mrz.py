"""Machine-readable lines are believed where their check digits hold, and only there."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.assets.papers.reading import lined, made
from vault.ingest.extract import from_words
from vault.ingest.fields import mrz
from vault.ingest.fields.sheet import Sheet

# The specimens of ICAO Doc 9303, parts 4 to 6.
PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
VISA_SIZED = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")


def read(*lines: str) -> mrz.Mrz | None:
    """Read lines."""
    return mrz.read(Sheet(lined(*lines)).segments)


@pytest.mark.parametrize("lines", [PASSPORT, CARD, VISA_SIZED])
def test_the_specimens_of_icao(lines: tuple[str, ...]) -> None:
    found = read("REPUBLIC OF UTOPIA", *lines)
    assert found is not None
    assert (found.family_name, found.first_names) == ("ERIKSSON", "ANNA MARIA")
    assert (found.born_on, found.valid_until) == (date(1974, 8, 12), date(2012, 4, 15))


@given(st.sampled_from([PASSPORT, CARD, VISA_SIZED]), st.data())
def test_a_changed_digit_is_not_believed(lines: tuple[str, ...], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(lines) - 1))
    digits = [at for at, letter in enumerate(lines[row]) if letter.isdigit()]
    if not digits:
        return
    at = data.draw(st.sampled_from(digits))
    other = str((int(lines[row][at]) + data.draw(st.integers(1, 9))) % 10)
    assert read(*lines[:row], lines[row][:at] + other + lines[row][at + 1 :], *lines[row + 1 :]) is None


def test_what_engines_make_of_fillers() -> None:
    garbled = ("P<UTOERIKSSON«ANNA<MARIA<<<<<<<<<<<<<<<<<", "L898902C36UTO74O8122F12O4159ZE184226B<<<<<10")
    found = read(*garbled)
    assert found is not None
    assert found.born_on == date(1974, 8, 12)


def test_check_digits_of_the_standard() -> None:
    assert mrz.check_digit("520727") == 3
    assert mrz.check_digit("AB2134<<<") == 5


@pytest.mark.parametrize("layout", ["card_2021", "card_1988", "passport", "residence_permit"])
def test_papers_are_read_from_their_lines(layout: str) -> None:
    paper, words = made(layout)
    found = mrz.read(Sheet(words).segments)
    assert found is not None
    assert found.born_on is not None
    assert found.born_on.isoformat() == paper.fields["holder_born_on"]


def test_neither_number_nor_nationality_is_kept() -> None:
    for layout in ("card_2021", "passport", "residence_permit"):
        paper, words = made(layout)
        values = " ".join(from_words(paper.evidence_type, words).fields.values())
        assert not any(kept in values for kept in ("FRA", "SEN", "12345", "X4"))


@given(st.lists(st.text(alphabet="<ABCP0123456789IDFR", min_size=28, max_size=46), max_size=4))
def test_any_lines_are_survived(lines: list[str]) -> None:
    found = read(*lines)
    assert found is None or found.family_name
