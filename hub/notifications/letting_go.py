"""Events go when they are old; what still waits for a webhook goes only once its partner was told, and is told again after.

A webhook that is off, or a partner that is suspended, has its notifications wait. Before the oldest of them reach the
age at which events go, the partner's contact is written to, and for :data:`NOTICE` nothing of that partner goes.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, literal, select, text, update

from hub.notifications.feed import KEPT
from hub.notifications.messages import Kind, write_message
from hub.notifications.tables import DELIVERY
from hub.partners.tables import PARTNER, WEBHOOK
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

NOTICE = timedelta(days=7)
"""How long before anything that waits goes its partner is told."""
PRUNED_AT_ONCE = 5_000
_RETENTION = Actor(ActorKind.PROCESS, "retention")
_PRUNE = text("""
    WITH waiting AS (
        -- The first place that must stay for each partner: what waits for it, where it was not told for long enough.
        SELECT d.siret, min(d.place) AS place FROM hub.delivery d
        JOIN hub.webhook w USING (siret) JOIN hub.partner p USING (siret)
        WHERE d.state = 'due' AND d.created_at < :before AND p.webhook_url IS NOT NULL
            AND NOT (w.warned_at IS NOT NULL AND w.warned_at <= :told_by
                AND w.warned_at >= coalesce(w.disabled_at, p.suspended_at, 'infinity'))
        GROUP BY d.siret
    ), old AS (
        SELECT d.siret, d.place FROM hub.delivery d LEFT JOIN waiting USING (siret)
        WHERE d.created_at < :before AND d.place IS NOT NULL AND (waiting.place IS NULL OR d.place < waiting.place)
        ORDER BY d.created_at LIMIT :many
    ), ends AS (SELECT siret, max(place) AS place FROM old GROUP BY siret), moved AS (
        UPDATE hub.feed SET pruned_to = greatest(pruned_to, ends.place) FROM ends WHERE feed.siret = ends.siret
        RETURNING feed.siret, feed.pruned_to
    ), gone AS (
        DELETE FROM hub.delivery d USING moved WHERE d.siret = moved.siret AND d.place <= moved.pruned_to
        RETURNING d.siret, d.state
    )
    SELECT siret, count(*) AS many, count(*) FILTER (WHERE state = 'due') AS unsent FROM gone GROUP BY siret
""")


def warn(tx: WriteTx, *, now: datetime) -> int:
    """Tell the contacts of partners for whom something waits that is soon to go, once an outage; return how many."""
    began = func.coalesce(WEBHOOK.c.disabled_at, PARTNER.c.suspended_at)
    soon = (
        select(DELIVERY.c.delivery_id)
        .where(
            DELIVERY.c.siret == WEBHOOK.c.siret,
            DELIVERY.c.state == "due",
            DELIVERY.c.created_at <= now - KEPT + NOTICE,
        )
        .exists()
    )
    untold = (began.is_not(None), WEBHOOK.c.warned_at.is_(None) | (WEBHOOK.c.warned_at < began))
    found = list(
        tx.execute(
            select(WEBHOOK.c.siret)
            .join(PARTNER, PARTNER.c.siret == WEBHOOK.c.siret)
            .where(PARTNER.c.webhook_url.is_not(None), *untold, soon)
            .with_for_update(of=WEBHOOK)
        ).scalars()
    )
    for siret in found:
        tx.execute(update(WEBHOOK).where(WEBHOOK.c.siret == siret).values(warned_at=now))
        _tell(tx, siret, Kind.WEBHOOK_AGEING, {"step": "webhook_ageing"}, now=now)
    return len(found)


def prune(tx: WriteTx, *, now: datetime) -> int:
    """Let go what is older than :data:`KEPT`, some at a time, and tell partners of what they were never sent.

    Returns how many went.
    """
    told = {"before": now - KEPT, "told_by": now - NOTICE, "many": PRUNED_AT_ONCE}
    gone = tx.execute(_PRUNE, told).all()
    for row in gone:
        if row.unsent:
            _lost(tx, row.siret, row.unsent, now=now)
    return sum(row.many for row in gone)


def _lost(tx: WriteTx, siret: str, many: int, *, now: datetime) -> None:
    row = tx.execute(
        select(WEBHOOK.c.lost_at, func.coalesce(WEBHOOK.c.disabled_at, PARTNER.c.suspended_at).label("began"))
        .join(PARTNER, PARTNER.c.siret == WEBHOOK.c.siret)
        .where(WEBHOOK.c.siret == siret)
        .with_for_update(of=WEBHOOK)
    ).one_or_none()
    if row is None:
        return
    again = row.lost_at is not None and row.began is not None and row.lost_at >= row.began
    values = {"lost_at": now, "lost": (WEBHOOK.c.lost if again else literal(0)) + many}
    tx.execute(update(WEBHOOK).where(WEBHOOK.c.siret == siret).values(**values))
    if not again:
        _tell(tx, siret, Kind.WEBHOOK_LOST, {"step": "webhook_lost", "notifications": many}, now=now)


def _tell(tx: WriteTx, siret: str, kind: Kind, detail: dict[str, str | int], *, now: datetime) -> None:
    append(tx, JournalEntry(JournalAct.PARTNER, _RETENTION, recipient=siret, detail=detail))
    write_message(tx, kind, siret=siret, not_before=now, now=now)
