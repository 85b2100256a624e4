"""What the residents' door costs over the bare store: the same bytes deposited and plainly put, by turns."""

import io
import os
import secrets
import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from minio import Minio

from tests.bench import serving
from tests.bench.measuring import Row, seconds, spread
from tests.system import Papers, Resident, System

CONCURRENCY = 8
ROUNDS = 5
SIZES = {"100kb": (100_000, 64), "1mb": (1_000_000, 32)}


def deposits() -> Iterator[Row]:
    """Deposits a second through the API beside puts a second by the store's own SDK, eight at a time."""
    system = serving.without_worker()
    base = Papers(system.places.papers).bill(Resident(system))
    people = [Resident(system).sign_in() for _ in range(CONCURRENCY)]
    for name, (size, count) in SIZES.items():
        hand_in, put = _door(people), _store(system)
        _round(hand_in, base, size, CONCURRENCY)
        _round(put, base, size, CONCURRENCY)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(_round(hand_in, base, size, count))
            theirs.append(_round(put, base, size, count))
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        yield Row(
            f"deposits_{name}_per_s",
            round(statistics.median(ours), 1),
            "1/s",
            against=round(statistics.median(theirs), 1),
            ratio=round(statistics.median(ratios), 2),
            spread=spread(ours),
            repetitions=ROUNDS,
            note=f"against plain put_object, {CONCURRENCY} at a time, no worker beside it",
        )


def _round(send: Callable[[int, bytes], None], base: bytes, size: int, count: int) -> float:
    """Send ``count`` different papers; return how many a second."""
    papers = [_padded(base, size) for _ in range(count)]
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return count / seconds(lambda: list(pool.map(send, range(count), papers)))


def _padded(base: bytes, size: int) -> bytes:
    return base + b"\n%" + os.urandom((size - len(base)) // 2 + 1).hex().encode()


def _door(people: list[Resident]) -> Callable[[int, bytes], None]:
    def send(number: int, paper: bytes) -> None:
        answer = people[number % len(people)].hand_in(paper, "application/pdf")
        assert answer.status_code == 201, answer.text

    return send


def _store(system: System) -> Callable[[int, bytes], None]:
    stores = system.stores
    sdk = Minio(
        stores.objects_endpoint,
        access_key=stores.objects_access_key,
        secret_key=stores.objects_secret_key,
        secure=False,
        region="us-east-1",
    )

    def send(_: int, paper: bytes) -> None:
        sdk.put_object(stores.bucket, secrets.token_hex(16), io.BytesIO(paper), len(paper))

    return send
