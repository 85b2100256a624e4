"""School years, and the words of an acknowledgement."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identifiers import Siret
from hub.errors import InvalidValue
from hub.requests.acknowledgement import acknowledge
from hub.requests.notices import notice_on_request
from hub.requests.open import school_year_period
from hub.requirements.catalogue import load
from tests.system import CAISSE

CATALOGUE = load()


def test_a_school_year_runs_from_september_to_august():
    assert school_year_period("2026-2027") == (date(2026, 9, 1), date(2027, 8, 31))


@pytest.mark.parametrize("wrong", ["", "2026", "2026-2028", "2027-2026", "26-27", "2026-2027-2028", "٢٠٢٦-٢٠٢٧x"])
def test_no_school_year(wrong):
    with pytest.raises(InvalidValue):
        school_year_period(wrong)


@given(st.from_regex(r"[0-9]{4}-[0-9]{4}", fullmatch=True))
def test_whatever_looks_like_a_year_is_judged_and_never_breaks(text):
    try:
        first, last = school_year_period(text)
    except InvalidValue:
        return
    assert (last - first).days in (363, 364, 365)


def test_days_are_those_of_paris():
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # 1 July in Paris
    told = acknowledge(CATALOGUE, "canteen_enrolment", Siret(CAISSE), UUID(int=1), now=late)
    assert told["papers_before"] == "2026-07-31"


def test_a_notice_names_the_body_and_what_is_fetched_from_whom():
    fetched = notice_on_request(CATALOGUE, "canteen_tariff", Siret(CAISSE)).body
    assert "13e" in fetched
    assert "CAF" in fetched
    assert "CAF" not in notice_on_request(CATALOGUE, "canteen_enrolment", Siret(CAISSE)).body
