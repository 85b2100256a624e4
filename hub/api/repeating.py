"""``Idempotency-Key`` on every write of a known caller: begun where the caller is known, kept where the answer leaves."""

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.deposits.repeating import Repeatable, Said, begin_repeatable
from vault.db import before_commit
from vault.documents.custody import Custody

HEADER = "idempotency-key"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BY_THEMSELVES = {
    "/v1/documents": "its body streams: the content is part of what the key stands for, and is known at its end",
    "/deposer": "the same; the form carries its key",
    "/hub/v1/evidence-requests": "a signed answer lies with its release, and is said again only while it may be",
    "/hub/v1/family-asks": "the same way",
    "/hub/v1/webhook-replays": "the same way",
}
"""Paths that look after their key where their effect is."""
_NOT_KEPT = frozenset({"content-length", "date"})


class Replayed(Exception):
    """This write was done before; its answer is said again."""

    def __init__(self, said: Said) -> None:
        """Carry the answer to where it leaves."""
        super().__init__()
        self.said = said


async def once(request: Request, custody: Custody, caller: str) -> None:
    """Take the key of a write, once it is known who writes; what is changed from here on is changed once.

    Raises :class:`Replayed`, and what :func:`~hub.deposits.repeating.begin_repeatable` raises.
    """
    header, path = request.headers.get(HEADER), request.scope["path"]
    if header is None or request.method in SAFE or path in BY_THEMSELVES or path.startswith("/v1/uploads"):
        return
    content = (request.method.encode(), path.encode(), request.url.query.encode(), await request.body())
    found = await run_in_threadpool(begin_repeatable, custody, caller, header, *content)
    if isinstance(found, Said):
        raise Replayed(found)
    request.state.repeatable = found
    before_commit(found.effect)


class Kept:
    """ASGI middleware: the answer of a write under a key is kept before it leaves."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; those without a key go on as they are."""
        if scope["type"] != "http" or scope["method"] in SAFE or HEADER not in Headers(scope=scope):
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []

        async def hold_back(message: Message) -> None:
            if "repeatable" not in scope["state"]:
                await send(message)
                return
            messages.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await run_in_threadpool(_keep, scope["state"].pop("repeatable"), messages)
                for one in messages:
                    await send(one)

        scope.setdefault("state", {})
        try:
            await self._app(scope, receive, hold_back)
        finally:
            if (left := scope["state"].pop("repeatable", None)) is not None:
                await run_in_threadpool(left.broken)


def _keep(repeatable: Repeatable, messages: list[Message]) -> None:
    start, *parts = messages
    status = start["status"]
    if status < 400:
        headers = {name: said for name, said in Headers(raw=start["headers"]).items() if name not in _NOT_KEPT}
        repeatable.answered(Said(status, headers, b"".join(part.get("body", b"") for part in parts)))
    elif status < 500:
        repeatable.refused()
    else:
        repeatable.broken()


def install(app: FastAPI) -> None:
    """Honour keys on every write of ``app`` whose caller is known."""
    app.add_middleware(Kept)
    app.add_exception_handler(Replayed, _replay)


def _replay(_request: Request, error: Exception) -> Response:
    said = error.said if isinstance(error, Replayed) else Said(500, {}, b"")
    answer = Response(said.body, said.status)
    MutableHeaders(raw=answer.raw_headers).update(said.headers)
    return answer
