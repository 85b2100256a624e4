"""Messages of which nobody knows whether they arrived, and those that no server took: seen by the operator, and settled."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update

from hub.errors import InvalidValue, NothingHere
from hub.notifications.tables import MESSAGE
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry

OPEN = ("in_doubt", "refused")
_REASON_MAX = 200


class Settled(StrEnum):
    """What somebody found out about a message, or wants done with it."""

    SENT = "sent"
    AGAIN = "again"
    """It is sent again, under the same identifier, where it is still wanted."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One message that is not known to have arrived; no person and no address."""

    message_id: UUID
    state: str
    kind: str
    channel: str
    siret: str | None
    """The partner whose contact it is for; nothing for a family's."""
    attempts: int
    written_at: datetime
    since: datetime
    last_outcome: str


def doubts(tx: ReadTx, *, since: datetime) -> list[Doubt]:
    """Return the messages written since a moment that may not have arrived, oldest first."""
    rows = tx.execute(
        select(MESSAGE)
        .where(MESSAGE.c.state.in_(OPEN), MESSAGE.c.created_at > since)
        .order_by(MESSAGE.c.created_at, MESSAGE.c.message_id)
    )
    return [
        Doubt(
            message_id=row.message_id,
            state=row.state,
            kind=row.kind,
            channel=row.channel or "",
            siret=row.siret,
            attempts=row.attempts,
            written_at=row.created_at,
            since=row.settled_at,
            last_outcome=row.last_outcome or "",
        )
        for row in rows
    ]


def settle(tx: WriteTx, message_id: UUID, settled: Settled, reason: str, *, actor: Actor, now: datetime) -> None:
    """Write down what became of a message, or have it sent again; the journal keeps who said so and why.

    Raises :class:`NothingHere` for a message that is in no doubt and was not refused, and :class:`InvalidValue` without
    a reason.
    """
    why = reason.strip()
    if not 0 < len(why) <= _REASON_MAX:
        raise InvalidValue("reason: some words")
    again = {"state": "due", "not_before": now, "settled_at": None}
    values = again if settled is Settled.AGAIN else {"state": "sent", "settled_at": now}
    row = tx.execute(
        update(MESSAGE)
        .where(MESSAGE.c.message_id == message_id, MESSAGE.c.state.in_(OPEN))
        .values(**values)
        .returning(MESSAGE.c.person_id, MESSAGE.c.siret)
    ).one_or_none()
    if row is None:
        raise NothingHere(f"no message in doubt: {message_id}")
    detail = {"step": f"message_{settled}", "message": str(message_id), "reason": why}
    act = JournalAct.PARTNER if row.person_id is None else JournalAct.REQUEST
    subjects = () if row.person_id is None else (row.person_id,)
    append(tx, JournalEntry(act, actor, subjects=subjects, recipient=row.siret, detail=detail))
