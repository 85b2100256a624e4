"""A partner that counts is never asked too often, whatever processes and answers do; what it says is heeded by all."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from connectors.port import HELD_BACK, Exchange, WireRequest
from contracts.outcomes import Phase
from hub.exchanges.egress import Ceilings, CountedTransport, Gate
from tests.journeys.doors import rows
from vault.db import Database

FEW = Ceilings(3, 7)
TOKEN = b"t" * 32


@pytest.fixture(scope="module")
def open_pool(running) -> Iterator[Callable[[], Database]]:
    """Pools as separate processes have them."""
    opened = []

    def connect(login: str = "unefois_worker") -> Database:
        opened.append(Database.connect(running.stores.dsn(login, driver="psycopg"), pool_size=2))
        return opened[-1]

    yield connect
    for pool in opened:
        pool.close()


@pytest.fixture
def gate(open_pool) -> Gate:
    return Gate(open_pool(), uuid4().hex, FEW, timedelta(minutes=5))


class Answering:
    """A partner that answers the same to everything, and counts."""

    def __init__(self, status: int | None = 200, phase: Phase = Phase.COMPLETE, **headers: str) -> None:
        self.asked = 0
        self._answer = (phase, status, tuple((name.replace("_", "-"), said) for name, said in headers.items()))

    def send(self, _: WireRequest) -> Exchange:
        self.asked += 1
        phase, status, headers = self._answer
        return Exchange(phase, datetime.now(UTC), status, headers)


def request(token: str) -> WireRequest:
    return WireRequest("GET", "https://p.example/", (("authorization", f"Bearer {token}"),))


def taken(gate: Gate, times: int, token: bytes = TOKEN) -> int:
    return sum(isinstance(gate.take(token), UUID) for _ in range(times))


def test_a_token_has_its_own_ceiling_and_all_have_one(gate):
    assert [taken(gate, 5, bytes([number]) * 32) for number in range(4)] == [3, 3, 1, 0]


def test_two_processes_and_the_one_after_a_restart_count_together(gate, open_pool):
    assert taken(gate, 2) == 2
    other = Gate(open_pool("unefois_door"), gate.name, FEW, gate.within)
    assert taken(other, 2) == 1
    assert taken(Gate(open_pool(), gate.name, FEW, gate.within), 1) == 0


def test_what_waits_is_told_how_long(gate):
    taken(gate, 3)
    wait = gate.take(TOKEN)
    # Nothing came back: each may still arrive until its deadline, and counts for a second from there.
    assert timedelta(minutes=4) < wait <= timedelta(minutes=5, seconds=1)


def test_a_request_that_never_left_gives_its_slot_back(gate):
    transport = CountedTransport(Answering(None, Phase.NOT_SENT), gate)
    assert {transport.send(request("a")).fault for _ in range(20)} == {""}


def test_one_that_was_sent_and_not_answered_keeps_it(gate):
    transport = CountedTransport(Answering(None, Phase.SENT), gate)
    assert [transport.send(request("a")).fault for _ in range(4)] == ["", "", "", HELD_BACK]


def test_what_is_held_back_leaves_no_byte_and_says_when(gate):
    partner = Answering()
    transport = CountedTransport(partner, gate)
    held = [transport.send(request(str(number))) for number in range(9)][-1]
    assert (partner.asked, held.phase, held.fault) == (7, Phase.NOT_SENT, HELD_BACK)
    assert 1 <= int(held.header("retry-after")) <= 60


def test_a_429_shuts_the_gate_for_every_process_and_token(gate, open_pool):
    CountedTransport(Answering(429, retry_after="3000"), gate).send(request("a"))
    other = Gate(open_pool("unefois_door"), gate.name, FEW, gate.within)
    wait = other.take(b"u" * 32)
    assert timedelta(seconds=2000) < wait <= timedelta(seconds=3000)


def test_a_429_that_does_not_say_shuts_it_for_a_minute_and_a_shorter_one_does_not_open_it(gate):
    CountedTransport(Answering(429), gate).send(request("a"))
    gate.came_back(uuid4(), Exchange(Phase.COMPLETE, datetime.now(UTC), 429, (("retry-after", "1"),)))
    assert gate.take(TOKEN) > timedelta(seconds=5)


def test_another_partners_gate_is_open(gate):
    CountedTransport(Answering(429, retry_after="3000"), gate).send(request("a"))
    assert taken(Gate(gate.db, uuid4().hex, FEW, gate.within), 1) == 1


def test_slots_go_when_no_window_holds_them(gate, running):
    taken(gate, 3)
    counted = "SELECT count(*) AS n FROM hub.egress_slot WHERE gate = %(gate)s"
    old = "UPDATE hub.egress_slot SET there_by = clock_timestamp() - interval '61 seconds' WHERE gate = %(gate)s RETURNING 1"
    rows(running, old, gate=gate.name)
    assert taken(gate, 1) == 1
    assert rows(running, counted, gate=gate.name)[0]["n"] == 1


def test_many_at_once_never_pass_a_ceiling(open_pool):
    """Arrivals are counted where they arrive, with answers that come late: in any second, one token's are few."""
    name, arrived, lock = uuid4().hex, [], threading.Lock()

    class Slow:
        def send(self, sent: WireRequest) -> Exchange:
            with lock:
                arrived.append((time.monotonic(), sent.headers[0][1]))
            time.sleep(0.02)
            return Exchange(Phase.COMPLETE, datetime.now(UTC), 200)

    def ask(pool: Database, until: float) -> None:
        transport = CountedTransport(Slow(), Gate(pool, name, Ceilings(4, 30), timedelta(seconds=5)))
        while time.monotonic() < until:
            for token in ("a", "b", "c"):
                transport.send(request(token))

    until = time.monotonic() + 2.5
    asking = [threading.Thread(target=ask, args=(open_pool(), until)) for _ in range(3)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert 1 <= len(arrived) <= 30
    for at, token in arrived:
        within = Counter(who for when, who in arrived if at <= when < at + 1)
        assert within[token] <= 4
