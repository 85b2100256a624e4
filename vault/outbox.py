"""Events that commit with the fact they announce."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import TIMESTAMP, Column, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from contracts.events import EventData
from contracts.identifiers import EventId, new_uuid
from vault.db import METADATA, WriteTx

EVENT = Table(
    "event",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("occurred_at", TIMESTAMP(timezone=True), nullable=False),
    Column("data", JSONB, nullable=False),
)


def publish(tx: WriteTx, data: EventData, *, now: datetime) -> EventId:
    """Write down that ``data`` happened; whoever reads events sees it once ``tx`` has committed."""
    event_id = EventId(new_uuid())
    row = {
        "event_id": event_id,
        "type": data.type,
        "subject": data.subject,
        "occurred_at": now,
        "data": {name: _plain(value) for name, value in asdict(data).items()},
    }
    tx.insert(EVENT, row)
    return event_id


def _plain(value: UUID | str) -> str:
    return str(value)
