"""Plain HTTP/1.1 to the store on connections that are kept: a body goes in or comes out, and nothing is sent twice."""

import select
import ssl
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from vault.storage.errors import StoreUnavailable

_KEPT = 32
"""Connections at most that wait for their next use."""


class Wire:
    """One per process, for any thread; addresses are signed by whoever calls."""

    def __init__(self, endpoint: str, *, secure: bool, connect: float, read: float) -> None:
        """Speak to ``endpoint`` (host and port), waiting ``connect`` seconds for a connection and ``read`` for bytes."""
        self._host, self._port = _split(endpoint, secure=secure)
        self._trust = ssl.create_default_context() if secure else None
        self._connect, self._read = connect, read
        self._idle: deque[HTTPConnection] = deque()

    @contextmanager
    def request(
        self,
        method: str,
        address: str,
        *,
        body: Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[HTTPResponse]:
        """Send a request and give its answer for the time of the block; what is not read of it closes the connection.

        An error of ``body`` comes through as it is, and the store has no object then: it never saw the whole length.
        Raises :class:`StoreUnavailable`, also out of the block where reading the answer fails in it.
        """
        parts = urlsplit(address)
        source = None if body is None else _Source(body)
        connection = self._take()
        try:
            connection.request(method, f"{parts.path}?{parts.query}", source, dict(headers or {}))
            answer = connection.getresponse()
            yield answer
        except (HTTPException, OSError) as error:
            connection.close()
            if source is not None and source.fault is not None:
                raise source.fault from None
            # The library's own words hold the signed address.
            raise StoreUnavailable(type(error).__name__) from None
        except BaseException:
            connection.close()
            raise
        self._put_back(connection, answer)

    def _take(self) -> HTTPConnection:
        while self._idle:
            try:
                kept = self._idle.pop()
            except IndexError:
                break
            if _silent(kept):
                return kept
            kept.close()
        return self._fresh()

    def _fresh(self) -> HTTPConnection:
        if self._trust is None:
            fresh = HTTPConnection(self._host, self._port, timeout=self._connect)
        else:
            fresh = HTTPSConnection(self._host, self._port, timeout=self._connect, context=self._trust)
        try:
            fresh.connect()
            fresh.sock.settimeout(self._read)
        except OSError as error:
            fresh.close()
            raise StoreUnavailable(type(error).__name__) from None
        return fresh

    def _put_back(self, connection: HTTPConnection, answer: HTTPResponse) -> None:
        # An answer that was read to its end closes itself; the socket stays, unless the store asked to close it.
        if answer.isclosed() and connection.sock is not None and len(self._idle) < _KEPT:
            self._idle.append(connection)
        else:
            connection.close()


def read_all(answer: HTTPResponse, size: int) -> Iterator[bytes]:
    """Yield the body of an answer in chunks of ``size``; raises :class:`StoreUnavailable` where it is cut short."""
    left = answer.length
    while chunk := answer.read(size):
        if left is not None:
            left -= len(chunk)
        yield chunk
    if left:
        raise StoreUnavailable("the answer was cut short")


class _Source:
    """A body that remembers why it broke off."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body
        self.fault: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        except Exception as error:
            self.fault = error
            raise


def _silent(connection: HTTPConnection) -> bool:
    """Tell whether a kept connection can be used: the store has said nothing more on it, and not closed it."""
    waiting = select.poll()
    waiting.register(connection.sock, select.POLLIN | select.POLLHUP | select.POLLERR)
    return not waiting.poll(0)


def _split(endpoint: str, *, secure: bool) -> tuple[str, int]:
    parts = urlsplit(f"//{endpoint}")
    return parts.hostname or "", parts.port or (443 if secure else 80)
