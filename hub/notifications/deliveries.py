"""Send what is due: claim, send outside any transaction, settle; a crash in between sends the same identifier again."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.engine import Row

from connectors.http import HttpTransport
from connectors.port import Binding
from connectors.webhook.codec import MANIFEST, Notification, WebhookCodec
from contracts.identifiers import Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.notifications.tables import DELIVERY
from hub.partners.registry import secret_context
from hub.partners.tables import PARTNER
from vault.crypto.keyring import MasterKey
from vault.db import Database
from vault.errors import DatabaseUnavailable

SCHEDULE = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
"""Waits after each failed attempt, about three days in all (the schedule that Standard Webhooks recommends)."""
LEASE = timedelta(seconds=20)
"""How long a claimed delivery is nobody else's; longer than the longest conversation, which ends within 15 s."""
BATCH = 8
"""Claimed at once, and sent at once: what waited for its turn would outlive its lease."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs: the database, and the right to unwrap partners' webhook secrets."""

    db: Database
    master: MasterKey = field(repr=False)
    now: Callable[[], datetime]

    def send_due(self) -> int:
        """Send what is due now, one partner never waiting for another; return how many deliveries were tried."""
        claimed = self._claim()
        if claimed:
            with ThreadPoolExecutor(BATCH) as pool:
                list(pool.map(self._try, claimed))
        return len(claimed)

    def _claim(self) -> list["Row[Any]"]:
        now = self.now()
        with self.db.transaction() as tx:
            due = tx.execute(
                select(DELIVERY.c.delivery_id)
                .where(DELIVERY.c.state == "due", DELIVERY.c.next_attempt_at <= now)
                .order_by(DELIVERY.c.next_attempt_at)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            rows = tx.execute(
                update(DELIVERY)
                .where(DELIVERY.c.delivery_id.in_(list(due.scalars())))
                .values(next_attempt_at=now + LEASE, attempts=DELIVERY.c.attempts + 1)
                .returning(DELIVERY)
            ).all()
            return list(rows)

    def _try(self, row: "Row[Any]") -> None:
        try:
            self._send_and_settle(row)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one partner's broken row must not silence the others
            _LOG.error("delivery %s not tried: %s", row.delivery_id, type(error).__name__)

    def _send_and_settle(self, row: "Row[Any]") -> None:
        outcome = self._send(row)
        with self.db.transaction() as tx:
            tx.execute(
                update(DELIVERY)
                .where(DELIVERY.c.delivery_id == row.delivery_id, DELIVERY.c.state == "due")
                .values(**self._settled(outcome, row.attempts))
            )

    def _send(self, row: "Row[Any]") -> ExchangeOutcome:
        with self.db.read() as tx:
            partner = tx.execute(select(PARTNER).where(PARTNER.c.siret == row.siret)).one()
        if partner.webhook_url is None or partner.webhook_secret_wrapped is None:
            return ExchangeOutcome(OutcomeKind.MISCONFIGURED, code="no webhook")
        secret = self.master.unwrap(partner.webhook_secret_wrapped, secret_context(row.siret)).decode()
        binding = Binding(
            slug=partner.slug,
            base_url=partner.webhook_url,
            siret=Siret(row.siret),
            secrets={"webhook_secret": SecretStr(secret)},
        )
        codec = WebhookCodec()
        command = Notification(message=row.delivery_id, at=self.now(), event=row.body)
        with HttpTransport(MANIFEST.limits, origin=partner.webhook_url) as transport:
            return codec.decode(command, transport.send(codec.encode(command, binding)))

    def _settled(self, outcome: ExchangeOutcome, attempts: int) -> dict[str, Any]:
        now = self.now()
        values: dict[str, Any] = {"last_outcome": f"{outcome.kind}:{outcome.code}"}
        if outcome.kind is OutcomeKind.APPLIED:
            return values | {"state": "delivered", "settled_at": now}
        if outcome.kind is OutcomeKind.CLOSED or attempts > len(SCHEDULE):
            return values | {"state": "abandoned", "settled_at": now}
        wait = now + SCHEDULE[attempts - 1]
        return values | {"next_attempt_at": max(wait, outcome.until) if outcome.until else wait}


def waiting(db: Database) -> int:
    """Return how many deliveries are due and not yet delivered."""
    with db.read() as tx:
        count: int = tx.execute(
            select(func.count()).select_from(DELIVERY).where(DELIVERY.c.state == "due")
        ).scalar_one()
        return count


def delivered_at(db: Database, delivery_id: UUID) -> datetime | None:
    """Return when a delivery was acknowledged, if it was."""
    with db.read() as tx:
        found: datetime | None = tx.execute(
            select(DELIVERY.c.settled_at).where(DELIVERY.c.delivery_id == delivery_id, DELIVERY.c.state == "delivered")
        ).scalar_one_or_none()
        return found
