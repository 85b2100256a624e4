"""French words for dates, sizes and states."""

from datetime import UTC, date, datetime

import pytest

from contracts.documents import DocumentState, Grade
from hub.web import words
from vault.ingest.reasons import Reason


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (date(2026, 3, 1), "1er mars 2026"),
        (date(2026, 8, 23), "23 août 2026"),
        # Half past eleven at night in UTC is the next day in Paris.
        (datetime(2026, 7, 13, 23, 30, tzinfo=UTC), "14 juillet 2026"),
    ],
)
def test_a_day_in_words(value: date, said: str) -> None:
    assert words.day(value) == said


def test_a_moment_is_said_in_paris_time_in_summer_and_winter() -> None:
    assert words.moment(datetime(2026, 7, 1, 7, 5, tzinfo=UTC)).split() == [
        "1er",
        "juillet",
        "2026",
        "à",
        "9",
        "h",
        "05",
    ]
    assert words.moment(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)).split() == [
        "1er",
        "janvier",
        "2027",
        "à",
        "0",
        "h",
        "59",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2019-03-27", "27 mars 2019"),
        ("1991-00-00", "1991"),
        ("1991-07-00", "juillet 1991"),
        ("1991-07", "juillet 1991"),
        ("1991", "1991"),
    ],
)
def test_a_partial_date_of_birth_says_what_is_known(text: str, said: str) -> None:
    assert words.born(text) == said


@pytest.mark.parametrize(
    ("length", "said"), [(1, "1 Ko"), (345_000, "345 Ko"), (20_000_000, "20 Mo"), (1_250_000, "1,2 Mo")]
)
def test_a_size_in_words(length: int, said: str) -> None:
    assert words.size(length) == said


def test_every_state_reason_and_grade_has_words() -> None:
    assert set(words.STATES) == set(DocumentState)
    assert set(words.GRADES) == set(Grade)
    for state in DocumentState:
        for reason in (*Reason, "", "erased_by_holder"):
            assert words.state_sentence(state, reason)
