"""Carry a request over HTTP within a deadline and say how far it got; no redirect, no proxy, no cookie.

Where a rule for addresses is given, the name is resolved here, checked, and the checked address is what is dialled.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx

from connectors.addresses import AddressRule, Origin
from connectors.errors import AddressRefused
from connectors.port import Exchange, Headers, Limits, WireRequest
from contracts.outcomes import Phase

_SENDING = ("http11.send_request_headers.started", "http2.send_request_headers.started")


@cache
def _tls() -> ssl.SSLContext:
    # Reading the machine's certificates takes tens of milliseconds: once a process, not once a transport.
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(slots=True)
class _Progress:
    """What the connection told us so far; written by the sending thread, read by the watchdog."""

    phase: Phase = Phase.NOT_SENT
    expired: bool = False
    status: int | None = None
    headers: Headers = ()
    body: bytearray = field(default_factory=bytearray)
    _stream: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow httpcore's trace events: a byte may have left from the first attempt to send headers on."""
        if event in _SENDING:
            self.phase = Phase.SENT
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._stream = info["return_value"]
                if self.expired:
                    self._cut()

    def expire(self) -> None:
        """End the conversation now: read timeouts alone let a trickle of bytes last for ever."""
        with self._lock:
            self.expired = True
            self._cut()

    def _cut(self) -> None:
        raw = self._stream.get_extra_info("socket") if self._stream is not None else None
        if raw is not None:
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)

    def ended(self, phase: Phase, fault: str = "") -> Exchange:
        """Return what is known as an exchange."""
        return Exchange(
            phase=phase,
            at=datetime.now(UTC),
            status=self.status,
            headers=self.headers,
            body=bytes(self.body),
            fault=fault,
        )


@contextmanager
def _deadline(seconds: float, expire: Callable[[], None]) -> Iterator[None]:
    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class HttpTransport:
    """One binding's way out; connections are not kept, so « sent or not » is never a question of an old socket."""

    def __init__(self, limits: Limits, *, origin: str, rule: AddressRule | None = None) -> None:
        """Carry requests to ``origin`` (scheme, host, port) and nowhere else.

        An origin that somebody outside named needs a ``rule``; one of our own configuration is dialled as it is.
        """
        self._limits = limits
        self._origin = Origin.of(origin)
        self._rule = rule
        self._client = httpx.Client(
            verify=_tls(),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def __enter__(self) -> Self:
        """Use as a context manager to close what is open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def send(self, request: WireRequest) -> Exchange:
        """Carry ``request`` and return how far it got; never raises for a fault of the network."""
        progress = _Progress()
        try:
            if Origin.of(request.url) != self._origin:
                return progress.ended(Phase.NOT_SENT, "origin_refused")
            with _deadline(self._limits.total_s, progress.expire):
                return self._converse(request, progress, self._addresses())
        except AddressRefused:
            return progress.ended(Phase.NOT_SENT, "address_refused")
        except httpx.TimeoutException:
            return progress.ended(progress.phase, "timeout")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            return progress.ended(progress.phase, "timeout" if progress.expired else _word(error, progress.phase))

    def _addresses(self) -> list[str | None]:
        return [None] if self._rule is None else [*self._rule.addresses(self._origin)]

    def _converse(self, request: WireRequest, progress: _Progress, addresses: list[str | None]) -> Exchange:
        *others, last = addresses
        for address in others:
            try:
                return self._at(address, request, progress)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if progress.expired or progress.phase is not Phase.NOT_SENT:
                    raise
        return self._at(last, request, progress)

    def _at(self, address: str | None, request: WireRequest, progress: _Progress) -> Exchange:
        """Converse with the server at a checked address, under the name it is known by and certified for."""
        started = time.monotonic()
        headers = [*request.headers, ("accept-encoding", "identity")]
        url, extensions = httpx.URL(request.url), {"trace": progress.trace, "sni_hostname": self._origin.host}
        if address is not None:
            headers.append(("host", url.netloc.decode("ascii")))
            url = url.copy_with(host=address)
        with self._client.stream(
            request.method, url, headers=headers, content=request.body or None, extensions=extensions
        ) as response:
            progress.phase = Phase.HEADERS
            progress.status = response.status_code
            progress.headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
            # Raw bytes: a partner that compresses unasked cannot make a small body large.
            for chunk in response.iter_raw():
                if len(progress.body) + len(chunk) > self._limits.body_max_bytes:
                    return progress.ended(Phase.HEADERS, "body_too_large")
                progress.body += chunk
                if progress.expired or time.monotonic() - started > self._limits.total_s:
                    return progress.ended(Phase.HEADERS, "timeout")
        # A body without a length ends with the connection, also when it was our deadline that ended it.
        if progress.expired:
            return progress.ended(Phase.HEADERS, "timeout")
        return progress.ended(Phase.COMPLETE)


def _word(error: Exception, phase: Phase) -> str:
    if phase is Phase.NOT_SENT:
        return "connect" if isinstance(error, (httpx.NetworkError, OSError)) else "not_sendable"
    return "protocol" if isinstance(error, httpx.RemoteProtocolError) else "reset"
