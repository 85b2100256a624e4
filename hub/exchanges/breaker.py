"""Leave a partner's end-point alone while it fails: one state in PostgreSQL, heeded by every process.

A breaker of a library counts within a process; here four workers would learn four times that a partner is down. An
end-point is left alone after five conversations in a row that did not come about, when half of at least twenty in a minute
failed, when too many of its answers break the contract, and the whole binding when our credentials are refused. It is
tried again by a probe where its connector has one, and not by a family's affairs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.outcomes import OutcomeKind
from hub.exchanges.tables import BREAKER
from vault.db import ReadTx, WriteTx

IN_A_ROW = 5
WINDOW, ENOUGH_CALLS, SHARE = timedelta(seconds=60), 20, 0.5
BREACHES = 5
"""How many answers that break the contract, within one window, close an end-point: a silent release of the partner."""
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)
WHOLE = "*"
"""In place of an end-point: the whole binding, whose credentials were refused."""
_ANSWERED = frozenset({OutcomeKind.RATE_LIMITED, OutcomeKind.CLOSED})


class Reason(StrEnum):
    """Why an end-point is left alone."""

    UNREACHABLE = "unreachable"
    FAILING = "failing"
    CONTRACT = "contract"
    AUTH = "auth"


@dataclass(frozen=True, slots=True)
class Rest:
    """An end-point that is left alone, why, and until when; then it is tried, and no earlier."""

    endpoint: str
    reason: Reason
    until: datetime
    opened: int


def resting(tx: ReadTx, binding: str, endpoint: str) -> Rest | None:
    """Return why ``endpoint`` is left alone, or nothing; past its ``until`` it is to be tried, carefully."""
    row = tx.execute(
        select(BREAKER)
        .where(
            BREAKER.c.binding == binding,
            or_(BREAKER.c.endpoint == endpoint, BREAKER.c.endpoint == WHOLE),
            BREAKER.c.open_until.is_not(None),
        )
        .order_by(BREAKER.c.open_until.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Rest(row.endpoint, Reason(row.reason), row.open_until, row.opened)


def all_resting(tx: ReadTx, binding: str) -> list[Rest]:
    """Return every end-point of a binding that is left alone."""
    rows = tx.execute(select(BREAKER).where(BREAKER.c.binding == binding, BREAKER.c.open_until.is_not(None)))
    return [Rest(row.endpoint, Reason(row.reason), row.open_until, row.opened) for row in rows]


def try_once(tx: WriteTx, binding: str, rest: Rest, *, now: datetime) -> bool:
    """Take the one try after a rest; tell whether this process has it. The others wait for what it comes to."""
    taken = (
        update(BREAKER)
        .where(BREAKER.c.binding == binding, BREAKER.c.endpoint == rest.endpoint, BREAKER.c.open_until == rest.until)
        .values(open_until=now + FIRST_REST)
    )
    return rest.until <= now and tx.execute(taken).rowcount == 1


def note(tx: WriteTx, binding: str, endpoint: str, kind: OutcomeKind, *, failed: bool, now: datetime) -> None:
    """Count what a conversation came to, and leave the end-point alone, or take it up again, where that follows."""
    row = _row(tx, binding, endpoint, now=now)
    began, calls, failures, breaches = row.window_began, row.calls, row.failures, row.breaches
    if began <= now - WINDOW:
        began, calls, failures, breaches = now, 0, 0, 0
    breached = kind is OutcomeKind.CONTRACT_BREACH
    counts = {
        "window_began": began,
        "calls": calls + 1,
        "failures": failures + failed,
        "breaches": breaches + breached,
        "failures_in_row": row.failures_in_row + 1 if failed else 0,
    }
    change = _change(row, counts, sound=not failed and not breached and kind not in _ANSWERED, now=now)
    _write(tx, binding, endpoint, counts | change)


def refuse_credentials(tx: WriteTx, binding: str, *, now: datetime) -> None:
    """Leave a whole binding alone, because the partner does not know our credentials: each further try may lock them."""
    row = _row(tx, binding, WHOLE, now=now)
    _write(tx, binding, WHOLE, _opening(row, Reason.AUTH, now=now))


def close(tx: WriteTx, binding: str, endpoint: str) -> None:
    """Take an end-point up again: a probe found it well, or a person says so."""
    _write(
        tx, binding, endpoint, {"open_until": None, "reason": None, "since": None, "opened": 0, "failures_in_row": 0}
    )


def rest_longer(tx: WriteTx, binding: str, rest: Rest, *, now: datetime) -> None:
    """Leave an end-point alone for longer: what tried it was not answered well."""
    row = _row(tx, binding, rest.endpoint, now=now)
    _write(tx, binding, rest.endpoint, _opening(row, rest.reason, now=now))


def _change(row: Any, counts: dict[str, Any], *, sound: bool, now: datetime) -> dict[str, Any]:
    if counts["breaches"] >= BREACHES:
        return _opening(row, Reason.CONTRACT, now=now)
    if counts["failures_in_row"] >= IN_A_ROW or (row.open_until is not None and counts["failures_in_row"]):
        return _opening(row, Reason.UNREACHABLE, now=now)
    if counts["calls"] >= ENOUGH_CALLS and counts["failures"] >= SHARE * counts["calls"]:
        return _opening(row, Reason.FAILING, now=now)
    if sound and row.open_until is not None:
        return {"open_until": None, "reason": None, "since": None, "opened": 0}
    return {}


def _opening(row: Any, reason: Reason, *, now: datetime) -> dict[str, Any]:
    rest = min(FIRST_REST * 2 ** min(row.opened, 10), LONGEST_REST)
    since = now if row.since is None else row.since
    return {
        "open_until": now + rest,
        "reason": reason.value,
        "since": since,
        "opened": row.opened + 1,
        "calls": 0,
        "failures": 0,
        "breaches": 0,
    }


def _row(tx: WriteTx, binding: str, endpoint: str, *, now: datetime) -> Any:
    fresh = insert(BREAKER).values(
        binding=binding,
        endpoint=endpoint,
        failures_in_row=0,
        window_began=now,
        calls=0,
        failures=0,
        breaches=0,
        opened=0,
    )
    tx.execute(fresh.on_conflict_do_nothing())
    return tx.execute(
        select(BREAKER).where(BREAKER.c.binding == binding, BREAKER.c.endpoint == endpoint).with_for_update()
    ).one()


def _write(tx: WriteTx, binding: str, endpoint: str, values: dict[str, Any]) -> None:
    tx.execute(update(BREAKER).where(BREAKER.c.binding == binding, BREAKER.c.endpoint == endpoint).values(**values))
