"""Engineers are told of each alert once a way: claimed in one transaction, sent outside any, settled in another.

An alert that was being sent when the sender died is sent again under the same identifier: it may come twice, and is never
lost. What is told are words of ours, counts, and where to look.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select, text, update

from connectors.mail import Letter, MailWay
from connectors.port import Binding, Transport
from connectors.webhook.codec import Notification, WebhookCodec
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.watching.tables import ALERT, ALERT_NOTICE
from vault.db import Database

LEASE = timedelta(minutes=2)
"""Longer than any conversation on the way."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""Waits after nobody took it; then it is refused, and stands where alerts are listed."""
KEPT = timedelta(days=7)
"""For how long a way that was not there is told of earlier alerts."""
RUNBOOK = "docs/operations.md"
_TAKEN = (OutcomeKind.APPLIED, OutcomeKind.ACCEPTED, OutcomeKind.DUPLICATE)
_CLAIM_NEW = text("""
    INSERT INTO hub.alert_notice (alert_id, channel, state, attempts, not_before)
    SELECT a.alert_id, :channel, 'sending', 1, :until FROM hub.alert a
    WHERE a.raised_at > :since AND NOT EXISTS (
        SELECT FROM hub.alert_notice n WHERE n.alert_id = a.alert_id AND n.channel = :channel
    ) ORDER BY a.raised_at LIMIT 1 ON CONFLICT DO NOTHING RETURNING alert_id, attempts
""")
_CLAIM_AGAIN = text("""
    UPDATE hub.alert_notice SET attempts = attempts + 1, not_before = :until WHERE channel = :channel AND alert_id = (
        SELECT alert_id FROM hub.alert_notice WHERE channel = :channel AND state = 'sending' AND not_before <= :now
        ORDER BY not_before LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING alert_id, attempts
""")


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as it is told."""

    alert_id: UUID
    cause: str
    page: str
    binding: str | None
    day: str | None
    run_id: str | None
    families: int | None
    raised_at: datetime

    def links(self, door_url: str) -> dict[str, str]:
        """Return where to look: the exchanges concerned, and the run."""
        found = {}
        if self.binding is not None:
            found["exchanges"] = exchanges_page(door_url, self.binding, self.day)
        if self.run_id is not None:
            found["run"] = f"{door_url}/ops/dagster/runs/{self.run_id}"
        return found


def exchanges_page(door_url: str, binding: str, day: str | None) -> str:
    """Return where the console lists what was exchanged with ``binding``, since ``day`` where there is one."""
    since = {} if day is None else {"depuis": day}
    return f"{door_url}/ops/echanges?{urlencode({'binding': binding} | since)}"


class Wire(Protocol):
    """One way to engineers."""

    def carry(self, told: Told, *, now: datetime) -> ExchangeOutcome:
        """Send an alert; a fault of the network is an outcome, never an exception."""
        ...


@dataclass(frozen=True, slots=True)
class AlertByMail:
    """One e-mail to each address; it has been taken when every server took it."""

    way: MailWay
    to: tuple[str, ...] = field(repr=False)
    door_url: str

    def carry(self, told: Told, *, now: datetime) -> ExchangeOutcome:  # noqa: ARG002 - the protocol's signature
        """Write to whoever is on call."""
        lines = [f"What is wrong: {told.cause}", f"Since: {told.raised_at:%Y-%m-%d %H:%M} UTC"]
        if told.families is not None:
            lines.append(f"Families concerned: {told.families}")
        lines += [f"{name.capitalize()}: {link}" for name, link in told.links(self.door_url).items()]
        lines.append(f"What to do: {RUNBOOK}#{told.page}")
        outcomes = [
            self.way.send(Letter(f"{told.alert_id}.{number}", to, f"[Une Fois] {told.cause}", "\n".join(lines) + "\n"))
            for number, to in enumerate(self.to)
        ]
        return next((one for one in outcomes if one.kind not in _TAKEN), outcomes[0])


@dataclass(frozen=True, slots=True)
class AlertByWebhook:
    """A signed CloudEvents object (Standard Webhooks 1.0), under the same identifier however often it is tried."""

    binding: Binding
    transport: Transport
    door_url: str

    def carry(self, told: Told, *, now: datetime) -> ExchangeOutcome:
        """Send it to the programme that wakes people."""
        data: dict[str, Any] = {"cause": told.cause, "runbook": f"{RUNBOOK}#{told.page}", "families": told.families}
        event = {
            "specversion": "1.0",
            "id": str(told.alert_id),
            "source": self.door_url,
            "type": "paris.unefois.alert.raised",
            "time": told.raised_at.isoformat(),
            "data": data | told.links(self.door_url),
        }
        command, codec = Notification(told.alert_id, now, event), WebhookCodec()
        return codec.decode(command, self.transport.send(codec.encode(command, self.binding)))


@dataclass(frozen=True, slots=True)
class Teller:
    """What telling engineers needs: by channel, how it is carried."""

    db: Database
    ways: Mapping[str, Wire]
    now: Callable[[], datetime]

    def tell_due(self) -> int:
        """Tell what was not told yet, each way by itself; return how many were tried."""
        tried = 0
        for channel, way in self.ways.items():
            while (claimed := self._claim(channel)) is not None:
                told, attempts = claimed
                self._settle(told.alert_id, channel, attempts, way.carry(told, now=self.now()))
                tried += 1
        return tried

    def _claim(self, channel: str) -> tuple[Told, int] | None:
        now = self.now()
        named = {"channel": channel, "until": now + LEASE, "since": now - KEPT, "now": now}
        with self.db.transaction() as tx:
            row = tx.execute(_CLAIM_AGAIN, named).one_or_none() or tx.execute(_CLAIM_NEW, named).one_or_none()
            if row is None:
                return None
            alert = tx.execute(select(ALERT).where(ALERT.c.alert_id == row.alert_id)).one()
        values = {name: getattr(alert, name) for name in Told.__slots__}
        day = None if alert.day is None else alert.day.isoformat()
        return Told(**values | {"day": day}), row.attempts

    def _settle(self, alert_id: UUID, channel: str, attempts: int, outcome: ExchangeOutcome) -> None:
        values: dict[str, Any] = {"last_outcome": f"{outcome.kind}:{outcome.code}"}
        if outcome.kind in _TAKEN:
            values["state"] = "sent"
        elif attempts > len(WAITS):
            values["state"] = "refused"
        else:
            values["not_before"] = self.now() + WAITS[attempts - 1]
        ours = (ALERT_NOTICE.c.alert_id == alert_id, ALERT_NOTICE.c.channel == channel)
        with self.db.transaction() as tx:
            tx.execute(update(ALERT_NOTICE).where(*ours, ALERT_NOTICE.c.attempts == attempts).values(**values))
