"""What somebody asked the pipelines to do: claimed for a while by who launches the run, and over when the run is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from contracts.identifiers import new_uuid
from hub.watching.tables import WISH
from vault.db import ReadTx, WriteTx

LEASE = timedelta(minutes=2)
"""How long a claim holds without a run: longer than a tick, and than a run takes to appear."""
ATTEMPTS_MAX = 3


class WishKind(StrEnum):
    """What can be asked for."""

    BINDING_DAY = "binding_day"
    """One day of one binding, once more: a backfill is one wish a day."""
    REEVALUATION = "reevaluation"
    """Everything judged again that a new catalogue or evidence type touches."""
    REDELIVERY = "redelivery"
    """A partner told again what its webhook did not take."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish; ``about`` is a binding, or the SIRET of a partner."""

    wish_id: UUID
    kind: WishKind
    about: str
    day: date | None
    state: str
    attempts: int
    run_id: str | None


def wish(
    tx: WriteTx, kind: WishKind, about: str = "", days: Sequence[date] = (), *, asked_by: str, now: datetime
) -> int:
    """Ask the pipelines for something, for each of ``days`` where it has days; return how many were not asked for yet."""
    made = 0
    each: Sequence[date | None] = days or [None]
    for day in each:
        values = {"kind": kind.value, "about": about, "day": day, "asked_by": asked_by, "asked_at": now}
        asked = insert(WISH).values(wish_id=new_uuid(), state="asked", leased_until=now, attempts=0, **values)
        made += len(tx.execute(asked.on_conflict_do_nothing().returning(WISH.c.wish_id)).all())
    return made


def claim(tx: WriteTx, at_most: int, *, now: datetime) -> list[Wish]:
    """Claim what nobody holds: new wishes, and those whose claim came to nothing. Two at once never get the same one."""
    due = (
        select(WISH.c.wish_id)
        .where(WISH.c.done_at.is_(None), WISH.c.state == "asked", WISH.c.leased_until <= now)
        .order_by(WISH.c.asked_at, WISH.c.wish_id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    taken = update(WISH).where(WISH.c.wish_id.in_(due)).values(leased_until=now + LEASE, attempts=WISH.c.attempts + 1)
    rows = tx.execute(taken.returning(WISH)).all()
    return [_read(row) for row in sorted(rows, key=lambda row: (row.asked_at, row.wish_id))]


def launched(tx: WriteTx, wish_id: UUID, run_id: str) -> None:
    """Write down which run carries a wish out."""
    tx.execute(
        update(WISH).where(WISH.c.wish_id == wish_id, WISH.c.done_at.is_(None)).values(state="launched", run_id=run_id)
    )


def under_way(tx: ReadTx) -> list[Wish]:
    """Return what was claimed and has not come to its end."""
    return [_read(row) for row in tx.execute(select(WISH).where(WISH.c.done_at.is_(None), WISH.c.attempts > 0))]


def end_wish(tx: WriteTx, wish_id: UUID, run_id: str, *, done: bool, now: datetime) -> None:
    """Write down how the run of a wish ended; after one that failed it is asked for again, :data:`ATTEMPTS_MAX` times."""
    row = tx.execute(select(WISH).where(WISH.c.wish_id == wish_id).with_for_update()).one()
    if row.done_at is not None or (row.state == "asked" and row.run_id == run_id):
        return
    values: dict[str, object] = {"state": "done" if done else "failed", "done_at": now}
    if not done and row.attempts < ATTEMPTS_MAX:
        values = {"state": "asked", "leased_until": now + LEASE}
    tx.execute(update(WISH).where(WISH.c.wish_id == wish_id).values(run_id=run_id, **values))


def _read(row: "Row[Any]") -> Wish:
    return Wish(row.wish_id, WishKind(row.kind), row.about, row.day, row.state, row.attempts, row.run_id)
