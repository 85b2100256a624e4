"""How often callers whom nobody knows may ask: counted by the prefix of their address, whatever they ask for."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.problems import PROBLEMS
from hub.api.problems import refusal_of
from hub.bootstrap import Door, ReleaseDoor
from hub.quotas import Quota, Quotas, quotas_of

POLICY = "stranger"
_PREFIXES = {4: 24, 6: 48}
"""Bits that are counted together: what one subscriber or one office has, and not one of its machines (ADR 0041)."""
_UNCOUNTED = ("/health", "/static/")
"""What costs nothing and tells nothing."""
_CREDENTIALS = ("cookie", "authorization")
_NOWHERE = "nowhere"


class Strangers:
    """ASGI middleware: a request that nobody was known by counts, and one too many is refused."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; one that shows no credentials is refused before any work where its prefix has no more."""
        if scope["type"] != "http" or scope["path"].startswith(_UNCOUNTED):
            await self._app(scope, receive, send)
            return
        door: Door | ReleaseDoor = scope["app"].state.door
        limit = door.settings.stranger_requests_per_minute
        quotas = quotas_of(door.custody.db, door.custody.now)
        headers = Headers(scope=scope)
        prefix = prefix_of(scope, headers, door.settings.proxies)
        if not any(name in headers for name in _CREDENTIALS):
            over = quotas.look(POLICY, prefix, limit)
            if over.used >= limit:
                await _refuse(scope, receive, send, quotas.take(POLICY, prefix, limit))
                return
        await self._app(scope, receive, _Counting(scope, receive, send, quotas, prefix, limit))


class _Counting:
    """What sends an answer, once it is known whether its caller was."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, quotas: Quotas, prefix: str, limit: int) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._quotas, self._prefix, self._limit = quotas, prefix, limit
        self._refused = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and "quota" not in self._scope["state"]:
            quota = self._quotas.take(POLICY, self._prefix, self._limit)
            self._scope["state"]["quota"] = quota
            if quota.exceeded:
                # Whoever comes with a cookie or a token that is none gets no further than who comes with nothing.
                self._refused = True
                await _refuse(self._scope, self._receive, self._send, quota)
        if not self._refused:
            await self._send(message)


async def _refuse(scope: Scope, receive: Receive, send: Send, quota: Quota) -> None:
    scope["state"]["quota"] = quota
    answer = refusal_of(Request(scope), PROBLEMS["quota-exceeded"])
    answer.headers["retry-after"] = str(quota.resets_in)
    await answer(scope, receive, send)


def prefix_of(scope: Scope, headers: Headers, proxies: tuple[str, ...]) -> str:
    """Return the network a request comes from.

    What a proxy says of it (``X-Forwarded-For``) counts only from one of ``proxies``, read from its end: each proxy adds
    whom it heard, so the last one that is no proxy of ours is whom ours heard.
    """
    host = scope["client"][0] if scope.get("client") else ""
    forwarded = headers.getlist("x-forwarded-for") if proxies else []
    if not forwarded:
        return _network(host)
    trusted = [ip_network(one) for one in proxies]
    heard, said = host, ",".join(forwarded).split(",")
    while said and (at := _address(heard)) is not None and any(_within(at, one) for one in trusted):
        before = said.pop().strip()
        if _address(before) is None:
            break
        heard = before
    return _network(heard)


@lru_cache(maxsize=4096)
def _network(host: str) -> str:
    found = _address(host)
    return _NOWHERE if found is None else str(ip_network((found, _PREFIXES[found.version]), strict=False))


def _within(address: IPv4Address | IPv6Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network


def _address(said: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(said)
    except ValueError:
        return None
    # The same machine, as a socket of both kinds names it.
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
