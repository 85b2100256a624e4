"""One suite for every object store, then what is particular to S3."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from tests.unit.vault.storage import elsewhere
from tests.unit.vault.storage.seaweed import Seaweed
from vault.storage.errors import LongBody, ObjectMissing, ShortBody, StoreRefused, StoreUnavailable
from vault.storage.memory import MemoryObjectStore
from vault.storage.objects import ObjectName, StreamingStore, new_object_name
from vault.storage.s3 import S3ObjectStore

BODY = bytes(range(256)) * 1200


class HungUpError(Exception):
    """The parent's telephone lost its network."""


def chunks(data: bytes) -> Iterator[bytes]:
    """Return ``data`` in pieces of no round size."""
    return (data[start : start + 7001] for start in range(0, len(data), 7001))


async def arriving(data: bytes, *, then: Exception | None = None) -> AsyncIterator[bytes]:
    """Return ``data`` as it comes in at a door, and possibly a fault after it."""
    for chunk in chunks(data):
        yield chunk
        await asyncio.sleep(0)
    if then is not None:
        raise then


def streamed(store: StreamingStore, *steps: Callable[[], Awaitable[None]]) -> None:
    """Run ``steps`` as one door would, in one event loop."""

    async def door() -> None:
        try:
            for step in steps:
                await step()
        finally:
            await store.aclose()

    asyncio.run(door())


def send(store: StreamingStore, name: ObjectName, body: AsyncIterator[bytes], length: int) -> None:
    """Send one body through a door of its own."""
    streamed(store, lambda: store.put_stream(name, body, length))


@pytest.fixture(params=["memory", "seaweed", *elsewhere.NAMES])
def store(request: pytest.FixtureRequest) -> StreamingStore:
    """Every implementation, empty or as good as."""
    if request.param == "memory":
        return MemoryObjectStore()
    if request.param in elsewhere.NAMES:
        return elsewhere.store()
    seaweed: Seaweed = request.getfixturevalue("seaweed")
    return S3ObjectStore(seaweed.address)


@pytest.mark.parametrize("length", [1, 4096, len(BODY)])
def test_what_is_put_is_what_is_got(store: StreamingStore, length: int) -> None:
    name = new_object_name()
    store.put(name, chunks(BODY[:length]), length)
    assert b"".join(store.get(name)) == BODY[:length]


@pytest.mark.parametrize("length", [1, 4096, len(BODY)])
def test_what_streams_in_is_what_is_got(store: StreamingStore, length: int) -> None:
    name = new_object_name()
    send(store, name, arriving(BODY[:length]), length)
    assert b"".join(store.get(name)) == BODY[:length]


def test_object_is_there_until_it_is_deleted(store: StreamingStore) -> None:
    name = new_object_name()
    assert not store.exists(name)
    store.put(name, [b"x"], 1)
    assert store.exists(name)
    store.delete(name)
    store.delete(name)
    assert not store.exists(name)
    with pytest.raises(ObjectMissing):
        next(store.get(name))


def test_listing_names_everything_once_and_in_order(store: StreamingStore) -> None:
    lengths = {new_object_name(): length for length in range(1, 8)}
    for name, length in lengths.items():
        store.put(name, [BODY[:length]], length)
    found = list(store.listing())
    assert [one.name for one in found] == sorted(one.name for one in found)
    assert {one.name: one.length for one in found if one.name in lengths} == lengths
    assert all(one.shown and one.stored_at.tzinfo for one in found)


@pytest.mark.parametrize(("difference", "error"), [(1, ShortBody), (len(BODY), ShortBody), (-1, LongBody)])
def test_body_of_another_length_makes_no_object(store: StreamingStore, difference: int, error: type[Exception]) -> None:
    one, other = new_object_name(), new_object_name()
    with pytest.raises(error):
        store.put(one, chunks(BODY), len(BODY) + difference)
    with pytest.raises(error):
        send(store, other, arriving(BODY), len(BODY) + difference)
    assert not store.exists(one)
    assert not store.exists(other)


def test_sender_that_hangs_up_makes_no_object_and_its_error_comes_through(store: StreamingStore) -> None:
    name = new_object_name()
    with pytest.raises(HungUpError):
        send(store, name, arriving(BODY, then=HungUpError()), 2 * len(BODY))
    assert not store.exists(name)


def test_cut_upload_leaves_an_earlier_object_as_it_was(store: StreamingStore) -> None:
    name = new_object_name()
    store.put(name, [b"first"], 5)
    with pytest.raises(ShortBody):
        send(store, name, arriving(b"second"), 7)
    assert b"".join(store.get(name)) == b"first"


def test_many_streams_at_once_arrive_whole(store: StreamingStore) -> None:
    names = [new_object_name() for _ in range(12)]

    async def all_at_once() -> None:
        bodies = [BODY[number:] for number in range(len(names))]
        pairs = zip(names, bodies, strict=True)
        await asyncio.gather(*(store.put_stream(name, arriving(body), len(body)) for name, body in pairs))

    streamed(store, all_at_once)
    assert all(b"".join(store.get(name)) == BODY[number:] for number, name in enumerate(names))


def test_names_are_random_and_long_enough() -> None:
    names = {new_object_name() for _ in range(1000)}
    assert len(names) == 1000
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in names)


def test_wrong_secret_is_refused(seaweed: Seaweed) -> None:
    stranger = S3ObjectStore(replace(seaweed.address, secret_key="of somebody else"))  # that is the test
    with pytest.raises(StoreRefused):
        stranger.put(new_object_name(), [b"x"], 1)
    with pytest.raises(StoreRefused):
        next(stranger.get(new_object_name()))


def test_missing_bucket_is_refused(seaweed: Seaweed) -> None:
    lost = S3ObjectStore(replace(seaweed.address, bucket="nowhere"))
    with pytest.raises(StoreRefused):
        lost.put(new_object_name(), [b"x"], 1)


def test_store_that_does_not_answer_is_unavailable(seaweed: Seaweed) -> None:
    nobody = S3ObjectStore(replace(seaweed.address, endpoint="127.0.0.1:9"))
    name = new_object_name()
    attempts: list[Callable[[], object]] = [
        lambda: nobody.put(name, [b"x"], 1),
        lambda: send(nobody, name, arriving(b"x"), 1),
        lambda: next(nobody.get(name)),
        lambda: nobody.exists(name),
        lambda: nobody.delete(name),
    ]
    for attempt in attempts:
        with pytest.raises(StoreUnavailable):
            attempt()


def test_no_secret_and_no_signed_address_is_logged_or_shown(seaweed: Seaweed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = S3ObjectStore(seaweed.address)
    name = new_object_name()
    store.put(name, [b"x"], 1)
    send(store, name, arriving(b"x"), 1)
    assert "Signature" not in caplog.text
    assert seaweed.address.secret_key not in caplog.text + repr(seaweed.address)


def test_acknowledged_objects_survive_a_power_cut(seaweed: Seaweed) -> None:
    store = S3ObjectStore(seaweed.address)
    names = [new_object_name() for _ in range(20)]
    for name in names:
        store.put(name, [BODY], len(BODY))
    seaweed.kill()
    with pytest.raises(StoreUnavailable):
        store.put(new_object_name(), [b"x"], 1)
    seaweed.start()
    assert all(b"".join(store.get(name)) == BODY for name in names)
