"""A partner's feed: every event in an order of its own, with cursors that skip nothing (ADR 0037)."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text, update

from contracts.calendar import paris_day
from contracts.identifiers import Siret
from hub.errors import CursorGone, InvalidValue
from hub.notifications.tables import DELIVERY, FEED
from hub.partners.registry import agreements_of
from hub.partners.tables import WEBHOOK
from vault.db import ReadTx, WriteTx

KEPT = timedelta(days=35)
"""How long an event can be read and sent again; partners are promised thirty days."""
CHANNEL = "unefois_feeds"
"""PostgreSQL channel on which a feed that has grown is announced, by its partner's SIRET."""
PAGE_MAX = 500
_VERSION = b"\x01"
_LOCK = "partner_feeds"
_PLACE_NEW = text("""
    WITH fresh AS (
        SELECT delivery_id, siret, row_number() OVER (PARTITION BY siret ORDER BY noted) AS nth
        FROM hub.delivery WHERE place IS NULL
    ), grown AS (
        INSERT INTO hub.feed AS feed (siret, last_place) SELECT siret, max(nth) FROM fresh GROUP BY siret
        ON CONFLICT (siret) DO UPDATE SET last_place = feed.last_place + EXCLUDED.last_place
        RETURNING siret, last_place
    ), counted AS (SELECT siret, max(nth) AS many FROM fresh GROUP BY siret)
    UPDATE hub.delivery AS d SET place = grown.last_place - counted.many + fresh.nth
    FROM fresh JOIN grown USING (siret) JOIN counted USING (siret) WHERE d.delivery_id = fresh.delivery_id
    RETURNING d.siret
""")


@dataclass(frozen=True, slots=True)
class Page:
    """Some events of one feed, oldest first, and the cursor after which the next ones come."""

    events: tuple[dict[str, Any], ...] = field(repr=False)
    cursor: str
    more: bool
    moved: bool
    """Whether the cursor has moved on: also by what the partner's agreements no longer show it."""


def place_new(tx: WriteTx) -> int:
    """Give what was committed since the last time its places; return how many there were.

    One process at a time: a place is only ever given after all smaller ones of that feed were committed, so whoever
    sees one has been able to see those before it. Two rows about one subject, of which the second was written after
    the first was committed, have their places in that order.
    """
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_LOCK, 0))))
    # A statement of its own: it looks at what is committed once the lock is held, and not before.
    placed = tx.execute(_PLACE_NEW).scalars().all()
    for siret in sorted(set(placed)):
        # Delivered with the commit: whoever waits for this feed reads it then.
        tx.execute(select(func.pg_notify(CHANNEL, siret)))
    return len(placed)


def read_feed(tx: ReadTx, siret: Siret, after: str | None, *, limit: int, now: datetime) -> Page:
    """Return the next events of a partner, of the services that its agreements in force cover.

    Without a cursor it begins with the oldest that is kept. Raises :class:`InvalidValue` for what is no cursor of this
    partner's, and :class:`CursorGone` where events after it are kept no more.
    """
    feed = tx.execute(select(FEED).where(FEED.c.siret == siret)).one_or_none()
    last, pruned = (0, 0) if feed is None else (feed.last_place, feed.pruned_to)
    start = pruned if after is None else read_cursor(siret, after)
    if start > last:
        raise InvalidValue("after: beyond the end of the feed")
    if start < pruned:
        raise _gone(tx, siret)
    rows = tx.execute(
        select(DELIVERY.c.place, DELIVERY.c.service, DELIVERY.c.body)
        .where(DELIVERY.c.siret == siret, DELIVERY.c.place > start)
        .order_by(DELIVERY.c.place)
        .limit(limit)
    ).all()
    services = {service for one in agreements_of(tx, siret, on=paris_day(now)) for service in one.services}
    end = rows[-1].place if rows else start
    shown = tuple(row.body for row in rows if row.service in services)
    return Page(shown, write_cursor(siret, end), more=end < last, moved=end > start)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be sent to a partner: how many notifications, and since when."""

    many: int
    since: datetime | None


def waiting_for(tx: ReadTx, siret: Siret) -> Waiting:
    """Return what waits to be sent to a partner."""
    due = (DELIVERY.c.siret == siret, DELIVERY.c.state == "due")
    row = tx.execute(
        select(func.count().label("many"), func.min(DELIVERY.c.created_at).label("since")).where(*due)
    ).one()
    return Waiting(row.many, row.since)


def send_again(tx: WriteTx, siret: Siret, after: str | None, since: datetime | None, *, now: datetime) -> int:
    """Have a partner's webhook sent again what it was told after a cursor or since a moment; return how many.

    Each goes under the identifier it had. Raises as :func:`read_feed` does.
    """
    feed = tx.execute(select(FEED.c.pruned_to).where(FEED.c.siret == siret)).scalar_one_or_none() or 0
    start = feed if after is None else read_cursor(siret, after)
    if start < feed:
        raise _gone(tx, siret)
    ended = DELIVERY.c.state.in_(("delivered", "abandoned"))
    chosen = [DELIVERY.c.siret == siret, DELIVERY.c.place > start, ended]
    if since is not None:
        chosen.append(DELIVERY.c.created_at >= since)
    values = {"state": "due", "attempts": 0, "next_attempt_at": now, "settled_at": None}
    return tx.execute(update(DELIVERY).where(*chosen).values(**values)).rowcount


def _gone(tx: ReadTx, siret: Siret) -> CursorGone:
    """Return the refusal of a cursor that is too old; it says from when on events are kept, and what was never sent."""
    placed = (DELIVERY.c.siret == siret, DELIVERY.c.place.is_not(None))
    oldest: datetime | None = tx.execute(select(func.min(DELIVERY.c.created_at)).where(*placed)).scalar_one()
    lost: int | None = tx.execute(select(WEBHOOK.c.lost).where(WEBHOOK.c.siret == siret)).scalar_one_or_none()
    since = "no event is kept" if oldest is None else f"events are kept since {oldest:%Y-%m-%dT%H:%M:%SZ}"
    unsent = f"; {lost} that waited for your webhook went unsent" if lost else ""
    return CursorGone(f"after: older than what is kept; {since}{unsent}")


def write_cursor(siret: Siret, place: int) -> str:
    """Return the cursor behind a place of a partner's feed: the same from every process and after every restart."""
    told = _VERSION + place.to_bytes(8, "big")
    return base64.urlsafe_b64encode(told + _check(siret, told)).rstrip(b"=").decode()


def read_cursor(siret: Siret, cursor: str) -> int:
    """Return the place a cursor is behind; raises :class:`InvalidValue` for anything but a cursor of this partner's."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raise InvalidValue("after: no cursor") from None
    told, check = raw[:9], raw[9:]
    place = int.from_bytes(told[1:], "big")
    if len(raw) != 15 or check != _check(siret, told) or write_cursor(siret, place) != cursor:
        raise InvalidValue("after: no cursor")
    return place


def _check(siret: Siret, told: bytes) -> bytes:
    # Against mistakes, not against forgers: whoever makes one up reads their own feed from another place.
    return hashlib.sha256(siret.encode() + told).digest()[:6]
