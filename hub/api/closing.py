"""While there is maintenance, what would write is refused before any work; what reads goes on."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.problems import PROBLEMS
from hub.api.authorisation import REVOCATION_PATH, TOKEN_PATH
from hub.api.problems import refusal_of
from hub.bootstrap import Door, ReleaseDoor

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN = frozenset({TOKEN_PATH, REVOCATION_PATH, "/sign-out", "/agents/sign-out"})
"""Without a token nobody reads; and to end a session is never refused."""
_ELSEWHERE = "/ops/dagster/"
"""Dagster keeps its own rows, and asks by POST what it shows; a run that would write in ours is refused by itself."""


def _open(path: str) -> bool:
    return path in _OPEN or path.startswith(_ELSEWHERE)


class Closed:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; look at nothing but a name in memory where there is no maintenance."""
        if scope["type"] == "http" and scope["method"] not in _READS and not _open(scope["path"]):
            door: Door | ReleaseDoor = scope["app"].state.door
            if door.watch is not None and (found := door.watch.now) is not None:
                answer = refusal_of(Request(scope), PROBLEMS["maintenance"])
                answer.headers["retry-after"] = str(found.retry_after(datetime.now(UTC)))
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
