"""One event becomes one entry for the body that may act on it: of its feed, and for its webhook if it has one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.calendar import paris_day
from contracts.identifiers import Siret
from contracts.notifications import NotificationData, notification
from hub.notifications.tables import DELIVERY
from hub.partners.pseudonyms import Named, pseudonym
from hub.partners.registry import agreements_of
from hub.partners.tables import PARTNER
from vault.db import WriteTx
from vault.telemetry import carried

CHANNEL = "unefois_deliveries"
"""PostgreSQL channel on which a committed delivery wakes whoever sends."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What a partner is told: that something changed for a subject, a line or a child, never what it is."""

    event_id: UUID
    event_type: str
    subject_id: UUID
    service: str
    requirement: str
    school_year: str
    named: Named = Named.FILE


def notify(tx: WriteTx, siret: Siret, signal: Signal, *, now: datetime) -> UUID | None:
    """Write down what the body ``siret`` is told; nothing where it is no partner or no agreement covers the service.

    It carries this partner's pseudonym of the subject and no other identifier of ours.
    """
    if not any(signal.service in agreement.services for agreement in agreements_of(tx, siret, on=paris_day(now))):
        return None
    address = tx.execute(select(PARTNER.c.webhook_url).where(PARTNER.c.siret == siret)).scalar_one()
    # Version 4: the time in a version 7 would let two partners join what they were told at one moment.
    delivery_id = uuid4()
    subject = pseudonym(tx, siret, signal.named, signal.subject_id)
    data = NotificationData(subject, signal.service, signal.requirement, signal.school_year)
    tx.execute(
        insert(DELIVERY)
        .values(
            delivery_id=delivery_id,
            siret=siret,
            event_id=signal.event_id,
            body=notification(delivery_id, signal.event_type, now, data),
            subject=subject,
            service=signal.service,
            state="listed" if address is None else "due",
            next_attempt_at=now,
            created_at=now,
            traceparent=carried(),
        )
        .on_conflict_do_nothing()
    )
    # Delivered by PostgreSQL when the transaction commits, so that no wake-up is lost or early.
    tx.execute(select(func.pg_notify(CHANNEL, "")))
    return delivery_id
