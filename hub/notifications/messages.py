"""Messages to people, sent once: claimed in one transaction, sent outside any, settled in another; a death between is a doubt.

A mail server has no key by which it knows a second copy. So what was being sent when a sender died stays visibly in
doubt, and nobody sends it again by itself (ADR 0038).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import Row

from connectors.mail import Letter, MailWay
from contracts.outcomes import OutcomeKind
from hub.notifications.letters import family_letter, partner_letter
from hub.notifications.tables import MESSAGE
from hub.partners.tables import PARTNER
from hub.persons.deaths import has_died
from hub.persons.residences import Channel, contact_of
from vault.db import Database, ReadTx, WriteTx

LEASE = timedelta(minutes=2)
"""Longer than any conversation with a mail server; what is « sending » after it is in doubt."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
"""Waits after a server did not take it; then it is refused, and a reminder comes in its time."""
_DOUBTS = text("""UPDATE hub.message SET state = 'in_doubt', settled_at = :now, leased_until = NULL
    WHERE state = 'sending' AND leased_until <= :now""")
_CLAIM = text("""
    UPDATE hub.message SET state = 'sending', attempts = attempts + 1, leased_until = :until WHERE message_id = (
        SELECT message_id FROM hub.message WHERE state = 'due' AND not_before <= :now
        ORDER BY not_before LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING *
""")


class Kind(StrEnum):
    """What a message is about."""

    ASK = "ask"
    REMINDER = "reminder"
    WEBHOOK_OFF = "webhook_off"


@dataclass(frozen=True, slots=True)
class Postman:
    """What sending messages needs; ``wanted`` says whether one is still to be sent, at the last moment."""

    db: Database
    way: MailWay
    door_url: str
    release_url: str
    now: Callable[[], datetime]
    wanted: Callable[[ReadTx, UUID], bool] = field(repr=False)

    def send_due(self) -> int:
        """Send what is due; return how many were tried."""
        with self.db.single() as tx:
            tx.execute(_DOUBTS, {"now": self.now()})
        tried = 0
        while self._send_next():
            tried += 1
        return tried

    def _send_next(self) -> bool:
        now = self.now()
        with self.db.single() as tx:
            row = tx.execute(_CLAIM, {"now": now, "until": now + LEASE}).one_or_none()
        if row is None:
            return False
        with self.db.read() as tx:
            letter = self._letter(tx, row)
        if letter is None:
            self._settle(row, "cancelled", "no longer wanted")
            return True
        outcome = self.way.send(letter)
        words = f"{outcome.kind}:{outcome.code}"
        if outcome.kind is OutcomeKind.APPLIED:
            self._settle(row, "sent", words)
        elif outcome.kind is OutcomeKind.IN_DOUBT:
            self._settle(row, "in_doubt", words)
        elif outcome.kind is OutcomeKind.REJECTED or row.attempts > len(WAITS):
            self._settle(row, "refused", words)
        else:
            values = {"state": "due", "not_before": self.now() + WAITS[row.attempts - 1], "leased_until": None}
            self._write(row, values | {"last_outcome": words})
        return True

    def _letter(self, tx: ReadTx, row: "Row[Any]") -> Letter | None:
        if row.siret is not None:
            partner = tx.execute(select(PARTNER).where(PARTNER.c.siret == row.siret)).one()
            return partner_letter(row.message_id, partner.contact, self.release_url)
        contact = contact_of(tx, row.person_id)
        if contact is None or contact.channel is not Channel.EMAIL or contact.value is None:
            return None
        if has_died(tx, row.person_id) or not self.wanted(tx, row.about or row.message_id):
            return None
        return family_letter(row.message_id, contact.value, self.door_url, again=row.kind == Kind.REMINDER)

    def _settle(self, row: "Row[Any]", state: str, words: str) -> None:
        self._write(row, {"state": state, "settled_at": self.now(), "last_outcome": words, "leased_until": None})

    def _write(self, row: "Row[Any]", values: dict[str, Any]) -> None:
        ours = (MESSAGE.c.message_id == row.message_id, MESSAGE.c.attempts == row.attempts)
        with self.db.single() as tx:
            tx.execute(update(MESSAGE).where(*ours, MESSAGE.c.state == "sending").values(**values))


def write_message(
    tx: WriteTx,
    kind: Kind,
    *,
    not_before: datetime,
    now: datetime,
    person_id: UUID | None = None,
    siret: str | None = None,
    about: UUID | None = None,
) -> UUID:
    """Leave a message to a person or to a partner's contact, in the transaction of what it is about; return its name."""
    # Version 4: it goes out as the Message-ID, and tells nothing.
    message_id = uuid4()
    whose = {"person_id": person_id, "siret": siret, "about": about}
    row = {"message_id": message_id, "kind": kind.value, **whose, "state": "due", "attempts": 0}
    tx.execute(insert(MESSAGE).values(**row, not_before=not_before, created_at=now))
    return message_id
