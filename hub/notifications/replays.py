"""What a partner asks about its own webhook: to be sent things again, and to be sent anything at all again."""

from datetime import datetime

from sqlalchemy import func, select

from contracts.identifiers import Siret
from hub.notifications.fanout import CHANNEL
from hub.notifications.feed import send_again
from hub.partners.webhooks import open_webhook, webhook_of
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry


def replay(tx: WriteTx, siret: Siret, after: str | None, since: datetime | None, *, actor: Actor, now: datetime) -> int:
    """Have a partner sent again what it was told after a cursor or since a moment; return how many notifications.

    Raises as :func:`hub.notifications.feed.send_again` does, and :class:`WebhookNotThere`.
    """
    webhook_of(tx, siret)
    many = send_again(tx, siret, after, since, now=now)
    _write(tx, siret, actor, {"step": "replayed", "notifications": many})
    return many


def open_again(tx: WriteTx, siret: Siret, *, actor: Actor, now: datetime) -> bool:
    """Turn a webhook on again, or end the wait after failures; everything held back is due at once.

    Raises :class:`WebhookNotThere`.
    """
    opened = open_webhook(tx, siret, now=now)
    if opened:
        _write(tx, siret, actor, {"step": "webhook_on"})
    return opened


def _write(tx: WriteTx, siret: Siret, actor: Actor, detail: dict[str, str | int]) -> None:
    append(tx, JournalEntry(act=JournalAct.PARTNER, actor=actor, recipient=siret, detail=detail))
    tx.execute(select(func.pg_notify(CHANNEL, "")))
