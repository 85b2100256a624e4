"""What waits, counted: how much, since when, and whether that is more than it should be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from vault.db import ReadTx

_WATCHED = text(
    "SELECT what, many, oldest, seconds FROM hub.watched(:at)"
    " UNION ALL SELECT what, many, oldest, seconds FROM hub.edits_watched()"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """When a gauge is no longer well: beyond so many, or with one that waits for longer, or slower than so many seconds."""

    many: int | None = None
    age: timedelta | None = None
    seconds: float | None = None


BOUNDS = {
    "jobs": Bound(age=timedelta(minutes=5)),
    "jobs_failed": Bound(many=0),
    "reading": Bound(seconds=30),
    "journal": Bound(age=timedelta(minutes=2)),
    "quarantined": Bound(age=timedelta(days=3)),
    "notifications": Bound(age=timedelta(hours=6)),
    "messages_in_doubt": Bound(many=0),
    "reviews": Bound(age=timedelta(days=5)),
    "exchanges_waiting": Bound(many=0),
    "exchanges_due": Bound(age=timedelta(hours=6)),
    "chores": Bound(age=timedelta(hours=1)),
    "edits_approved": Bound(age=timedelta(hours=1)),
}
"""One page of the runbook each: ``waits-NAME`` in docs/operations.md."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How much of one thing waits, since when the oldest does, and how long it takes where that is measured."""

    what: str
    many: int
    oldest: datetime | None
    seconds: float | None
    age: timedelta

    @property
    def well(self) -> bool:
        """Whether that is within what is expected."""
        bound = BOUNDS[self.what]
        return (
            (bound.many is None or self.many <= bound.many)
            and (bound.age is None or self.age <= bound.age)
            and (bound.seconds is None or (self.seconds or 0) <= bound.seconds)
        )


def watched(tx: ReadTx, *, now: datetime) -> list[Gauge]:
    """Return every gauge; counts and moments, and no row of anybody."""
    rows = tx.execute(_WATCHED, {"at": now})
    return [
        Gauge(row.what, row.many, row.oldest, row.seconds, timedelta() if row.oldest is None else now - row.oldest)
        for row in rows
    ]
