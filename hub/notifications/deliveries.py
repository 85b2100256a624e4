"""Send what is due to one partner: claim, send outside any transaction, settle; a crash in between sends it again.

Of one subject nothing is sent before what came earlier was taken or given up, and never two at a time. What a partner
does to its own notifications changes nothing for another's: each has its lane (ADR 0037).
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.engine import Row

from connectors.addresses import AddressRule
from connectors.http import HttpTransport
from connectors.port import Binding
from connectors.webhook.codec import MANIFEST, Notification, WebhookCodec
from contracts.calendar import paris_day
from contracts.identifiers import Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.notifications.feed import place_new
from hub.notifications.messages import Kind, write_message
from hub.notifications.tables import DELIVERY
from hub.partners.registry import agreements_of
from hub.partners.tables import PARTNER, WEBHOOK
from hub.partners.webhooks import close_webhook, signing_secrets
from vault.crypto.keyring import MasterKey
from vault.db import Database, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.standing import Purpose, standing
from vault.telemetry import span

SCHEDULE = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
"""Waits after each failed attempt, about three days in all (the schedule that Standard Webhooks recommends)."""
PATIENCE = sum(SCHEDULE, timedelta())
"""How long a webhook may take nothing at all before it is turned off."""
JITTER = 0.1
"""The share of a wait that chance adds, so that what failed together does not come back together."""
LEASE = timedelta(seconds=20)
"""How long a claimed delivery is nobody else's; longer than the longest conversation, which ends within 15 s."""
BREAKER = 3
"""Failed attempts in a row after which a lane is tried with one notification at a time."""
PROBE_MAX = timedelta(minutes=10)
"""The longest time between two such tries, as long as there is something new to try with."""
_TAKEN_WITHIN = timedelta(minutes=1)
"""How exactly it is known when a partner last took something: not a write for each."""
_LOG = logging.getLogger(__name__)
SENDER = Actor(ActorKind.PROCESS, "sender")
_OPEN = """w.disabled_at IS NULL AND w.open_at <= :now AND p.suspended_at IS NULL AND p.webhook_url IS NOT NULL
    AND p.webhook_secret_wrapped IS NOT NULL"""
_SENDABLE = """d.state = 'due' AND d.place IS NOT NULL AND d.next_attempt_at <= :now
    AND (d.leased_until IS NULL OR d.leased_until <= :now)
    AND NOT EXISTS (SELECT FROM hub.delivery o WHERE o.siret = d.siret AND o.subject = d.subject AND o.state = 'due'
        AND o.delivery_id <> d.delivery_id AND (o.place < d.place OR o.leased_until > :now))"""
_LANES = text(f"""
    SELECT w.siret FROM hub.webhook w JOIN hub.partner p USING (siret)
    WHERE {_OPEN} AND EXISTS (SELECT FROM hub.delivery d WHERE d.siret = w.siret AND {_SENDABLE})
""")  # noqa: S608 - put together of our own words
_CLAIM = text(f"""
    UPDATE hub.delivery SET leased_until = :until, attempts = attempts + 1 WHERE delivery_id = (
        SELECT d.delivery_id FROM hub.delivery d
        WHERE d.siret = :siret AND {_SENDABLE}
            AND EXISTS (SELECT FROM hub.webhook w JOIN hub.partner p USING (siret) WHERE w.siret = :siret AND {_OPEN})
        ORDER BY d.next_attempt_at, d.place LIMIT 1 FOR UPDATE SKIP LOCKED
    ) AND state = 'due' AND (leased_until IS NULL OR leased_until <= :now)
    RETURNING delivery_id, siret, subject, service, body, attempts, created_at, traceparent
""")  # noqa: S608 - the same
_OVERTAKING = text("""
    SELECT 1 FROM hub.delivery d JOIN hub.delivery o ON o.siret = d.siret AND o.subject = d.subject
    WHERE d.delivery_id = :id AND d.siret = :siret AND o.state = 'due' AND o.place < d.place LIMIT 1
""")
_MESSAGE_ONLY = frozenset({OutcomeKind.REJECTED})
"""What a partner says about one notification; anything else is about the partner."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs: the database, the right to unwrap partners' webhook secrets, and where one may send to."""

    db: Database
    master: MasterKey = field(repr=False)
    now: Callable[[], datetime]
    rule: AddressRule
    chance: Callable[[], float] = random.SystemRandom().random
    _opened: dict[bytes, str] = field(default_factory=dict, repr=False)

    @standing(purpose=Purpose.SENDING)
    def lanes(self) -> list[Siret]:
        """Give new events their places; return the partners to which something can be sent now."""
        with self.db.transaction() as tx:
            place_new(tx)
        with self.db.single() as tx:
            return [Siret(siret) for siret in tx.execute(_LANES, {"now": self.now()}).scalars()]

    @standing(purpose=Purpose.SENDING)
    def claim(self, siret: Siret) -> "Row[Any] | None":
        """Take the next of a partner's notifications for :data:`LEASE`; nothing where none can be sent now."""
        with self.db.single() as tx:
            return claim_next(tx, siret, now=self.now())

    @standing(purpose=Purpose.SENDING)
    def deliver(self, row: "Row[Any]") -> bool:
        """Send what was claimed and write down what came of it; false where the partner is not to be tried now.

        Looks once more, after the claim has committed, whether anything earlier of its subject is due: a replay may
        have made it so while the claim was being made, and another lane may have claimed it then (ADR 0037).
        """
        with self.db.read() as tx:
            overtaking = tx.execute(_OVERTAKING, {"siret": row.siret, "id": row.delivery_id}).one_or_none()
            partner = tx.execute(
                select(PARTNER, WEBHOOK)
                .join(WEBHOOK, WEBHOOK.c.siret == PARTNER.c.siret)
                .where(WEBHOOK.c.siret == row.siret)
            ).one()
            agreements = agreements_of(tx, Siret(row.siret), on=paris_day(self.now()))
        if overtaking is not None:
            self._give_back(row)
            return True
        if not any(row.service in one.services for one in agreements):
            self._end(row, "abandoned", "outside_agreement")
            return True
        if partner.failures >= BREAKER and not self._may_probe(row.siret):
            self._give_back(row)
            return False
        with span("notification", "send", parent=row.traceparent) as told:
            outcome = self._send(row, partner)
            told["outcome"] = outcome.kind.value
        self._settle(row, partner, outcome)
        return True

    def send_next(self, siret: Siret) -> bool:
        """Send one partner the next of its notifications; false where none can be sent now."""
        row = self.claim(siret)
        return row is not None and self.deliver(row)

    def _send(self, row: "Row[Any]", partner: "Row[Any]") -> ExchangeOutcome:
        binding = Binding(
            slug=partner.slug,
            base_url=partner.webhook_url,
            siret=Siret(row.siret),
            secrets=signing_secrets(partner, self._unwrap, now=self.now()),
        )
        codec = WebhookCodec()
        command = Notification(message=row.delivery_id, at=self.now(), event=row.body)
        with HttpTransport(MANIFEST.limits, origin=partner.webhook_url, rule=self.rule) as transport:
            return codec.decode(command, transport.send(codec.encode(command, binding)))

    def _unwrap(self, wrapped: bytes, context: bytes) -> str:
        """Open a secret once: the master key may lie in a service, and notifications come by the hundred."""
        if wrapped not in self._opened:
            if len(self._opened) > 1000:
                self._opened.clear()
            self._opened[wrapped] = self.master.unwrap(wrapped, context).decode()
        return self._opened[wrapped]

    def _may_probe(self, siret: Siret) -> bool:
        """Whether this is the one notification with which a failing partner is tried for now."""
        now = self.now()
        first = (WEBHOOK.c.siret == siret, WEBHOOK.c.open_at <= now)
        with self.db.single() as tx:
            return tx.execute(update(WEBHOOK).where(*first).values(open_at=now + LEASE)).rowcount == 1

    def _give_back(self, row: "Row[Any]") -> None:
        with self.db.single() as tx:
            values = {"leased_until": None, "attempts": DELIVERY.c.attempts - 1}
            tx.execute(update(DELIVERY).where(*_ours(row)).values(**values))

    def _end(self, row: "Row[Any]", state: str, words: str) -> None:
        with self.db.single() as tx:
            tx.execute(_ended(row, state, words, self.now()))

    def _settle(self, row: "Row[Any]", partner: "Row[Any]", outcome: ExchangeOutcome) -> None:
        now, words = self.now(), f"{outcome.kind}:{outcome.code}"
        if outcome.kind is OutcomeKind.APPLIED:
            self._end(row, "delivered", words)
            if partner.failures or partner.taken_at is None or partner.taken_at + _TAKEN_WITHIN <= now:
                with self.db.transaction() as tx:
                    _taken(tx, row.siret, was_away=partner.failures >= BREAKER, now=now)
            return
        with self.db.transaction() as tx:
            if outcome.kind not in _MESSAGE_ONLY:
                self._failed(tx, row.siret, outcome, now=now)
            # What the partner refuses while it takes others is given up in the end; with a partner that takes nothing
            # it waits, whatever the number of attempts.
            takes_others = partner.taken_at is not None and partner.taken_at > row.created_at
            if row.attempts > len(SCHEDULE) and (outcome.kind in _MESSAGE_ONLY or takes_others):
                tx.execute(_ended(row, "abandoned", words, now))
                return
            again = self._later(SCHEDULE[min(row.attempts, len(SCHEDULE)) - 1])
            values = {
                "next_attempt_at": max(again, outcome.until or again),
                "last_outcome": words,
                "leased_until": None,
            }
            tx.execute(update(DELIVERY).where(*_ours(row)).values(**values))

    def _failed(self, tx: WriteTx, siret: str, outcome: ExchangeOutcome, *, now: datetime) -> None:
        """Note that a partner took nothing; turn its webhook off where that has lasted, or where it says it is gone."""
        lane = tx.execute(select(WEBHOOK).where(WEBHOOK.c.siret == siret).with_for_update()).one()
        failures, since = lane.failures + 1, lane.failing_since or now
        wait = timedelta() if failures < BREAKER else min(SCHEDULE[0] * 2 ** min(failures - BREAKER, 20), PROBE_MAX)
        opens = max(self._later(wait) if wait else now, outcome.until or now)
        values = {"failures": failures, "failing_since": since, "open_at": opens}
        tx.execute(update(WEBHOOK).where(WEBHOOK.c.siret == siret).values(**values))
        if outcome.kind is OutcomeKind.CLOSED:
            _turn_off(tx, siret, "gone", now=now)
        elif since + PATIENCE <= now:
            _turn_off(tx, siret, "failing", now=now)

    def _later(self, wait: timedelta) -> datetime:
        return self.now() + wait * (1 + JITTER * self.chance())


def claim_next(tx: WriteTx, siret: Siret, *, now: datetime) -> "Row[Any] | None":
    """Take the next of a partner's notifications for :data:`LEASE`, in the transaction that is given."""
    return tx.execute(_CLAIM, {"siret": siret, "now": now, "until": now + LEASE}).one_or_none()


def _turn_off(tx: WriteTx, siret: str, reason: str, *, now: datetime) -> None:
    if not close_webhook(tx, siret, reason, now=now):
        return
    _LOG.error("webhook of %s is turned off: %s", siret, reason)
    done = {"step": "webhook_off", "reason": reason}
    append(tx, JournalEntry(act=JournalAct.PARTNER, actor=SENDER, recipient=siret, detail=done))
    write_message(tx, Kind.WEBHOOK_OFF, siret=siret, not_before=now, now=now)


def _taken(tx: WriteTx, siret: str, *, was_away: bool, now: datetime) -> None:
    """Note that a partner took something; where it was away, everything that waits for it is due at once."""
    values = {"taken_at": now, "failures": 0, "failing_since": None, "open_at": now}
    tx.execute(update(WEBHOOK).where(WEBHOOK.c.siret == siret).values(**values))
    if was_away:
        refused = func.coalesce(DELIVERY.c.last_outcome, "").startswith(OutcomeKind.REJECTED.value)
        waiting = (DELIVERY.c.siret == siret, DELIVERY.c.state == "due", DELIVERY.c.next_attempt_at > now, ~refused)
        tx.execute(update(DELIVERY).where(*waiting).values(next_attempt_at=now))


def _ours(row: "Row[Any]") -> tuple[Any, ...]:
    """Say that a delivery is still the attempt that was claimed: another process may have taken it over."""
    return (DELIVERY.c.delivery_id == row.delivery_id, DELIVERY.c.state == "due", DELIVERY.c.attempts == row.attempts)


def _ended(row: "Row[Any]", state: str, words: str, now: datetime) -> Any:
    values = {"state": state, "settled_at": now, "last_outcome": words, "leased_until": None}
    return update(DELIVERY).where(*_ours(row)).values(**values)


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
