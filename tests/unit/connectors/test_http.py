"""The phase of a conversation is told truly, against real sockets that misbehave."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from connectors.http import HttpTransport
from connectors.port import Exchange, Limits, WireRequest
from contracts.outcomes import Phase

LIMITS = Limits(connect_s=10, read_s=10, total_s=20, body_max_bytes=1000)
SOON_OVER = Limits(connect_s=10, read_s=0.5, total_s=1, body_max_bytes=1000)
BODY = b"hello"


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does ``talk`` with its one caller."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(timeout=3)


def converse(talk: Callable[[socket.socket], None], limits: Limits = LIMITS) -> Exchange:
    with speaking(talk) as origin, HttpTransport(limits, origin=origin) as transport:
        return transport.send(WireRequest("POST", f"{origin}/x", (), BODY))


def hear(connection: socket.socket) -> None:
    """Read the whole request: whoever closes with something unread resets the connection, and its answer may be lost."""
    heard = b""
    while not heard.endswith(BODY):
        heard += connection.recv(65536)


def says(raw: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        hear(connection)
        connection.sendall(raw)

    return talk


def silence(connection: socket.socket) -> None:
    hear(connection)
    time.sleep(0.8)


def test_a_whole_answer() -> None:
    exchange = converse(says(b"HTTP/1.1 201 Created\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok"))
    assert (exchange.phase, exchange.status, exchange.body) == (Phase.COMPLETE, 201, b"ok")
    assert exchange.header("x-a") == "1"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    exchange = converse(says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"))
    assert (exchange.phase, exchange.status) == (Phase.COMPLETE, 302)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
    with HttpTransport(LIMITS, origin=origin) as transport:
        exchange = transport.send(WireRequest("GET", f"{origin}/"))
    assert (exchange.phase, exchange.fault) == (Phase.NOT_SENT, "connect")


def test_another_origin_gets_no_byte() -> None:
    with HttpTransport(LIMITS, origin="https://partner.example") as transport:
        exchange = transport.send(WireRequest("GET", "https://other.example/"))
    assert (exchange.phase, exchange.fault) == (Phase.NOT_SENT, "origin_refused")


@pytest.mark.parametrize(
    ("talk", "phase", "fault"),
    [
        (hear, Phase.SENT, "protocol"),
        (silence, Phase.SENT, "timeout"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), Phase.HEADERS, "protocol"),
        (says(b"not http at all\r\n\r\n"), Phase.SENT, "protocol"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001), Phase.HEADERS, "body_too_large"),
    ],
    ids=["closed", "silent", "half a body", "not http", "too large"],
)
def test_a_conversation_that_breaks(talk: Callable[[socket.socket], None], phase: Phase, fault: str) -> None:
    exchange = converse(talk, SOON_OVER if talk is silence else LIMITS)
    assert (exchange.phase, exchange.fault) == (phase, fault)


def trickle(head: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        hear(connection)
        connection.sendall(head)
        try:
            for _ in range(40):
                time.sleep(0.1)
                connection.sendall(b"x")
        except OSError:
            return

    return talk


@pytest.mark.parametrize(
    ("head", "phase"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", Phase.SENT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", Phase.HEADERS),
        (b"HTTP/1.1 200 OK\r\n\r\n", Phase.HEADERS),
    ],
    ids=["headers", "body", "body without length"],
)
def test_a_trickle_ends_at_the_deadline(head: bytes, phase: Phase) -> None:
    exchange = converse(trickle(head), SOON_OVER)
    assert (exchange.phase, exchange.fault) == (phase, "timeout")


def test_environment_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert converse(says(b"HTTP/1.1 204 No Content\r\n\r\n")).status == 204
