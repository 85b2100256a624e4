"""Sending messages once: claimed in one transaction, sent outside any, settled in another; a death between is a doubt.

Nothing in doubt is sent again by itself. Where the way can be asked whether it has a message (a gateway by its
identifier, a drop folder by the file's name), it is asked, and the doubt ends (ADR 0040).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.engine import Row

from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.notifications.messages import CODES, NOTICES
from hub.notifications.proving_contact import check_of
from hub.notifications.tables import MESSAGE
from hub.persons.deaths import has_died
from hub.persons.residences import Channel, contact_of
from vault.db import Database, ReadTx
from vault.standing import Purpose, standing

LEASE = timedelta(minutes=2)
"""Longer than any conversation on the way; what is « sending » after it is in doubt."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
"""Waits after a server did not take it; then it is refused, and a reminder comes in its time."""
ASK_EVERY, ASK_FOR = timedelta(minutes=5), timedelta(days=1)
"""How often the way is asked about a message in doubt, and for how long after it was written."""
_SENT = (OutcomeKind.APPLIED, OutcomeKind.ACCEPTED, OutcomeKind.DUPLICATE)
_FOR_GOOD = (OutcomeKind.REJECTED, OutcomeKind.CONFLICT)
_LAPSED = text("""UPDATE hub.message SET state = 'in_doubt', not_before = :now, settled_at = :now, leased_until = NULL
    WHERE state = 'sending' AND leased_until <= :now""")
_DOUBT = text("""
    UPDATE hub.message SET not_before = :again WHERE message_id = (
        SELECT message_id FROM hub.message
        WHERE state = 'in_doubt' AND not_before <= :now AND created_at > :since AND channel = ANY(:channels)
        ORDER BY not_before LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING *
""")
_CLAIM = text("""
    UPDATE hub.message AS m SET state = 'sending', attempts = attempts + 1, leased_until = :until, channel = CASE
        WHEN m.siret IS NOT NULL OR m.kind = 'email_code' THEN 'email' WHEN m.kind = 'telephone_code' THEN 'telephone'
        ELSE (SELECT c.channel FROM hub.contact c
              WHERE c.person_id = m.person_id AND c.retracted_at IS NULL AND c.channel <> 'counter') END
    WHERE message_id = (
        SELECT message_id FROM hub.message WHERE state = 'due' AND not_before <= :now
        ORDER BY not_before LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING m.*
""")


class Carrier(Protocol):
    """One way to people: e-mail, text messages, or printed letters."""

    def carry(self, row: "Row[Any]") -> ExchangeOutcome | None:
        """Send a message to where its person is reached this way; nothing where they no longer are."""
        ...

    def arrived(self, row: "Row[Any]") -> bool | None:
        """Ask the way whether it took a message; nothing where it cannot tell."""
        ...


@dataclass(frozen=True, slots=True)
class Postman:
    """What sending messages needs; ``wanted`` says whether one is still to be sent, at the last moment."""

    db: Database
    carriers: Mapping[str, Carrier]
    """By channel; what has none here is not written to."""
    now: Callable[[], datetime]
    wanted: Callable[[ReadTx, UUID], bool] = field(repr=False)

    @property
    def channels(self) -> frozenset[Channel]:
        """The ways that families can be written to by."""
        return frozenset(Channel(name) for name in self.carriers)

    def send_due(self) -> int:
        """Send what is due, and ask about what is in doubt; return how many were tried."""
        with standing(purpose=Purpose.TELLING):
            with self.db.single() as tx:
                tx.execute(_LAPSED, {"now": self.now()})
            while self._ask_next():
                pass
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
            carrier = self.carriers.get(row.channel or "") if self._wanted(tx, row) else None
        outcome = None if carrier is None else carrier.carry(row)
        if outcome is None:
            self._settle(row, "cancelled", "no longer wanted")
            return True
        words = f"{outcome.kind}:{outcome.code}"
        if outcome.kind in _SENT:
            self._settle(row, "sent", words)
        elif outcome.kind is OutcomeKind.IN_DOUBT:
            # What is still on its way is not asked after: it could be said to be absent, and come.
            self._settle(row, "in_doubt", words, not_before=self.now() + LEASE)
        elif outcome.kind in _FOR_GOOD or row.attempts > len(WAITS):
            self._settle(row, "refused", words)
        else:
            again = self.now() + WAITS[row.attempts - 1]
            values = {"state": "due", "not_before": max(again, outcome.until or again), "leased_until": None}
            self._write(row, values | {"last_outcome": words})
        return True

    def _ask_next(self) -> bool:
        now = self.now()
        told = {"now": now, "again": now + ASK_EVERY, "since": now - ASK_FOR, "channels": list(self.carriers)}
        with self.db.single() as tx:
            row = tx.execute(_DOUBT, told).one_or_none()
        if row is None:
            return False
        arrived = self.carriers[row.channel].arrived(row)
        if arrived:
            self._settle(row, "sent", "found:asked", was="in_doubt")
        elif arrived is False:
            values = {"state": "due", "not_before": now, "settled_at": None, "last_outcome": "absent:asked"}
            self._write(row, values, was="in_doubt")
        return True

    def _wanted(self, tx: ReadTx, row: "Row[Any]") -> bool:
        if row.siret is not None:
            return True
        if row.kind in CODES:
            return check_of(tx, row.message_id, now=self.now()) is not None
        contact = contact_of(tx, row.person_id)
        if contact is None or not contact.reachable or contact.channel != row.channel:
            return False
        if has_died(tx, row.person_id):
            return False
        if row.kind in NOTICES:
            return True
        return self.wanted(tx, row.about or row.message_id)

    def _settle(
        self, row: "Row[Any]", state: str, words: str, *, was: str = "sending", not_before: datetime | None = None
    ) -> None:
        values = {"state": state, "settled_at": self.now(), "last_outcome": words, "leased_until": None}
        self._write(row, values if not_before is None else values | {"not_before": not_before}, was=was)

    def _write(self, row: "Row[Any]", values: dict[str, Any], *, was: str = "sending") -> None:
        ours = (MESSAGE.c.message_id == row.message_id, MESSAGE.c.attempts == row.attempts)
        with self.db.single() as tx:
            tx.execute(update(MESSAGE).where(*ours, MESSAGE.c.state == was).values(**values))
