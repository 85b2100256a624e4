"""How the sandbox misbehaves when told to: the next answers of one of its parts fail in a chosen way."""

import threading
import time
from collections import deque
from typing import Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

FileKind = Literal[
    "half_written", "cut_in_write", "disk_full", "rename_refused", "cut_after_rename", "cut_before_rename"
]
"""What a partner's SFTP server does; the target is ``sftp/<slug>``."""
WireKind = Literal[
    "reset_before_send", "reset_before_effect", "reset_after_send", "reset_mid_body", "trickle",
    "500_after_effect", "empty_body", "truncated_gzip", "fault_in_200", "error_in_200", "closed", "new_version",
]  # fmt: skip
"""What a partner does to a conversation. The first five break the wire itself, which it plays only in the process of
whoever asks it (:class:`connectors.sandbox.wire.PlayedTransport`)."""
StampKind = Literal[
    "wrong_nonce", "wrong_imprint", "wrong_policy", "wrong_time", "wrong_usage", "usage_not_critical",
    "expired_certificate", "stranger", "not_granted",
]  # fmt: skip
"""What the time-stamping authority does wrong in an answer that is whole."""
Kind = Literal["500", "502", "503", "504", "429", "410", "401", "slow", "garbage", FileKind, WireKind, StampKind]


class FaultOrder(BaseModel):
    """The next ``count`` answers of ``target`` (``api-particulier`` or ``partners/<slug>``) misbehave."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str = Field(max_length=120)
    kind: Kind
    count: int = Field(default=1, ge=1, le=1000)
    retry_after: int | None = Field(default=None, ge=0, le=86_400)
    delay_s: float = Field(default=0, ge=0, le=60)


class Faults:
    """Orders waiting to be carried out, per target, first given first served."""

    def __init__(self) -> None:
        """Start well behaved."""
        self._waiting: dict[str, deque[FaultOrder]] = {}
        self._lock = threading.Lock()

    def order(self, order: FaultOrder) -> None:
        """Remember ``order``."""
        with self._lock:
            self._waiting.setdefault(order.target, deque()).extend([order] * order.count)

    def next(self, target: str) -> FaultOrder | None:
        """Return the fault that the next answer of ``target`` has, after its delay, or None."""
        with self._lock:
            waiting = self._waiting.get(target)
            order = waiting.popleft() if waiting else None
        if order is not None:
            time.sleep(order.delay_s)
        return None if order is None or order.kind == "slow" else order


def bare_answer(order: FaultOrder) -> Response:
    """Return the answer of a target that has no error shape of its own."""
    if not order.kind.isdigit():
        return Response("<html><body>Bienvenue</body></html>", media_type="text/html")
    headers = {} if order.retry_after is None else {"Retry-After": str(order.retry_after)}
    return Response(status_code=int(order.kind), headers=headers)
