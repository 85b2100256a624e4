"""Whoever follows a feed by its cursors gets everything, whatever order transactions are committed in."""

import random
import threading
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.identifiers import new_uuid
from hub.errors import CursorGone, InvalidValue
from hub.notifications.feed import KEPT, place_new, read_cursor, read_feed, write_cursor
from hub.notifications.letting_go import prune
from tests.assets.partners import siret_of
from vault.standing import Purpose, standing


def read(town, partner, after=None, *, limit=100):
    with standing(purpose=Purpose.SENDING), town.db.read() as tx:
        return read_feed(tx, partner.siret, after, limit=limit, now=town.now())


def placed(town) -> None:
    with standing(purpose=Purpose.SENDING), town.db.transaction() as tx:
        place_new(tx)


def pruned(town) -> None:
    with standing(purpose=Purpose.SENDING), town.db.transaction() as tx:
        prune(tx, now=town.now())


def words(page) -> list[str]:
    return [event["data"]["requirement"] for event in page.events]


def test_what_commits_late_comes_after_the_cursor_and_is_not_skipped(town):
    partner = town.partner(webhook=False)
    with ExitStack() as open_one:
        slow = open_one.enter_context(town.db.transaction())
        town.tell(partner, "first", tx=slow)
        town.tell(partner, "second")
        placed(town)
        page = read(town, partner)
        assert words(page) == ["second"]
    placed(town)
    assert words(read(town, partner, page.cursor)) == ["first"]


def test_under_many_writers_that_commit_out_of_order_a_reader_gets_all_of_it_once(town):
    partner, told, got, stop = town.partner(webhook=False), 6 * 25, [], threading.Event()
    lines = [new_uuid() for _ in range(6)]

    def write(number: int) -> None:
        chance = random.Random(number)
        for n in range(25):
            with town.db.transaction() as tx:
                town.tell(partner, f"{number}-{n}", line=lines[number], tx=tx)
                stop.wait(chance.random() / 100)

    def place() -> None:
        while not stop.is_set():
            placed(town)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    placers = [threading.Thread(target=place) for _ in range(2)]
    for thread in (*writers, *placers):
        thread.start()
    cursor = None
    while len(got) < told and any(thread.is_alive() for thread in placers):
        page = read(town, partner, cursor, limit=7)
        got += words(page)
        cursor = page.cursor
        if len(got) > told:
            break
    stop.set()
    for thread in (*writers, *placers):
        thread.join()
    assert sorted(got) == sorted(f"{number}-{n}" for number in range(6) for n in range(25))
    for number in range(6):
        assert [one for one in got if one.startswith(f"{number}-")] == [f"{number}-{n}" for n in range(25)]


def test_places_of_a_feed_have_no_gaps_and_tell_nothing_of_other_feeds(town):
    one, other = town.partner(webhook=False), town.partner(webhook=False)
    for n in range(4):
        town.tell(one if n % 2 else other, str(n))
    placed(town)
    for partner in (one, other):
        rows = town.rows("SELECT place FROM hub.delivery WHERE siret = %(s)s ORDER BY place", s=partner.siret)
        assert [row["place"] for row in rows] == [1, 2]


def test_a_partner_reads_its_own_events_only_and_by_its_own_names(town):
    one, other = town.partner(webhook=False), town.partner(webhook=False)
    line = new_uuid()
    for partner in (one, other):
        town.tell(partner, "same", line=line)
    placed(town)
    (first,), (second,) = read(town, one).events, read(town, other).events
    values = [{str(first[name]) for name in ("id", "subject")}, {str(second[name]) for name in ("id", "subject")}]
    assert not values[0] & values[1]
    assert str(line) not in str(first) + str(second)


def test_events_of_a_service_no_longer_agreed_on_are_left_out(town):
    partner = town.partner(webhook=False)
    town.tell(partner, "before")
    placed(town)
    town.rows("UPDATE hub.agreement SET services = '{after_school}' WHERE siret = %(s)s", s=partner.siret)
    page = read(town, partner)
    assert (page.events, page.more) == ((), False)
    assert page.cursor == write_cursor(partner.siret, 1)


def test_a_feed_is_read_page_by_page_to_its_end(town):
    partner = town.partner(webhook=False)
    for n in range(5):
        town.tell(partner, str(n))
    placed(town)
    page = read(town, partner, limit=2)
    assert (words(page), page.more) == (["0", "1"], True)
    page = read(town, partner, page.cursor, limit=3)
    assert (words(page), page.more) == (["2", "3", "4"], False)
    assert read(town, partner, page.cursor).cursor == page.cursor


def test_a_feed_without_events_is_empty_and_has_a_cursor(town):
    page = read(town, town.partner(webhook=False))
    assert (page.events, page.more, page.cursor != "") == ((), False, True)


def test_what_is_too_old_goes_and_a_cursor_before_it_is_refused(town):
    partner = town.partner(webhook=False)
    town.tell(partner, "old")
    placed(town)
    beginning = write_cursor(partner.siret, 0)
    town.later(days=KEPT.days - 1)
    town.tell(partner, "young")
    placed(town)
    pruned(town)
    assert words(read(town, partner, beginning)) == ["old", "young"]
    town.clock[0] += timedelta(days=2)
    pruned(town)
    with pytest.raises(CursorGone):
        read(town, partner, beginning)
    assert words(read(town, partner)) == ["young"]


def test_thirty_days_are_kept():
    assert timedelta(days=30) <= KEPT


@given(st.integers(0, 2**63 - 1), st.integers(0, 10**11 - 1))
def test_a_cursor_says_its_place_to_its_partner_alone(place, number):
    siret, stranger = siret_of(number), siret_of((number + 1) % 10**11)
    assert read_cursor(siret, write_cursor(siret, place)) == place
    with pytest.raises(InvalidValue):
        read_cursor(stranger, write_cursor(siret, place))


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_anything_else_is_no_cursor(text):
    with pytest.raises(InvalidValue):
        read_cursor(siret_of(1), text)


def test_a_cursor_beyond_the_end_is_refused(town):
    partner = town.partner(webhook=False)
    with pytest.raises(InvalidValue):
        read(town, partner, write_cursor(partner.siret, 3))
