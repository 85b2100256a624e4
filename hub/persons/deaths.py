"""Who has died, as agents read of it: nobody writes to them, and nobody signs in for them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from hub.persons.postal import forget_address
from hub.persons.tables import CONTACT, DEATH
from vault.db import ReadTx, WriteTx


def record_death(tx: WriteTx, person_id: UUID, died_on: date, *, source_review: UUID, now: datetime) -> None:
    """Write down that somebody has died; what they said of how to be reached ends with it. Harmless to repeat."""
    row = {"person_id": person_id, "died_on": died_on, "source_review": source_review, "recorded_at": now}
    tx.execute(upsert(DEATH).values(**row).on_conflict_do_nothing())
    current = (CONTACT.c.person_id == person_id, CONTACT.c.retracted_at.is_(None))
    tx.execute(update(CONTACT).where(*current).values(retracted_at=now))
    forget_address(tx, person_id)


def has_died(tx: ReadTx, person_id: UUID) -> bool:
    """Tell whether agents have read that somebody has died."""
    return tx.execute(select(DEATH.c.person_id).where(DEATH.c.person_id == person_id)).one_or_none() is not None
