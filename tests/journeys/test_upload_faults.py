"""A paper is whole though the line breaks, two write at once, or the door or the store dies between its parts."""

import os
import random
import signal
import threading

import httpx
import pytest
from tusclient.exceptions import TusCommunicationError

from tests.faults.storms import part_pid
from tests.journeys.cutting import breaking_line
from tests.journeys.doors import assert_problem, objects, person_id, value
from tests.journeys.uploading import (
    PIECE,
    assert_deposited,
    assert_sealed,
    begun,
    kept,
    paper,
    send,
    stands,
    uploader,
)
from tests.system import eventually


@pytest.mark.parametrize("seed", range(6))
def test_a_connection_cut_at_random_offsets(resident, seed):
    chance = random.Random(seed)
    person = resident()
    content, _ = paper(chance.choice((300_000, 2_500_000, 4_000_000)))
    with breaking_line(host(person.system)) as line:
        sending = uploader(person, line.url("/v1/uploads"), content)
        sending.set_url(sending.create_url())
        line.cuts = [chance.randrange(300, len(content)) for _ in range(4)]
        line.deaf = [chance.random() < 0.2 for _ in range(4)]
        while sending.offset < len(content):
            try:
                sending.upload()
            except TusCommunicationError:
                sending.offset = sending.get_offset()
        assert line.cut > 0
    assert_deposited(person, content)
    assert not {row["object_name"] for row in kept(person)} - objects(person.system)


def test_bytes_before_the_break_are_kept(resident):
    person = resident()
    content, marker = paper(3_000_000)
    with breaking_line(host(person.system)) as line:
        sending = uploader(person, line.url("/v1/uploads"), content, chunk_size=len(content))
        sending.retries = 0
        sending.set_url(sending.create_url())
        line.cuts, line.gentle = [2_000_000], True
        with pytest.raises(TusCommunicationError):
            sending.upload()
        received = "SELECT received > 1900000 FROM vault.upload WHERE holder_id = %(who)s"
        eventually(lambda: value(person.system, received, who=person_id(person)))
        assert 1_900_000 < sending.get_offset() < 2_000_000
    assert kept(person) == []
    assert_sealed(person, marker)


def test_two_who_write_at_once(resident):
    person = resident()
    content, _ = paper(3_000_000)
    address = begun(person, len(content))
    first = Slow(person, address, content)
    eventually(
        lambda: value(
            person.system, "SELECT received > 0 FROM vault.upload WHERE holder_id = %(who)s", who=person_id(person)
        )
    )
    stood = stands(person, address)
    assert send(person, address, stood, content[stood:]).status_code == 204
    first.go_on.set()
    first.join(timeout=20)
    assert first.status in (409, 423)
    assert_deposited(person, content)


class Slow(threading.Thread):
    """Somebody who pauses half way, until told to go on."""

    def __init__(self, person, address, content):
        super().__init__(daemon=True)
        cookie = {"cookie": f"unefois_session={person.http.cookies['unefois_session']}"}
        self.told = PIECE | cookie | {"upload-offset": "0", "content-length": str(len(content))}
        self.url, self.content, self.status = person.system.door_url + address, content, None
        self.go_on = threading.Event()
        self.start()

    def run(self):
        def body():
            half = len(self.content) // 2
            yield self.content[:half]
            self.go_on.wait(timeout=20)
            yield self.content[half:]

        try:
            self.status = httpx.patch(self.url, content=body(), headers=self.told, timeout=20).status_code
        except httpx.TransportError:
            self.status = 423


@pytest.mark.parametrize("seed", range(2))
def test_the_door_dies_between_parts(resident, seed):
    person = resident()
    content, _ = paper(4_000_000)
    address = begun(person, len(content))
    assert send(person, address, 0, content[: 1_200_000 + seed]).status_code == 204
    sending = Slow(person, address, content)
    os.kill(part_pid(person.system, "door"), signal.SIGKILL)
    sending.go_on.set()
    sending.join(timeout=20)
    eventually(lambda: up(person))
    while (stood := stands(person, address)) < len(content):
        assert stood >= 1_200_000
        assert send(person, address, stood, content[stood : stood + 1_500_000]).status_code == 204
    assert_deposited(person, content)


def up(person):
    try:
        return person.http.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def test_the_store_dies_between_parts(resident):
    person = resident()
    content, _ = paper(4_000_000)
    address = begun(person, len(content))
    assert send(person, address, 0, content[:1_500_000]).status_code == 204
    os.kill(part_pid(person.system, "objects"), signal.SIGKILL)
    assert_problem(send(person, address, 1_500_000, content[1_500_000:]), "store-unavailable")
    assert stands(person, address) >= 1_500_000

    def goes_on():
        stood = stands(person, address)
        return stood == len(content) or send(person, address, stood, content[stood:]).status_code == 204

    eventually(goes_on)
    assert_deposited(person, content)


def host(system):
    name, _, port = system.door_url.removeprefix("http://").partition(":")
    return name, int(port)
