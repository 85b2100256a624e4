"""Partners whose webhook takes nothing: since when, why, and how much waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.engine import Row

from contracts.identifiers import Siret
from contracts.outcomes import OutcomeKind
from hub.notifications.feed import KEPT
from hub.notifications.tables import DELIVERY
from hub.partners.tables import PARTNER, WEBHOOK
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class HeldWebhook:
    """A webhook that fails or is off; counts, and nobody."""

    siret: Siret
    slug: str
    name: str
    since: datetime | None
    off_for: str
    """Why it was turned off; nothing where it is only failing."""
    failing: bool
    """Whether it takes nothing now; otherwise there is one notification that it refuses."""
    waiting: int
    oldest: datetime | None
    goes_on: datetime | None
    """When the oldest is let go at the earliest, once the partner was told (ADR 0016)."""


def held_webhooks(tx: ReadTx) -> list[HeldWebhook]:
    """Return the webhooks that take nothing now, or refuse one notification, longest first."""
    refuses = (
        select(DELIVERY.c.delivery_id)
        .where(
            DELIVERY.c.siret == WEBHOOK.c.siret,
            DELIVERY.c.state == "due",
            DELIVERY.c.last_outcome.startswith(OutcomeKind.REJECTED.value),
        )
        .exists()
    )
    ill = or_(WEBHOOK.c.disabled_at.is_not(None), WEBHOOK.c.failures > 0, refuses)
    rows = tx.execute(
        select(
            PARTNER.c.siret,
            PARTNER.c.slug,
            PARTNER.c.name,
            func.coalesce(WEBHOOK.c.disabled_at, WEBHOOK.c.failing_since).label("since"),
            WEBHOOK.c.disabled_for,
            WEBHOOK.c.failures,
        )
        .join(PARTNER, PARTNER.c.siret == WEBHOOK.c.siret)
        .where(PARTNER.c.webhook_url.is_not(None), ill)
        .order_by("since")
    ).all()
    counts = _waiting(tx, [row.siret for row in rows])
    found = []
    for row in rows:
        count = counts.get(row.siret)
        oldest = None if count is None else count.oldest
        found.append(
            HeldWebhook(
                siret=Siret(row.siret),
                slug=row.slug,
                name=row.name,
                since=row.since or oldest,
                off_for=row.disabled_for or "",
                failing=row.failures > 0,
                waiting=0 if count is None else count.many,
                oldest=oldest,
                goes_on=None if oldest is None else oldest + KEPT,
            )
        )
    return found


def _waiting(tx: ReadTx, sirets: Sequence[str]) -> dict[str, Row[Any]]:
    """Return how much waits for each body that something waits for, and since when."""
    rows = tx.execute(
        select(DELIVERY.c.siret, func.count().label("many"), func.min(DELIVERY.c.created_at).label("oldest"))
        .where(DELIVERY.c.siret.in_(sirets), DELIVERY.c.state == "due")
        .group_by(DELIVERY.c.siret)
    )
    return {row.siret: row for row in rows}
