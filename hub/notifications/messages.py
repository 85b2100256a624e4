"""Messages to people, as rows: left in the transaction of what they are about, and sent by whoever carries them (ADR 0038)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import insert

from hub.notifications.tables import MESSAGE
from vault.db import WriteTx


class Kind(StrEnum):
    """What a message is about."""

    ASK = "ask"
    REMINDER = "reminder"
    TELEPHONE_CODE = "telephone_code"
    EMAIL_CODE = "email_code"
    WEBHOOK_OFF = "webhook_off"
    WEBHOOK_AGEING = "webhook_ageing"
    """What waits for a webhook that is turned off is about to be let go."""
    WEBHOOK_LOST = "webhook_lost"
    """It was let go."""
    MANDATE = "mandate"
    """A mandate to act for somebody began, was narrowed or ended; to both of them."""
    DECISION = "decision"
    """A body decided about a line; its own letter notifies it, and this says where to read it."""
    OF_AGE = "of_age"
    """A child is about to come of age; to the guardians and, where they have an account, to the child."""


CODES = frozenset({Kind.TELEPHONE_CODE, Kind.EMAIL_CODE})
"""What goes to a number or an address that is not proved yet, and to no other."""
NOTICES = frozenset({Kind.MANDATE, Kind.OF_AGE, Kind.DECISION})
"""What tells families that something changed, and asks nothing: where to read of it is all it says."""


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
