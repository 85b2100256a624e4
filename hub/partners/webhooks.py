"""How a partner's webhook is: what its notifications are signed with, whether it takes them, and who turned it off."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row

from connectors.webhook.signature import new_secret, new_signing_key, verifying_key
from contracts.identifiers import Siret
from hub.errors import WebhookNotThere
from hub.partners.registry import secret_context
from hub.partners.tables import PARTNER, WEBHOOK
from vault.db import ReadTx, WriteTx

Wrap = Callable[[bytes, bytes], bytes]
"""Puts a secret under the master key, bound to a context."""
BOTH_LIVE = timedelta(days=7)
"""How long after a rotation the secret and key before it still sign beside the new ones."""
_STATES = (
    WEBHOOK.c.siret,
    WEBHOOK.c.verifying_key,
    WEBHOOK.c.previous_verifying_key,
    WEBHOOK.c.previous_until,
    WEBHOOK.c.failures,
    WEBHOOK.c.failing_since,
    WEBHOOK.c.open_at,
    WEBHOOK.c.taken_at,
    WEBHOOK.c.disabled_at,
    WEBHOOK.c.disabled_for,
    WEBHOOK.c.warned_at,
    WEBHOOK.c.lost_at,
    WEBHOOK.c.lost,
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a partner verifies notifications with after a rotation; the secret is told this once."""

    secret: str = field(repr=False)
    verifying_key: str
    before_until: datetime


def signing_key_context(siret: str) -> bytes:
    """Return what a partner's wrapped signing key is bound to."""
    return f"unefois/webhook-key/v1/{siret}".encode()


def ensure_webhook(tx: WriteTx, siret: str, wrap: Wrap, *, now: datetime) -> bool:
    """Give a partner with an address for notifications a key of its own; false where it has one or needs none.

    The transaction must hold the version of the master key.
    """
    address = select(PARTNER.c.webhook_url).where(PARTNER.c.siret == siret)
    known = select(WEBHOOK.c.siret).where(WEBHOOK.c.siret == siret)
    if tx.execute(address).scalar_one_or_none() is None or tx.execute(known).one_or_none() is not None:
        return False
    key = new_signing_key()
    row = {
        "siret": siret,
        "signing_key_wrapped": wrap(key.encode(), signing_key_context(siret)),
        "verifying_key": verifying_key(key),
        "failures": 0,
        "open_at": now,
        "recorded_at": now,
    }
    tx.execute(insert(WEBHOOK).values(**row))
    return True


def rotate_credentials(tx: WriteTx, siret: str, wrap: Wrap, *, now: datetime) -> Credentials:
    """Give a partner a new secret and key; those before sign beside them for :data:`BOTH_LIVE`.

    Raises :class:`WebhookNotThere`. The transaction must hold the version of the master key.
    """
    partner = tx.execute(select(PARTNER).where(PARTNER.c.siret == siret).with_for_update()).one_or_none()
    before = tx.execute(select(WEBHOOK).where(WEBHOOK.c.siret == siret).with_for_update()).one_or_none()
    if partner is None or before is None:
        raise WebhookNotThere
    secret, key, until = new_secret(), new_signing_key(), now + BOTH_LIVE
    wrapped = wrap(secret.encode(), secret_context(siret))
    tx.execute(update(PARTNER).where(PARTNER.c.siret == siret).values(webhook_secret_wrapped=wrapped))
    values = {
        "signing_key_wrapped": wrap(key.encode(), signing_key_context(siret)),
        "verifying_key": verifying_key(key),
        "previous_secret_wrapped": partner.webhook_secret_wrapped,
        "previous_signing_key_wrapped": before.signing_key_wrapped,
        "previous_verifying_key": before.verifying_key,
        "previous_until": until,
    }
    tx.execute(update(WEBHOOK).where(WEBHOOK.c.siret == siret).values(**values))
    return Credentials(secret, values["verifying_key"], until)


def signing_secrets(
    partner: "Row[Any]", unwrap: Callable[[bytes, bytes], str], *, now: datetime
) -> dict[str, SecretStr]:
    """Return what a partner's notifications are signed with now, by the names that the codec knows.

    ``partner`` is its row joined with that of its webhook.
    """
    symmetric, asymmetric = secret_context(partner.siret), signing_key_context(partner.siret)
    wrapped = [
        ("webhook_secret", partner.webhook_secret_wrapped, symmetric),
        ("webhook_key", partner.signing_key_wrapped, asymmetric),
    ]
    if partner.previous_until is not None and partner.previous_until > now:
        wrapped.append(("webhook_secret_previous", partner.previous_secret_wrapped, symmetric))
        wrapped.append(("webhook_key_previous", partner.previous_signing_key_wrapped, asymmetric))
    return {name: SecretStr(unwrap(bytes(told), context)) for name, told, context in wrapped if told is not None}


def webhook_of(tx: ReadTx, siret: str) -> "Row[Any]":
    """Return how a partner's webhook is, without what is secret; raises :class:`WebhookNotThere`."""
    found = tx.execute(select(*_STATES).where(WEBHOOK.c.siret == siret)).one_or_none()
    if found is None:
        raise WebhookNotThere
    return found


def published_keys(tx: ReadTx, *, now: datetime) -> list[tuple[str, list[str]]]:
    """Return for each partner with a webhook, by its client identifier, the keys its notifications are signed with."""
    rows = tx.execute(select(PARTNER.c.slug, *_STATES).join(WEBHOOK, WEBHOOK.c.siret == PARTNER.c.siret))
    return sorted((row.slug, live_keys(row, now=now)) for row in rows)


def live_keys(row: "Row[Any]", *, now: datetime) -> list[str]:
    """Return the public keys that a partner may still see signatures of, the newest first."""
    before = row.previous_until is not None and row.previous_until > now
    return [row.verifying_key, *([row.previous_verifying_key] if before else [])]


def open_webhook(tx: WriteTx, siret: Siret, *, now: datetime) -> bool:
    """Have a partner's notifications sent again from this moment on; false where nothing held them back.

    Raises :class:`WebhookNotThere`.
    """
    found = webhook_of(tx, siret)
    if found.disabled_at is None and found.failures == 0:
        return False
    values = {"failures": 0, "failing_since": None, "open_at": now, "disabled_at": None, "disabled_for": None}
    tx.execute(update(WEBHOOK).where(WEBHOOK.c.siret == siret).values(**values))
    return True


def close_webhook(tx: WriteTx, siret: str, reason: str, *, now: datetime) -> bool:
    """Send a partner nothing any more until somebody opens its webhook; false where that is so already."""
    still = (WEBHOOK.c.siret == siret, WEBHOOK.c.disabled_at.is_(None))
    return tx.execute(update(WEBHOOK).where(*still).values(disabled_at=now, disabled_for=reason)).rowcount == 1
