"""Dagster's pages behind the console's sign-in: they know none of their own, and listen where nobody else can ask.

Whoever may look may look; what would change something is read from the grammar of the request, and takes an operator.
Dagster is handed neither cookie nor origin of ours, and its pages may ask nothing of the rest of this door.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse
from graphql import OperationType
from starlette.background import BackgroundTask
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from hub.api.callers import DoorDep, Watcher, WatchingSocket
from hub.bootstrap import Door
from hub.errors import AgentUnknown, InvalidValue, NothingHere, PipelinesAway
from hub.persons.agents import IDLE_LIFE, SignedInAgent
from hub.web.ops.graphql import wanted
from hub.web.rendering import origin_of
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry

router = APIRouter(include_in_schema=False)
PREFIX = "/ops/dagster"
PROTOCOL = Subprotocol("graphql-ws")
PATIENCE = httpx.Timeout(60, connect=5)
MESSAGE_MAX = 16 * 1024 * 1024
"""Bytes of one message from Dagster: the log of a run comes in some of them."""
_CLOSED = {"graphql", "notebook", "dagit/notebook"}
"""Addresses that a look does not reach: questions are posted, and a notebook is any file of that machine's."""
_BACK = (
    "content-type", "content-encoding", "content-length", "content-disposition", "etag", "last-modified", "cache-control",
    "location", "content-security-policy",
)  # fmt: skip
_POLICY, _MEMBERS = "content-security-policy", ("query", "variables", "operationName")
_REFUSED, _AWAY = 1008, 1013


@router.get(PREFIX)
@router.get(PREFIX + "/{path:path}")
async def show(request: Request, door: DoorDep, who: Watcher, path: str = "") -> Response:  # noqa: ARG001 - who looks is let in by it
    """Pass on a page of Dagster's, or what it is made of."""
    parts = path.split("/")
    if path.strip("/").casefold() in _CLOSED or any(part in (".", "..") for part in parts):
        raise NothingHere
    kept = {
        name: value for name in ("accept", "accept-encoding", "if-none-match") if (value := request.headers.get(name))
    }
    address = f"{_upstream(door)}/{quote(path)}" + (f"?{request.url.query}" if request.url.query else "")
    return await _passed_on(request, door, httpx.Request("GET", address, headers=kept))


@router.post(PREFIX + "/graphql")
async def ask(request: Request, door: DoorDep, who: Watcher) -> Response:
    """Pass on one question; one that changes something takes an operator, and the journal keeps it before it leaves."""
    asked = _asked(await request.body(), request.headers.get("content-type", ""))
    changes = wanted(asked["query"]).changes
    if changes:
        if not who.operates(door.settings.operated_by, changes=True):
            raise AgentUnknown
        await run_in_threadpool(_write_down, door, who, changes)
    # Written anew: what was read here is what is understood there.
    headers = {"content-type": "application/json", "accept": "application/json"}
    told = httpx.Request("POST", f"{_upstream(door)}/graphql", headers=headers, content=json.dumps(asked).encode())
    return await _passed_on(request, door, told)


@router.websocket(PREFIX + "/graphql")
async def follow(socket: WebSocket, who: WatchingSocket) -> None:
    """Pass on subscriptions both ways, for as long as a session lives without a gesture; then a page asks anew."""
    door: Door = socket.app.state.door
    if who is None or PROTOCOL not in socket.scope.get("subprotocols", ()):
        await socket.close(_REFUSED)
        return
    try:
        address = f"{_upstream(door).replace('http', 'ws', 1)}/graphql"
        async with connect(address, subprotocols=[PROTOCOL], max_size=MESSAGE_MAX, proxy=None) as upstream:
            await socket.accept(PROTOCOL)
            await _both_ways(socket, upstream)
    except (OSError, InvalidHandshake, NothingHere):
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(_AWAY)


async def _both_ways(socket: WebSocket, upstream: ClientConnection) -> None:
    ways = {asyncio.create_task(_to(socket, upstream)), asyncio.create_task(_fro(socket, upstream))}
    done, pending = await asyncio.wait(ways, timeout=IDLE_LIFE.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    for one in pending:
        one.cancel()
    await asyncio.gather(*ways, return_exceptions=True)
    refused = any(isinstance(one.exception(), InvalidValue) for one in done)
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(_REFUSED if refused else 1000)


async def _to(socket: WebSocket, upstream: ClientConnection) -> None:
    with suppress(WebSocketDisconnect, ConnectionClosed):
        while True:
            await upstream.send(json.dumps(_followed(await socket.receive_text())))


async def _fro(socket: WebSocket, upstream: ClientConnection) -> None:
    with suppress(ConnectionClosed, RuntimeError, WebSocketDisconnect):
        async for message in upstream:
            await socket.send_text(message if isinstance(message, str) else message.decode())


def _followed(message: str) -> Mapping[str, Any]:
    """Return a message of the protocol if it asks for nothing but to be told; raises :class:`InvalidValue`."""
    try:
        told = json.loads(message)
    except (ValueError, RecursionError):
        raise InvalidValue("message: JSON") from None
    if not isinstance(told, dict):
        raise InvalidValue("message: an object")
    if told.get("type") == "start":
        payload = told.get("payload")
        query = payload.get("query") if isinstance(payload, dict) else None
        if not isinstance(query, str) or OperationType.MUTATION in wanted(query).kinds:
            raise InvalidValue("payload: a subscription")
    return told


def _asked(body: bytes, kind: str) -> dict[str, Any]:
    """Return one question; raises :class:`InvalidValue` for any other form in which Dagster would take one."""
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise InvalidValue("body: application/json")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidValue("body: JSON") from None
    if not isinstance(told, dict) or not isinstance(told.get("query"), str):
        raise InvalidValue("body: an object with a query")
    return {name: told[name] for name in _MEMBERS if told.get(name) is not None}


def _write_down(door: Door, who: SignedInAgent, changes: tuple[str, ...]) -> None:
    with door.custody.db.transaction() as tx:
        append(tx, JournalEntry(JournalAct.OPERATE, who.actor, detail={"pipelines": ", ".join(changes)[:500]}))


def _upstream(door: Door) -> str:
    if door.settings.pipelines_url is None:
        raise NothingHere
    return door.settings.pipelines_url.rstrip("/") + PREFIX


async def _passed_on(request: Request, door: Door, told: httpx.Request) -> Response:
    client = _client(request)
    try:
        answer = await client.send(told, stream=True)
    except httpx.HTTPError:
        raise PipelinesAway from None
    headers = {name: answer.headers[name] for name in _BACK if name in answer.headers}
    passed = StreamingResponse(
        answer.aiter_raw(), answer.status_code, headers, background=BackgroundTask(answer.aclose)
    )
    passed.headers.append(_POLICY, _within(door))
    # Another one than our own pages have: what this page opens of them is beyond its reach.
    passed.headers["cross-origin-opener-policy"] = "unsafe-none"
    return passed


def _within(door: Door) -> str:
    """Return a policy beside Dagster's own: its scripts talk to Dagster, and to nothing else of this door."""
    origin = origin_of(door.settings.door_url)
    socket = f"{'wss' if origin.startswith('https') else 'ws'}://{urlsplit(origin).netloc}"
    return "; ".join(
        (
            f"connect-src {origin}{PREFIX}/ {socket}{PREFIX}/",
            "form-action 'none'",
            "frame-src 'none'",
            "frame-ancestors 'none'",
            "img-src 'self' data:",
            "font-src 'self' data:",
        )
    )


def _client(request: Request) -> httpx.AsyncClient:
    """Return the one client of this process, made when it is first needed; the door closes it."""
    state = request.app.state
    if getattr(state, "pipelines", None) is None:
        state.pipelines = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, follow_redirects=False)
    client: httpx.AsyncClient = state.pipelines
    return client
