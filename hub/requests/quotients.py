"""When a quotient that was not settled is asked for again: each January the CAF takes new incomes into account."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.calendar import paris_day
from hub.requirements.families.income import settled_from
from vault.db import WriteTx
from vault.jobs import Job, defer

_PARIS = ZoneInfo("Europe/Paris")
_FIRST_ASKED = time(6)
_SPREAD = timedelta(hours=10)
"""All of January's requests are not asked about in one minute."""


def ask_when_settled(tx: WriteTx, request_id: UUID, *, now: datetime) -> None:
    """Ask for the quotient of a request once more: on the second of February in January, else at once.

    What was pulled before stays what it was, of its own month; the later datum stands beside it and is judged in its
    place. Harmless to repeat: one February asks once.
    """
    first = settled_from(paris_day(now))
    if first is None:
        return defer(tx, Job.FETCH_QUOTIENT_FAMILIAL, request_id=request_id)
    # The day after the first, through which it still moves; each request has a second of its own in the ten hours.
    at = datetime.combine(first + timedelta(days=1), _FIRST_ASKED, _PARIS)
    at += timedelta(seconds=request_id.int % int(_SPREAD.total_seconds()))
    defer(tx, Job.FETCH_QUOTIENT_FAMILIAL, at=at, request_id=request_id)
    return None
