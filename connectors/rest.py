"""What dialects over REST share: how JSON is written, and what a status comes to before anything of the body is believed."""

import json
from typing import Any

from connectors.doubt import unavailable, unsure
from connectors.port import Depth, Exchange, Headers, Operation, WireRequest, retry_after, unfinished
from contracts.outcomes import ExchangeOutcome, OutcomeKind


def written_json(method: str, url: str, headers: Headers, body: dict[str, Any]) -> WireRequest:
    """Return a request with ``body`` as JSON, the same bytes each time."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return WireRequest(method, url, (*headers, ("content-type", "application/json; charset=utf-8")), content)


def judged_by_status(depth: Depth, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    """Say what a probe came to that is good with a 200; for reach, whoever refuses our credentials is there."""
    broken = unfinished(exchange, operation) or by_status(exchange, operation)
    if broken is not None and not (depth is Depth.REACH and broken.kind is OutcomeKind.AUTH_FAILED):
        return broken
    if exchange.status != 200:
        return unavailable(operation, str(exchange.status))
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at)


def by_status(exchange: Exchange, operation: Operation) -> ExchangeOutcome | None:
    """Return what the status of a whole answer comes to by itself, or None where the body has to be read."""
    status = exchange.status or 0
    if status in (401, 403):
        return ExchangeOutcome(OutcomeKind.AUTH_FAILED, code=str(status))
    if status == 429:
        return ExchangeOutcome(OutcomeKind.RATE_LIMITED, code="429", until=retry_after(exchange))
    if status == 503 and retry_after(exchange) is not None:
        return ExchangeOutcome(OutcomeKind.CLOSED, code="503", until=retry_after(exchange))
    if status >= 500 or status == 408:
        # It may have been done before it fell.
        return unavailable(operation, str(status))
    return unsure(operation, str(status)) if not 200 <= status < 500 or 300 <= status < 400 else None
