"""Carries a body of known length to a signed address while it is still being made; holds no more than a chunk of it."""

from collections.abc import AsyncIterator

import aiohttp
from yarl import URL

from vault.storage.errors import StoreUnavailable

_CONNECTIONS = 32
_KEPT_ALIVE = 5.0
"""Seconds; shorter than any store keeps a silent connection, so that none is used which it has just closed."""


class Carrier:
    """One per process; it belongs to the event loop in which it is first used."""

    def __init__(self, *, connect: float, read: float) -> None:
        """Wait ``connect`` seconds for a connection and ``read`` seconds for an answer."""
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
        self._session: aiohttp.ClientSession | None = None

    async def put(self, address: str, body: AsyncIterator[bytes], length: int) -> tuple[int, bytes]:
        """Send exactly ``length`` bytes; return the status of the answer and what it says.

        An error of ``body`` comes through as it is, and the store has no object then: it never saw the whole length.
        Raises :class:`StoreUnavailable`.
        """
        source = _Source(body)
        headers = {"content-length": str(length), "content-type": "application/octet-stream"}
        try:
            # Signed as it is: nothing of the address may be written differently.
            async with self._open().put(
                URL(address, encoded=True), data=source, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            if source.fault is not None:
                raise source.fault from None
            # The library's own words hold the signed address.
            raise StoreUnavailable(type(error).__name__) from None

    async def aclose(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_KEPT_ALIVE)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("accept", "accept-encoding", "user-agent"),
                raise_for_status=False,
            )
        return self._session


class _Source:
    """A body that is sent at most once, and remembers why it broke off."""

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body: AsyncIterator[bytes] | None = body
        self.fault: Exception | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        body, self._body = self._body, None
        if body is None:
            # The library tries a PUT again over a fresh connection; what has been streamed cannot be sent twice.
            raise ConnectionResetError
        return self._noting(body)

    async def _noting(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for chunk in body:
                yield chunk
        except Exception as error:
            self.fault = error
            raise
