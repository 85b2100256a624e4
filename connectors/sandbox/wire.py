"""A played partner as a way out of its own: each fault of the wire as a client sees it; and the same over HTTP."""

import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from connectors.port import Exchange, Headers, WireRequest
from connectors.sandbox.faults import FaultOrder, Faults
from contracts.outcomes import Phase

LOGIN_PAGE = b"<html><body><form action='/login'>Connectez-vous au portail</form></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a played partner answers."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Headers = ()


class Played(Protocol):
    """A partner of the sandbox: it validates what it gets, keeps books, and has words of its own for its troubles."""

    def answer(self, request: WireRequest) -> Answer:
        """Do what is asked, and say so."""
        ...

    def trouble(self, kind: str, request: WireRequest) -> Answer | None:
        """Return how this partner says a trouble of its own dialect, or None where its dialect has no word for it."""
        ...


@dataclass
class PlayedTransport:
    """The way to a played partner without a network; orders in ``faults`` for ``target`` break it as they say."""

    partner: Played
    faults: Faults
    target: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seen: list[WireRequest] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, request: WireRequest) -> Exchange:
        """Carry ``request``, or break the way as ordered."""
        order = self.faults.next(self.target)
        kind = "" if order is None else order.kind
        if kind == "reset_before_send":
            return Exchange(Phase.NOT_SENT, self.now(), fault="connect")
        self.seen.append(request)
        if kind == "reset_before_effect":
            return Exchange(Phase.SENT, self.now(), fault="reset")
        with self._lock:
            answer = misbehaved(self.partner, request, order)
        if kind == "reset_after_send":
            return Exchange(Phase.SENT, self.now(), fault="reset")
        if kind in ("reset_mid_body", "trickle"):
            half, fault = answer.body[: len(answer.body) // 2], "reset" if kind == "reset_mid_body" else "timeout"
            return Exchange(Phase.HEADERS, self.now(), answer.status, answer.headers, half, fault)
        return Exchange(Phase.COMPLETE, self.now(), answer.status, answer.headers, answer.body)


def misbehaved(partner: Played, request: WireRequest, order: FaultOrder | None) -> Answer:
    """Return what a partner answers under an order; where the effect comes first, it has happened."""
    if order is None:
        return partner.answer(request)
    if order.kind == "garbage":
        return Answer(200, LOGIN_PAGE, (("content-type", "text/html"),))
    if order.kind.isdigit():
        return Answer(
            int(order.kind), headers=() if order.retry_after is None else (("retry-after", str(order.retry_after)),)
        )
    return partner.trouble(order.kind, request) or _spoilt(partner.answer(request), order.kind)


def _spoilt(answer: Answer, kind: str) -> Answer:
    """Return what is left of an answer after its effect."""
    if kind == "500_after_effect":
        return Answer(500)
    if kind == "empty_body":
        return Answer(answer.status, headers=answer.headers)
    if kind == "truncated_gzip":
        return Answer(answer.status, gzip.compress(answer.body)[:-9], (*answer.headers, ("content-encoding", "gzip")))
    return answer


async def over_http(partner: Played, request: Request, faults: Faults, target: str) -> Response:
    """Return what a partner answers to a request that came over HTTP; faults of the wire itself need a played one."""
    query = f"?{request.url.query}" if request.url.query else ""
    headers = tuple(request.headers.items())
    asked = WireRequest(request.method, f"{request.url.path}{query}", headers, await request.body())
    order = await run_in_threadpool(faults.next, target)
    answer = await run_in_threadpool(misbehaved, partner, asked, order)
    return Response(answer.body, answer.status, dict(answer.headers))


def header_of(request: WireRequest, name: str) -> str:
    """Return a header of a request, or nothing."""
    return next((value for key, value in request.headers if key.lower() == name), "")


def until(now: datetime, hours: int = 6) -> datetime:
    """Return when a partner that closed at ``now`` opens again."""
    return (now + timedelta(hours=hours)).replace(microsecond=0)
