"""What custody costs over the bare store: deposits and reads by turns with plain puts and gets of the same size."""

import io
import os
import secrets
import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import urllib3
from minio import Minio

from tests.bench import serving
from tests.bench.holding import Holding
from tests.bench.measuring import Row, seconds, spread
from tests.journeys.doors import bucket, person_id
from tests.system import Resident, System

CONCURRENCY = 8
ROUNDS = 7
Send = Callable[[int, bytes], None]


def deposit_1mb() -> Iterator[Row]:
    """Deposits of 1 MB eight at a time, beside plain ``put_object`` of the same bytes by the same store's SDK."""
    yield _deposits(serving.without_worker(), "deposit_1mb", 1_000_000, 32, goal=0.5)


def deposit_100kb() -> Iterator[Row]:
    """The same with 100 kB."""
    yield _deposits(serving.without_worker(), "deposit_100kb", 100_000, 96, goal=0.3)


def deposit_1mb_under_reading() -> Iterator[Row]:
    """The same with the worker reading what comes in; a figure without a goal."""
    yield _deposits(serving.whole(), "deposit_1mb_under_reading", 1_000_000, 32, goal=None)


def read_100kb() -> Iterator[Row]:
    """Own copies of 100 kB through the gate, eight at a time, beside plain ``get_object`` of as many bytes.

    Each spends a ticket, finds its ground, commits a journal entry, verifies the row, unwraps, decrypts and verifies.
    Tickets are issued before, outside the time.
    """
    system, size, count = serving.without_worker(), 100_000, 96
    resident = Resident(system).sign_in()
    with Holding(system) as holding:
        documents = [holding.record(person_id(resident), os.urandom(size)) for _ in range(16)]
        store, pool = bucket(system), client_pool()
        names = [secrets.token_hex(16) for _ in documents]
        for name in names:
            store.put_object(system.stores.bucket, name, io.BytesIO(os.urandom(size)), size)

        def get(number: int, _: bytes) -> None:
            answer = store.get_object(system.stores.bucket, names[number % len(names)])
            assert len(answer.read()) == size
            answer.close()
            answer.release_conn()

        def reads() -> float:
            tickets = [holding.ticket(person_id(resident), documents[n % len(documents)]) for n in range(count)]

            def read(number: int, _: bytes) -> None:
                answer = pool.request("GET", f"{system.release_url}/previews/{tickets[number]}")
                assert (answer.status, len(answer.data)) == (200, size)

            return rate(read, [b""] * count)

        row = by_turns("read_100kb", reads, lambda: rate(get, [b""] * count), goal=0.3, against="get_object")
        yield replace(row, note=f"{row.note}; ticket checked, journal, decryption, verification; tickets issued before")


def _deposits(system: System, name: str, size: int, count: int, *, goal: float | None) -> Row:
    people = [Resident(system).sign_in() for _ in range(CONCURRENCY)]
    deposit, put = _deposit(system, people), _put(system)
    return by_turns(
        name,
        lambda: rate(deposit, _papers(size, count)),
        lambda: rate(put, _papers(size, count)),
        goal=goal,
        against="put_object",
    )


def by_turns(
    name: str, ours: Callable[[], float], theirs: Callable[[], float], *, goal: float | None, against: str
) -> Row:
    """Take both by turns; the row says how many times the one the other is."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    ratio = statistics.median(one / other for one, other in pairs)
    rates = [one for one, _ in pairs]
    return Row(
        name,
        round(statistics.median(rates), 1),
        "1/s",
        "" if goal is None else f"≥ {goal:g}",
        goal is None or ratio >= goal,
        against=round(statistics.median(other for _, other in pairs), 1),
        ratio=round(ratio, 2),
        spread=spread(rates),
        repetitions=ROUNDS,
        note=f"against plain {against}, {CONCURRENCY} at a time",
    )


def rate(send: Send, papers: Sequence[bytes]) -> float:
    """How many a second are sent, eight at a time."""
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return len(papers) / seconds(lambda: list(pool.map(send, range(len(papers)), papers)))


def _papers(size: int, count: int) -> list[bytes]:
    return [b"%PDF-1.7\n" + os.urandom(size - 9) for _ in range(count)]


def client_pool() -> urllib3.PoolManager:
    """Connections kept, as many as there are senders."""
    # The client the store's SDK uses too, so that both sides of a ratio pay the same for it.
    return urllib3.PoolManager(maxsize=CONCURRENCY, block=True)


def _deposit(system: System, people: list[Resident]) -> Send:
    pool, url = client_pool(), f"{system.door_url}/v1/documents"
    cookies = [f"unefois_session={one.http.cookies['unefois_session']}" for one in people]

    def send(number: int, paper: bytes) -> None:
        told = {
            "cookie": cookies[number % len(cookies)],
            "content-type": "application/pdf",
            "idempotency-key": secrets.token_hex(16),
        }
        answer = pool.request("POST", url, body=paper, headers=told)
        assert answer.status == 201, answer.data

    return send


def _put(system: System) -> Send:
    store: Minio = bucket(system)

    def send(_: int, paper: bytes) -> None:
        store.put_object(system.stores.bucket, secrets.token_hex(16), io.BytesIO(paper), len(paper))

    return send
