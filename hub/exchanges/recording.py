"""A conversation as bytes to be kept, and back: what was sent, how far it came, what was answered."""

import json
from datetime import datetime
from typing import Any

from connectors.port import Exchange, WireRequest
from contracts.outcomes import Phase


def recorded(request: WireRequest, exchange: Exchange) -> bytes:
    """Return a conversation as it is kept: one line of JSON that says how long its parts are, then their bytes."""
    head = {
        "method": request.method,
        "url": request.url,
        "request": len(request.body),
        "phase": exchange.phase.value,
        "at": exchange.at.isoformat(),
        "status": exchange.status,
        "headers": [list(each) for each in exchange.headers if each[0] != "set-cookie"],
        "fault": exchange.fault,
    }
    return json.dumps(head).encode() + b"\n" + request.body + exchange.body


def recording(kept: bytes) -> Exchange:
    """Return the partner's half of a conversation that :func:`recorded` made."""
    told, _, answered = parts(kept)
    return Exchange(
        Phase(told["phase"]),
        datetime.fromisoformat(told["at"]),
        told["status"],
        tuple((name, value) for name, value in told["headers"]),
        answered,
        told["fault"],
    )


def parts(kept: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """Return what :func:`recorded` made, apart: its head, what was sent, and what was answered."""
    head, _, rest = kept.partition(b"\n")
    told = json.loads(head)
    return told, rest[: told["request"]], rest[told["request"] :]
