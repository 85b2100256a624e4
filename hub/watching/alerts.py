"""What is wrong, one row per cause as long as it lasts: raised once, counted while it goes on, and over when it is well again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.identifiers import new_uuid
from hub.watching.tables import ALERT, FAILED_RUN
from vault.db import ReadTx, WriteTx


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is wrong: ``cause`` in words of ours (``run:nightly:caisse-13-fichiers:ExchangeInFlight``).

    ``page`` is where the runbook says what to do; ``families`` counts who is concerned, where that is known.
    """

    cause: str
    page: str
    binding: str | None = None
    day: date | None = None
    run_id: str | None = None
    families: int | None = None


def raise_alert(tx: WriteTx, wrong: Wrong, *, now: datetime) -> tuple[UUID, bool]:
    """Write down that something is wrong; return the alert, and whether it is new: the same cause is told once."""
    values = {name: getattr(wrong, name) for name in Wrong.__slots__}
    fresh = insert(ALERT).values(alert_id=new_uuid(), raised_at=now, seen_at=now, seen=1, **values)
    again = fresh.on_conflict_do_update(
        index_elements=[ALERT.c.cause],
        index_where=ALERT.c.over_at.is_(None),
        set_={"seen_at": now, "seen": ALERT.c.seen + 1},
    )
    row = tx.execute(again.returning(ALERT.c.alert_id, ALERT.c.seen)).one()
    return row.alert_id, row.seen == 1


def note_failed_run(tx: WriteTx, wrong: Wrong, *, now: datetime) -> bool:
    """Raise the alert of a failed run unless that run was looked at before; tell whether the cause is new.

    Harmless to repeat, and for two at once: a run is noted by one of them.
    """
    if wrong.run_id is None:
        raise ValueError("a failed run has a number")
    noted = insert(FAILED_RUN).values(run_id=wrong.run_id, cause=wrong.cause, noted_at=now).on_conflict_do_nothing()
    fresh = tx.execute(noted.returning(FAILED_RUN.c.run_id)).one_or_none() is not None
    return fresh and raise_alert(tx, wrong, now=now)[1]


def end_alerts(tx: WriteTx, causes: Collection[str], *, now: datetime) -> int:
    """Write down that these causes are well again; return how many alerts were open."""
    ended = update(ALERT).where(ALERT.c.cause.in_(sorted(causes)), ALERT.c.over_at.is_(None)).values(over_at=now)
    return tx.execute(ended).rowcount


def end_calm(tx: WriteTx, beginning: str, *, since: datetime, now: datetime) -> int:
    """Write down that causes beginning so, and not seen since, are well again; return how many alerts were open."""
    calm = (ALERT.c.cause.startswith(beginning, autoescape=True), ALERT.c.seen_at <= since)
    return tx.execute(update(ALERT).where(*calm, ALERT.c.over_at.is_(None)).values(over_at=now)).rowcount


def open_alerts(tx: ReadTx) -> list[Wrong]:
    """Return what is wrong now, the oldest first."""
    rows = tx.execute(select(ALERT).where(ALERT.c.over_at.is_(None)).order_by(ALERT.c.raised_at))
    return [Wrong(row.cause, row.page, row.binding, row.day, row.run_id, row.families) for row in rows]
