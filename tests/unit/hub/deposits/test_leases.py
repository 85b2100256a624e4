"""Idempotency keys in flight: how long a door keeps them, living, dead, or without its database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from hub.deposits import idempotency
from hub.deposits.leases import LEASE, RENEW_AFTER, Leases, leases_of
from hub.deposits.tables import IDEMPOTENCY
from hub.errors import IdempotencyKeyInFlight
from tests.unit.vault.journal.postgres import running_postgres
from vault.db import Database
from vault.errors import DatabaseUnavailable

WHO, KEY = "somebody", "a-key-of-theirs"
BEGUN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SCHEMA = """
CREATE SCHEMA hub;
CREATE TABLE hub.idempotency (
    caller text NOT NULL, key text NOT NULL, fingerprint bytea, status integer, response jsonb,
    expires_at timestamptz NOT NULL, PRIMARY KEY (caller, key))
"""


class Clock:
    """What the door takes for the present."""

    def __init__(self) -> None:
        self.moment = BEGUN

    def __call__(self) -> datetime:
        return self.moment


class Away:
    """A database that does not answer."""

    @contextmanager
    def single(self) -> Iterator[None]:
        raise DatabaseUnavailable
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with running_postgres() as url:
        db = Database.connect(url)
        with db.transaction() as tx:
            tx.driver.execute(SCHEMA.encode())
        yield db
        db.close()


@pytest.fixture
def db(server) -> Database:
    with server.transaction() as tx:
        tx.execute(text("TRUNCATE hub.idempotency"))
    return server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(db, clock) -> Leases:
    """Those of a door that has just taken the key."""
    assert idempotency.begin(db, WHO, KEY, now=BEGUN) is None
    made = Leases(db, clock)
    made.hold((WHO, KEY))
    return made


def settle(db: Database, *, now: datetime) -> None:
    with db.transaction() as tx:
        idempotency.settle(tx, WHO, KEY, fingerprint=b"f", status=201, response={"document": "d"}, now=now)


def expiry(db: Database) -> datetime | None:
    with db.read() as tx:
        return tx.execute(select(IDEMPOTENCY.c.expires_at)).scalar_one_or_none()


def test_a_key_is_in_flight_for_a_lease_and_then_free(db):
    assert idempotency.begin(db, WHO, KEY, now=BEGUN) is None
    with pytest.raises(IdempotencyKeyInFlight):
        idempotency.begin(db, WHO, KEY, now=BEGUN + LEASE - timedelta(seconds=1))
    assert idempotency.begin(db, WHO, KEY, now=BEGUN + LEASE) is None


def test_a_living_door_keeps_what_it_holds(db, clock, leases):
    clock.moment += timedelta(seconds=RENEW_AFTER)
    leases.look(time.monotonic() + RENEW_AFTER)
    assert expiry(db) == clock.moment + LEASE
    with pytest.raises(IdempotencyKeyInFlight):
        idempotency.begin(db, WHO, KEY, now=BEGUN + LEASE)


def test_a_short_deposit_costs_no_renewal(db, clock, leases):
    clock.moment += timedelta(seconds=RENEW_AFTER - 1)
    leases.look(time.monotonic())
    assert expiry(db) == BEGUN + LEASE


def test_a_key_with_its_answer_is_neither_renewed_nor_given_back(db, clock, leases):
    settle(db, now=BEGUN)
    leases.look(time.monotonic() + RENEW_AFTER)
    assert expiry(db) == BEGUN + idempotency.KEPT
    leases.give_back((WHO, KEY))
    assert idempotency.begin(db, WHO, KEY, now=BEGUN).status == 201


def test_a_key_let_go_is_renewed_no_more(db, clock, leases):
    leases.let_go((WHO, KEY))
    clock.moment += timedelta(seconds=RENEW_AFTER)
    leases.look(time.monotonic() + RENEW_AFTER)
    assert expiry(db) == BEGUN + LEASE


def test_a_key_given_back_serves_at_once(db, leases):
    leases.give_back((WHO, KEY))
    assert idempotency.begin(db, WHO, KEY, now=BEGUN) is None


def test_a_key_that_could_not_be_given_back_is_given_back_later(db, leases):
    leases._db = Away
    leases.give_back((WHO, KEY))
    leases.look(time.monotonic())
    assert expiry(db) is not None
    leases._db = lambda: db
    leases.look(time.monotonic())
    assert expiry(db) is None


def test_what_is_owed_beyond_its_lease_may_be_anothers(db, leases):
    leases._db = Away
    leases.give_back((WHO, KEY))
    leases._db = lambda: db
    leases.look(time.monotonic() + LEASE.total_seconds())
    assert expiry(db) is not None


def test_of_two_who_hold_one_key_only_one_has_an_effect(db):
    assert idempotency.begin(db, WHO, KEY, now=BEGUN) is None
    assert idempotency.begin(db, WHO, KEY, now=BEGUN + LEASE) is None
    settle(db, now=BEGUN + LEASE)
    with pytest.raises(IdempotencyKeyInFlight):
        settle(db, now=BEGUN + LEASE)


def test_a_process_has_one_set_of_leases(db, clock):
    assert leases_of(db, clock) is leases_of(db, clock)
