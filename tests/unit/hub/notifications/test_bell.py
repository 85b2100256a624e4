"""Whoever waits for a feed is woken by the commit that made it grow, and by no other partner's."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress

import pytest

from contracts.identifiers import Siret
from hub.notifications import bell as bell_room
from hub.notifications.bell import WAITERS_MAX, Bell, Waiter
from hub.notifications.feed import place_new
from tests.system import eventually
from vault.errors import DatabaseUnavailable
from vault.standing import Purpose, standing

PATIENCE = 120.0


@pytest.fixture
def bell(town) -> Bell:
    return Bell(town.url.replace("+psycopg", ""))


async def rung(waiter: Waiter, act: Callable[[], object] = lambda: None) -> bool:
    """Do something in another thread while somebody waits."""
    doing = asyncio.get_running_loop().run_in_executor(None, act)
    woken = await waiter.wait(asyncio.get_running_loop().time() + PATIENCE)
    await doing
    return woken


async def quiet(waiter: Waiter) -> None:
    """Wait for the first ring of all, which says that the bell has begun to listen."""
    assert await rung(waiter)


def grow(town, partner) -> None:
    town.tell(partner, "one")
    with standing(purpose=Purpose.SENDING), town.db.transaction() as tx:
        place_new(tx)


def test_a_commit_wakes_who_waits(town, bell):
    partner = town.partner(webhook=False)

    async def waits() -> bool:
        with bell.waiting(partner.siret) as waiter:
            await quiet(waiter)
            return await rung(waiter, lambda: grow(town, partner))

    assert asyncio.run(waits())


def test_another_partners_event_wakes_nobody(town, bell):
    one, other = town.partner(webhook=False), town.partner(webhook=False)

    async def waits() -> tuple[bool, bool]:
        with bell.waiting(one.siret) as first, bell.waiting(other.siret) as second:
            await quiet(first)
            await quiet(second)
            heard = await rung(second, lambda: grow(town, other))
            return heard, first.rung.is_set()

    assert asyncio.run(waits()) == (True, False)


def test_what_is_placed_and_rolled_back_wakes_nobody(town, bell):
    partner, other = town.partner(webhook=False), town.partner(webhook=False)

    def undone() -> None:
        town.tell(partner, "one")
        with suppress(ZeroDivisionError), standing(purpose=Purpose.SENDING), town.db.transaction() as tx:
            place_new(tx)
            raise ZeroDivisionError
        town.rows("DELETE FROM hub.delivery WHERE siret = %(s)s", s=partner.siret)
        # Announced after it: so the other announcement would have come before.
        grow(town, other)

    async def waits() -> tuple[bool, bool]:
        with bell.waiting(partner.siret) as first, bell.waiting(other.siret) as second:
            await quiet(first)
            await quiet(second)
            heard = await rung(second, undone)
            return heard, first.rung.is_set()

    assert asyncio.run(waits()) == (True, False)


def test_one_partner_cannot_have_everybody_wait(town, bell):
    partner, other = town.partner(webhook=False), town.partner(webhook=False)

    async def waits() -> list[bool]:
        with ExitStack() as held:
            given = [held.enter_context(bell.waiting(partner.siret)) is not None for _ in range(WAITERS_MAX + 1)]
            return [*given, held.enter_context(bell.waiting(other.siret)) is not None]

    assert asyncio.run(waits()) == [True] * WAITERS_MAX + [False, True]
    # And their places are free again.
    assert asyncio.run(waits())[0]


def test_time_that_is_over_is_told(town, bell):
    async def waits() -> bool:
        with bell.waiting(town.partner(webhook=False).siret) as waiter:
            await quiet(waiter)
            return await waiter.wait(asyncio.get_running_loop().time())

    assert not asyncio.run(waits())


def test_a_database_that_is_away_is_said_once_and_a_bell_that_nobody_has_is_gone(caplog, monkeypatch):
    monkeypatch.setattr(bell_room, "_PAUSE", 0.01)
    away = Bell("postgresql://nobody:none@127.0.0.1:1/none")
    tried = []
    monkeypatch.setattr(bell_room, "listening", lambda *_: tried.append(1) or _away())

    async def waits(bell: Bell) -> None:
        with bell.waiting(Siret("91000001200013")):
            pass

    before = set(threading.enumerate())
    asyncio.run(waits(away))
    eventually(lambda: len(tried) > 3)
    (thread,) = (one for one in set(threading.enumerate()) - before if one.name == "feed bell")
    del away
    thread.join(60)
    assert not thread.is_alive()
    assert [one.message for one in caplog.records] == ["whoever waits for a feed is not woken: the database is away"]


@contextmanager
def _away():
    raise DatabaseUnavailable("of this test")
    yield
