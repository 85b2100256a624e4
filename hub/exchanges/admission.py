"""May a conversation begin now? The partner's opening hours, the end-point's breaker, and the budget of repeats."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Row

from connectors.port import Operation, OperationKind, Probing
from hub.exchanges import breaker
from hub.exchanges.policy import Budget, wait_before
from hub.exchanges.tables import EXCHANGE_ATTEMPT
from hub.exchanges.ways import Way
from vault.db import ReadTx, WriteTx

BUDGET = Budget()
COUNTED = timedelta(hours=1)


def refused(tx: WriteTx, way: Way, row: "Row[Any]", *, now: datetime) -> datetime | None:
    """Return when to ask again whether a conversation may begin, or None where it may now."""
    operation = way.operation(row.operation)
    closed = way.closed_until(now)
    if closed is not None:
        return closed
    rest = breaker.resting(tx, way.binding.slug, operation.endpoint)
    if rest is not None and not _may_try(tx, way, operation, rest, now=now):
        return max(rest.until, now + breaker.FIRST_REST)
    if row.attempts and not BUDGET.allows(*repeats(tx, way.binding.slug, now=now)):
        return now + wait_before(row.attempts + 1)
    return None


def _may_try(tx: WriteTx, way: Way, operation: Operation, rest: breaker.Rest, *, now: datetime) -> bool:
    """Tell whether this conversation may find out whether the end-point is back.

    Where its connector has probes they find out. Where it has none, a read does, and a write only if it can be repeated.
    """
    if rest.reason is breaker.Reason.CONTRACT or isinstance(way.codec, Probing):
        return False
    harmless = operation.kind is OperationKind.PULL or operation.repeatable
    return harmless and breaker.try_once(tx, way.binding.slug, rest, now=now)


def repeats(tx: ReadTx, binding: str, *, now: datetime) -> tuple[int, int]:
    """Return how many conversations of the last hour with a binding were repeats, and how many there were."""
    recent = (EXCHANGE_ATTEMPT.c.binding == binding, EXCHANGE_ATTEMPT.c.began_at > now - COUNTED)
    again, altogether = func.count().filter(EXCHANGE_ATTEMPT.c.again), func.count()
    row = tx.execute(select(again.label("again"), altogether.label("altogether")).where(*recent)).one()
    return row.again, row.altogether
