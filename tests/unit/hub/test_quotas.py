"""Quotas: counted without a round trip, together over processes and restarts, and never lost for good."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.quotas import Quota, Quotas
from vault.db import Database


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 8, 0, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def db(running):
    found = Database.connect(running.stores.dsn("unefois_release", driver="psycopg"), pool_size=2)
    yield found
    found.close()


def times(quotas: Quotas, caller: str, count: int) -> Quota:
    return [quotas.take("partner", caller, 10) for _ in range(count)][-1]


def test_two_processes_and_the_one_after_a_restart_count_together(db, clock):
    caller, first, second = uuid4().hex, Quotas(db, clock), Quotas(db, clock)
    times(first, caller, 6)
    times(second, caller, 5)
    first.sync()
    second.sync()
    assert times(second, caller, 1).exceeded
    after_restart = Quotas(db, clock)
    times(after_restart, caller, 1)
    after_restart.sync()
    assert times(after_restart, caller, 1).used == 13


def test_what_is_counted_while_it_is_shared_is_counted_once(db, clock):
    caller, quotas = uuid4().hex, Quotas(db, clock)
    for _ in range(3):
        times(quotas, caller, 2)
        quotas.sync()
        quotas.sync()
    assert times(quotas, caller, 1).used == 7


def test_a_new_minute_begins_at_nothing(db, clock):
    caller, quotas = uuid4().hex, Quotas(db, clock)
    assert times(quotas, caller, 11).exceeded
    clock.at += timedelta(seconds=50)
    assert not times(quotas, caller, 1).exceeded


def test_callers_and_policies_do_not_share(db, clock):
    quotas = Quotas(db, clock)
    times(quotas, "a", 5)
    assert quotas.take("partner", "b", 10).used == 1
    assert quotas.take("resident", "a", 10).used == 1


def test_a_database_that_is_away_loses_no_count(db, clock):
    nowhere = Database.connect("postgresql+psycopg://nobody:none@127.0.0.1:1/none", pool_size=1)
    caller, quotas = uuid4().hex, Quotas(nowhere, clock)
    times(quotas, caller, 4)
    quotas.sync()
    assert times(quotas, caller, 1).used == 5
    quotas._db = Quotas(db, clock)._db
    quotas.sync()
    other = Quotas(db, clock)
    times(other, caller, 1)
    other.sync()
    assert times(other, caller, 1).used == 7


def test_the_fields_are_those_of_the_draft():
    told = Quota("partner", 100, 40, 30).headers()
    assert told == {"ratelimit-policy": '"partner";q=100;w=60', "ratelimit": '"partner";r=60;t=30'}


@given(st.integers(1, 10**6), st.integers(0, 10**7))
def test_what_is_left_is_never_below_nothing(limit, used):
    quota = Quota("resident", limit, used, 1)
    left = int(quota.headers()["ratelimit"].partition("r=")[2].partition(";")[0])
    assert left == max(0, limit - used)
    assert quota.exceeded == (used > limit)
