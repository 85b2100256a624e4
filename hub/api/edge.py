"""What every request meets first: a correlation identifier, a cap on bodies, and headers that every answer carries."""

import logging
import re
from collections.abc import Callable
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.problems import PROBLEMS
from hub.api.problems import problem
from hub.errors import QuotaExceeded
from hub.quotas import Quota
from vault import telemetry

_LOG = logging.getLogger("unefois.door")
BODY_MAX = 64 * 1024
"""Bytes of a body on every route but those that stream a document."""
_CORRELATION = re.compile(r"[A-Za-z0-9-]{8,64}")
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Cut(Exception):
    """An answer that had begun cannot be finished."""


class BodyTooLarge(HTTPException):
    """A body that is no document is over its cap."""

    def __init__(self) -> None:
        """Be of the framework's own kind: what reads a body makes « malformed » of any other."""
        super().__init__(413)


class Edge:
    """ASGI middleware; ``streams`` tells the requests whose body is a document and has its own limit."""

    def __init__(self, app: ASGIApp, *, streams: Callable[[Scope], bool]) -> None:
        """Wrap ``app``."""
        self._app = app
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; whatever is no request goes on as it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation = _correlation(Headers(scope=scope))
        scope.setdefault("state", {})["correlation"] = correlation

        telemetry.CORRELATION.set(correlation)
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["x-correlation-id"] = correlation
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if (quota := scope["state"].get("quota")) is not None:
                    headers.update(quota.headers())
            await send(message)

        try:
            heard = receive if self._streams(scope) else _capped(receive)
            if telemetry.on():
                await self._followed(scope, heard, answer)
            else:
                await self._app(scope, heard, answer)
        except ClientDisconnect:
            _LOG.info("client went away %s", correlation)
        except Exception as error:  # noqa: BLE001 - nothing of a fault may reach the server's own log
            # The last resort. The exception's text and frames may hold values, so only its kind is written down.
            _LOG.error("fault %s %s", type(error).__name__, correlation)
            if started:
                raise Cut from None
            kind = "too-large" if isinstance(error, BodyTooLarge) else "internal"
            await problem(PROBLEMS[kind], correlation)(scope, receive, answer)

    async def _followed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request as a span: the template of its route and its status, nothing of what was asked."""
        with telemetry.span("request", scope["method"]) as told:

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    told["outcome"] = str(message["status"])
                    # Known by now: whoever handles the request has found it.
                    told["name"] = f"{scope['method']} {getattr(scope.get('route'), 'path', 'unmatched')}"
                await send(message)

            await self._app(scope, receive, answer)


def _correlation(headers: Headers) -> str:
    given = headers.get("x-correlation-id", "")
    return given if _CORRELATION.fullmatch(given) else uuid4().hex


def _capped(receive: Receive) -> Receive:
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY_MAX:
            raise BodyTooLarge
        return message

    return limited


def spend_quota(request: Request, quota: Quota) -> None:
    """Have the answer say what is left of a quota; raises :class:`QuotaExceeded` where nothing was."""
    request.state.quota = quota
    if quota.exceeded:
        raise QuotaExceeded(quota.resets_in)
