"""End what is over: a period's key is destroyed, then its rows and objects go; harmless to repeat, and proved by repeating."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update

from contracts.calendar import paris_day
from vault.bodies.keeping import BodyKind
from vault.bodies.tables import BODY, BODY_PERIOD
from vault.crypto.tables import HOLDER_KEY
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.standing import Purpose, standing
from vault.storage.objects import ObjectName

BATCH = 500


@standing(purpose=Purpose.RETENTION)
def cull(custody: Custody, *, unless: Collection[UUID] = ()) -> int:
    """Destroy the keys of every period that is over, but of those in ``unless``; return how many were destroyed now.

    What is over is asked by the day on which each period goes, never by when this was last done. Raises
    :class:`~vault.storage.errors.StoreUnavailable` with the keys already gone; the objects are noise then.
    """
    destroyed = 0
    while (names := _end_batch(custody, unless)) is not None:
        destroyed += 1
        for name in names:
            custody.objects.delete(name)
    return destroyed


@standing(purpose=Purpose.RETENTION)
def oldest_kept(custody: Custody, kind: BodyKind) -> timedelta | None:
    """Return how old the oldest bytes of this kind are that can still be opened, or None where there are none."""
    statement = (
        select(func.min(BODY.c.stored_at))
        .join(BODY_PERIOD, BODY_PERIOD.c.period_id == BODY.c.period_id)
        .where(BODY_PERIOD.c.kind == kind.value)
    )
    with custody.db.read() as tx:
        oldest: datetime | None = tx.execute(statement).scalar_one()
    return None if oldest is None else custody.now() - oldest


def _end_batch(custody: Custody, unless: Collection[UUID]) -> list[ObjectName] | None:
    """End one period: key, rows and their names in one transaction, so that nothing names an object that is gone."""
    with custody.db.transaction() as tx:
        over = (
            select(BODY_PERIOD.c.period_id)
            .where(
                BODY_PERIOD.c.destroyed_at.is_(None),
                BODY_PERIOD.c.goes_on <= paris_day(custody.now()),
                BODY_PERIOD.c.period_id.not_in(list(unless)),
            )
            .order_by(BODY_PERIOD.c.goes_on)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        period_id = tx.execute(over).scalar_one_or_none()
        return None if period_id is None else _destroy(tx, period_id, now=custody.now())


def _destroy(tx: WriteTx, period_id: UUID, *, now: datetime) -> list[ObjectName]:
    gone = delete(BODY).where(BODY.c.period_id == period_id).returning(BODY.c.object_name)
    names = [ObjectName(name) for name in tx.execute(gone).scalars()]
    tx.execute(delete(HOLDER_KEY).where(HOLDER_KEY.c.holder_id == period_id))
    tx.execute(update(BODY_PERIOD).where(BODY_PERIOD.c.period_id == period_id).values(destroyed_at=now))
    return names
