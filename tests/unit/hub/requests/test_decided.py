"""What a decision still is beside those that came after it, whatever came and in whatever order."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from hub.requests.decided import fields_of, placed

FIRST, LAST = date(2026, 9, 1), date(2027, 8, 31)
LINE, CHILD = uuid4(), uuid4()


def row(number: str = "1", since: date = FIRST, until: date | None = LAST, **changed: Any) -> Any:
    told: dict[str, Any] = {
        "decision_id": uuid4(), "current": LINE, "payer_id": uuid4(), "service": "canteen_tariff", "line_from": FIRST,
        "line_until": LAST, "line_retracted": None, "child_id": CHILD, "school_year": "2026-2027", "body": "91000001200013",
        "number": number, "kind": "tariff", "amends": None, "amends_number": None, "decided_on": FIRST, "notified_on": None,
        "valid_from": since, "valid_until": until, "tariff_band": "4", "parity": "every", "share": 100, "school_name": None,
        "school_uai": None, "refused_for": None, "author_service": "a", "author_function": "b", "remedies": [],
        "recorded_at": datetime(2026, 9, 1, tzinfo=UTC),
    }  # fmt: skip
    return SimpleNamespace(**(told | changed))


def periods(*rows: Any) -> list[tuple[date, date] | None]:
    return [(one.first, one.last) if one.ever else None for one in placed(rows)]


def test_a_later_one_ends_the_earlier_one_the_day_before():
    march = date(2027, 3, 1)
    assert periods(row(), row("2", march)) == [(FIRST, date(2027, 2, 28)), (march, LAST)]


def test_what_is_corrected_never_was():
    assert periods(row(), row("2", amends="corrects", amends_number="1")) == [None, (FIRST, LAST)]
    assert periods(row(), row(amends="corrects", amends_number="1")) == [None, (FIRST, LAST)]


def test_what_is_withdrawn_ends_and_nothing_follows():
    gone = row("2", date(2027, 3, 1), None, amends="withdraws", amends_number="1", tariff_band=None)
    assert periods(row(), gone) == [(FIRST, date(2027, 2, 28)), None]


def test_a_tariff_for_a_time_does_not_bring_the_earlier_one_back():
    march, may = date(2027, 3, 1), date(2027, 5, 1)
    assert periods(row(), row("2", march, may))[0] == (FIRST, date(2027, 2, 28))


def test_what_came_later_for_the_months_before_changes_nothing():
    half = date(2027, 2, 1)
    assert periods(row("1", half), row("2", FIRST, half - timedelta(days=1)))[0] == (half, LAST)


def test_it_ends_with_its_line_and_does_not_begin_before():
    moved, split = date(2027, 1, 15), date(2026, 11, 1)
    assert periods(row(line_until=moved)) == [(FIRST, moved)]
    assert periods(row(until=None, line_from=split)) == [(split, LAST)]
    assert periods(row(line_retracted=datetime(2026, 9, 2, tzinfo=UTC))) == [None]


def test_the_fields_that_rules_read_are_the_days_it_is_in_force():
    (first, _) = placed([row(parity="odd"), row("2", date(2027, 3, 1))])
    told = fields_of(first)
    assert (told["valid_until"], told["tariff_band"], told["weeks"]) == ("2027-02-28", "4", "odd")


DAYS = st.integers(0, 364).map(lambda n: FIRST + timedelta(days=n))
ROWS = st.lists(
    st.tuples(DAYS, st.sampled_from([None, "supersedes", "corrects", "withdraws"]), st.integers(0, 5)), max_size=6
)


@given(ROWS, DAYS)
def test_never_two_on_one_day_and_nothing_is_lost(told, day):
    rows = [
        row(str(n), since, amends=kind, amends_number=None if kind is None else str(of))
        for n, (since, kind, of) in enumerate(told)
    ]
    found = placed(rows)
    assert len(found) == len(rows)
    assert sum(one.on(day) for one in found) <= 1
