"""Notifications that one partner does not take, one by one: sent at once, or let go by hand once their partner was told.

Nothing that waits goes in silence (ADR 0016), by nobody's hand either: the contact is written to, and after
:data:`~hub.notifications.letting_go.NOTICE` an operator may let go. What is let go can still be read in the feed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.engine import Row

from contracts.identifiers import Siret
from hub.errors import InvalidValue, NothingHere, PartnerNotTold
from hub.notifications.fanout import CHANNEL
from hub.notifications.letting_go import NOTICE
from hub.notifications.messages import Kind, write_message
from hub.notifications.tables import DELIVERY
from hub.partners.tables import PARTNER, WEBHOOK
from hub.partners.webhooks import webhook_of
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry

SHOWN = 50
BY_HAND = "by_hand"
"""The outcome of what was let go by an operator."""
_REASON_MAX = 200
_COLUMNS = (
    DELIVERY.c.delivery_id,
    DELIVERY.c.siret,
    DELIVERY.c.state,
    DELIVERY.c.attempts,
    DELIVERY.c.next_attempt_at,
    DELIVERY.c.last_outcome,
    DELIVERY.c.created_at,
    DELIVERY.c.leased_until,
)
"""What the console is shown of a notification; not what it says, nor of whom."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """One notification that waits, or was given up."""

    delivery_id: UUID
    given_up: bool
    attempts: int
    since: datetime
    next_try: datetime
    last_outcome: str
    may_go_from: datetime | None
    """From when it may be let go; nothing where its partner was not told since it waits."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What one partner does not take, in the order in which it is sent."""

    siret: Siret
    name: str
    off_for: str
    told_at: datetime | None
    waiting: int
    shown: tuple[Stuck, ...]


def queue_of(tx: ReadTx, siret: str) -> Queue:
    """Return what waits for a partner's webhook, and what was given up of it; raises :class:`NothingHere`."""
    partner = tx.execute(
        select(PARTNER.c.siret, PARTNER.c.name, *_BEGAN).join(WEBHOOK, _JOINED).where(PARTNER.c.siret == siret)
    ).one_or_none()
    if partner is None:
        raise NothingHere
    mine = DELIVERY.c.siret == siret
    waiting: int = tx.execute(select(func.count()).where(mine, DELIVERY.c.state == "due")).scalar_one()
    rows = tx.execute(
        select(*_COLUMNS)
        .where(mine, DELIVERY.c.state.in_(("due", "abandoned")))
        .order_by(DELIVERY.c.state.desc(), DELIVERY.c.place.nulls_last())
        .limit(SHOWN)
    )
    shown = tuple(
        Stuck(
            delivery_id=row.delivery_id,
            given_up=row.state == "abandoned",
            attempts=row.attempts,
            since=row.created_at,
            next_try=row.next_attempt_at,
            last_outcome=row.last_outcome or "",
            may_go_from=_may_go_from(partner, row),
        )
        for row in rows
    )
    return Queue(Siret(siret), partner.name, partner.disabled_for or "", partner.warned_at, waiting, shown)


def tell_partner(tx: WriteTx, siret: str, reason: str, *, actor: Actor, now: datetime) -> None:
    """Write to a partner's contact that what its webhook does not take may go unsent.

    Raises :class:`~hub.errors.WebhookNotThere`, and :class:`InvalidValue` without a reason or where it was told within
    :data:`~hub.notifications.letting_go.NOTICE`.
    """
    said = _said(reason)
    found = webhook_of(tx, siret)
    if found.warned_at is not None and found.warned_at > now - NOTICE:
        raise InvalidValue("siret: told already")
    tx.execute(update(WEBHOOK).where(WEBHOOK.c.siret == siret).values(warned_at=now))
    _journal(tx, siret, actor, {"step": "webhook_ageing", "reason": said})
    write_message(tx, Kind.WEBHOOK_AGEING, siret=siret, not_before=now, now=now)


def let_go_one(tx: WriteTx, delivery_id: UUID, reason: str, *, actor: Actor, now: datetime) -> None:
    """Let one notification go: its partner is not sent it again, and what comes after it about the same subject is due.

    Raises :class:`NothingHere`, :class:`InvalidValue` without a reason, and :class:`PartnerNotTold` before its time.
    """
    said = _said(reason)
    row = _held(tx, delivery_id)
    partner = tx.execute(
        select(*_BEGAN).select_from(PARTNER.join(WEBHOOK, _JOINED)).where(PARTNER.c.siret == row.siret)
    ).one()
    since = _may_go_from(partner, row)
    if row.state != "due" or (row.leased_until is not None and row.leased_until > now):
        raise NothingHere
    if since is None or since > now:
        raise PartnerNotTold
    _put(tx, delivery_id, state="abandoned", settled_at=now, last_outcome=BY_HAND)
    _journal(tx, row.siret, actor, {"step": "notification_let_go", "notification": str(delivery_id), "reason": said})
    tx.execute(select(func.pg_notify(CHANNEL, "")))


def send_now(tx: WriteTx, delivery_id: UUID, reason: str, *, actor: Actor, now: datetime) -> None:
    """Have one notification tried at once, under the identifier it had; also one that was given up.

    A webhook that is off takes it once it is on again. Raises :class:`NothingHere`, and :class:`InvalidValue`.
    """
    said = _said(reason)
    row = _held(tx, delivery_id)
    if row.state not in ("due", "abandoned"):
        raise NothingHere
    _put(tx, delivery_id, state="due", next_attempt_at=now, settled_at=None)
    _journal(tx, row.siret, actor, {"step": "notification_again", "notification": str(delivery_id), "reason": said})
    tx.execute(select(func.pg_notify(CHANNEL, "")))


_JOINED = PARTNER.c.siret == WEBHOOK.c.siret
_BEGAN = (
    WEBHOOK.c.disabled_for,
    WEBHOOK.c.warned_at,
    func.coalesce(WEBHOOK.c.disabled_at, PARTNER.c.suspended_at).label("began"),
)


def _may_go_from(partner: "Row[Any]", row: "Row[Any]") -> datetime | None:
    """Return when what was told to a partner has been known for long enough to let this one go."""
    begins = max(row.created_at, partner.began or row.created_at)
    if row.state != "due" or partner.warned_at is None or partner.warned_at < begins:
        return None
    told: datetime = partner.warned_at
    return told + NOTICE


def _held(tx: WriteTx, delivery_id: UUID) -> "Row[Any]":
    this = select(*_COLUMNS).where(DELIVERY.c.delivery_id == delivery_id).with_for_update()
    found = tx.execute(this).one_or_none()
    if found is None:
        raise NothingHere
    return found


def _put(tx: WriteTx, delivery_id: UUID, **values: Any) -> None:
    tx.execute(update(DELIVERY).where(DELIVERY.c.delivery_id == delivery_id).values(**values))


def _said(reason: str) -> str:
    said = reason.strip()
    if not 0 < len(said) <= _REASON_MAX:
        raise InvalidValue("reason: some words")
    return said


def _journal(tx: WriteTx, siret: str, actor: Actor, detail: dict[str, str]) -> None:
    append(tx, JournalEntry(JournalAct.PARTNER, actor, recipient=siret, detail=detail))
