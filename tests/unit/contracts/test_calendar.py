"""The weeks that two homes share, and the eighteenth birthday: also of who was born on 29 February or on a day nobody knows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.calendar import Parity, majority


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_every_day_is_one_parents(day):
    assert Parity.EVERY.has(day)
    assert Parity.EVEN.has(day) is not Parity.ODD.has(day)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_week_is_not_cut_in_two(day):
    monday = day - timedelta(days=day.weekday())
    assert {Parity.EVEN.has(monday + timedelta(days=n)) for n in range(7)} == {Parity.EVEN.has(day)}


def test_a_year_of_53_weeks_ends_with_two_odd_ones():
    assert [
        Parity.ODD.has(day) for day in (date(2026, 12, 21), date(2026, 12, 28), date(2027, 1, 3), date(2027, 1, 4))
    ] == [
        False,
        True,
        True,
        True,
    ]
    assert Parity.EVEN.has(date(2027, 1, 11))


BORN = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(BORN)
def test_it_is_the_same_day_eighteen_years_on_and_the_first_of_march_where_there_is_none(born):
    grown = majority(born.isoformat())
    leap = (born.month, born.day) == (2, 29)
    assert grown == (date(born.year + 18, 3, 1) if leap else date(born.year + 18, born.month, born.day))


@given(BORN, BORN)
def test_who_is_older_is_never_of_age_later(one, other):
    older, younger = sorted((one, other))
    assert majority(older.isoformat()) <= majority(younger.isoformat())


@given(BORN)
def test_of_a_day_that_is_not_known_the_latest_counts(born):
    grown = majority(born.isoformat())
    month, year = majority(f"{born:%Y-%m}-00"), majority(f"{born:%Y}-00-00")
    assert grown <= month <= year == date(born.year + 18, 12, 31)
    assert month - grown < timedelta(days=31)


@pytest.mark.parametrize("written", ["", "2008", "2008-02-30", "2008-13-01", "x-y-z", "2008-1-1-1"])
def test_what_is_no_date_makes_nobody_of_age(written):
    assert majority(written) is None
