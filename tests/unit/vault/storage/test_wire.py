"""The wire to the store: connections that are kept, answers cut short, bodies that break off."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from vault.storage.errors import StoreUnavailable
from vault.storage.wire import Wire, read_all

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
CUT = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"
Says = Callable[..., Wire]


@pytest.fixture
def store() -> Iterator[Says]:
    """A store that says on each connection the answers it was given for it, one a request, and then closes it."""
    listening = socket.create_server(("127.0.0.1", 0))

    def say(*connections: list[bytes]) -> Wire:
        threading.Thread(target=_serve, args=(listening, connections), daemon=True).start()
        return Wire(f"127.0.0.1:{listening.getsockname()[1]}", secure=False, connect=5, read=5)

    yield say
    listening.close()


def _serve(listening: socket.socket, connections: tuple[list[bytes], ...]) -> None:
    for answers in connections:
        caller, _ = listening.accept()
        with caller:
            for answer in answers:
                if not caller.recv(65536):
                    break
                caller.sendall(answer)


def get(wire: Wire) -> bytes:
    with wire.request("GET", "http://store/name?signed=1") as answer:
        return b"".join(read_all(answer, 3))


def test_one_connection_carries_one_answer_after_another(store):
    wire = store([WHOLE, WHOLE])
    assert [get(wire), get(wire)] == [b"hello", b"hello"]


def test_a_connection_the_store_has_closed_is_not_used_again(store):
    wire = store([WHOLE], [WHOLE])
    assert get(wire) == b"hello"
    kept = wire._idle[0].sock
    assert kept.recv(1, socket.MSG_PEEK) == b""
    assert get(wire) == b"hello"


def test_an_answer_cut_short_is_no_answer(store):
    with pytest.raises(StoreUnavailable, match="cut short"):
        get(store([CUT]))


def test_what_was_not_read_to_its_end_is_not_kept(store):
    wire = store([WHOLE], [WHOLE])
    with wire.request("GET", "http://store/name?signed=1") as answer:
        assert answer.read(2) == b"he"
    assert get(wire) == b"hello"


def test_nobody_there_is_said_without_the_address():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wire = Wire(f"127.0.0.1:{taken.getsockname()[1]}", secure=False, connect=5, read=5)
    with pytest.raises(StoreUnavailable) as refused:
        get(wire)
    assert "signed" not in str(refused.value)


def test_an_error_of_the_body_comes_through(store):
    def broken() -> Iterator[bytes]:
        yield b"he"
        raise ConnectionResetError("the sender went away")

    wire = store([WHOLE])
    with (
        pytest.raises(ConnectionResetError, match="sender"),
        wire.request("PUT", "http://store/name?signed=1", body=broken(), headers={"content-length": "5"}),
    ):
        pass
    assert not wire._idle
