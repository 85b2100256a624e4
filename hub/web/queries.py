"""What pages alone ask of the hub: one's own démarches and their acknowledgements."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hub.requests.tables import REQUEST
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class RequestView:
    """One démarche of the person's, as its acknowledgement names it."""

    request_id: UUID
    service: str
    body: str
    received_at: datetime


def requests_of(tx: ReadTx, person_id: UUID) -> list[RequestView]:
    """Return a person's démarches, newest first."""
    rows = tx.execute(
        select(REQUEST.c.request_id, REQUEST.c.received_at, REQUEST.c.acknowledgement)
        .where(REQUEST.c.requester_id == person_id)
        .order_by(REQUEST.c.received_at.desc(), REQUEST.c.request_id)
    )
    return [
        RequestView(
            request_id=row.request_id,
            service=row.acknowledgement["service"],
            body=row.acknowledgement["in_charge"]["name"],
            received_at=row.received_at,
        )
        for row in rows
    ]


def acknowledgement_of(tx: ReadTx, person_id: UUID, request_id: UUID) -> dict[str, Any] | None:
    """Return the acknowledgement of one démarche, as it was given; nothing for anybody else."""
    statement = select(REQUEST.c.acknowledgement).where(
        REQUEST.c.request_id == request_id, REQUEST.c.requester_id == person_id
    )
    return tx.execute(statement).scalar_one_or_none()
