"""What is asked of a family is told it once, whoever needs it: open asks share a message, reminders end with them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select, text, tuple_, update

from contracts.calendar import paris_day
from hub.notifications.messages import Kind, write_message
from hub.notifications.tables import MESSAGE
from hub.persons.residences import Channel, contact_of
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requests.under_way import to_decide
from hub.requirements.catalogue import load
from hub.school_files.tables import ASK, SATISFACTION
from vault.db import ReadTx, WriteTx

SHARED_FOR = timedelta(days=7)
"""How long one message stands for whatever else is asked meanwhile: the family was told to look."""
REMINDERS = (timedelta(days=7), timedelta(days=21))
"""After the message; no more than these."""
_LOCK = "telling_families"
_REMIND = text("""
    SELECT m.message_id, m.person_id FROM hub.message m
    WHERE m.kind = 'ask' AND m.state IN ('sent', 'in_doubt', 'refused') AND m.created_at > :oldest
        AND (SELECT count(*) FROM hub.message r WHERE r.about = m.message_id AND r.state <> 'cancelled')
            = CASE WHEN m.created_at <= :second THEN 1 WHEN m.created_at <= :first THEN 0 ELSE -1 END
""")


def tell_families(tx: WriteTx, *, channels: Collection[Channel], gathering: timedelta, now: datetime) -> int:
    """Leave a message for each family with something new to hear of; return how many asks were told by it.

    ``channels`` are the ways there are; ``gathering`` is how long a message waits for what is asked in the same breath.
    """
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_LOCK, 0))))
    told = 0
    untold = select(ASK.c.line_id, ASK.c.requirement, ENROLMENT_LINE.c.payer_id).join(
        ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == ASK.c.line_id
    )
    # What was told by a message that then reached nobody is told again, by the way they have chosen since.
    unheard = exists().where(MESSAGE.c.message_id == ASK.c.message_id, MESSAGE.c.state == "cancelled")
    waiting = or_(ASK.c.message_id.is_(None), unheard)
    rows = tx.execute(untold.where(waiting, *_open(now)).order_by(ENROLMENT_LINE.c.payer_id)).all()
    messages: dict[UUID, UUID | None] = {}
    for row in rows:
        if row.payer_id not in messages:
            messages[row.payer_id] = _message_for(tx, row.payer_id, channels, gathering=gathering, now=now)
        message = messages[row.payer_id]
        if message is not None:
            place = (ASK.c.line_id == row.line_id, ASK.c.requirement == row.requirement)
            told += tx.execute(update(ASK).where(*place).values(message_id=message)).rowcount
    return told


def remind_families(tx: WriteTx, *, now: datetime) -> int:
    """Leave a reminder where what was asked is still open after its time; return how many."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_LOCK, 0))))
    first, second = (now - wait for wait in REMINDERS)
    due = tx.execute(_REMIND, {"first": first, "second": second, "oldest": second - REMINDERS[-1]}).all()
    waiting = [row for row in due if still_open(tx, row.message_id, now=now)]
    for row in waiting:
        write_message(tx, Kind.REMINDER, person_id=row.person_id, about=row.message_id, not_before=now, now=now)
    return len(waiting)


def still_open(tx: ReadTx, message_id: UUID, *, now: datetime) -> bool:
    """Whether anything that a message told of is still asked."""
    asked = select(ASK.c.line_id).join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == ASK.c.line_id)
    return tx.execute(asked.where(ASK.c.message_id == message_id, *_open(now)).limit(1)).one_or_none() is not None


def _open(now: datetime) -> tuple[Any, ...]:
    """Conditions under which an ask stands: its line runs, its request is pending, and nothing satisfies or settles it."""
    settled = tuple_(ASK.c.requirement, SATISFACTION.c.requirement).in_(_settled_by())
    held = exists().where(
        SATISFACTION.c.line_id == ASK.c.line_id,
        or_(SATISFACTION.c.requirement == ASK.c.requirement, settled),
        SATISFACTION.c.until.is_(None),
    )
    pending = exists().where(REQUEST.c.line_id == ASK.c.line_id, to_decide())
    runs = (ENROLMENT_LINE.c.retracted_at.is_(None), ENROLMENT_LINE.c.valid_until >= paris_day(now))
    return (~held, pending, *runs)


@cache
def _settled_by() -> list[tuple[str, str]]:
    """Return what is asked no more once a body decided, each with the requirement that its decision satisfies."""
    return sorted({(item.id, item.settled_by) for _, item in load().judged() if item.settled_by is not None})


def _message_for(
    tx: WriteTx, person_id: UUID, channels: Collection[Channel], *, gathering: timedelta, now: datetime
) -> UUID | None:
    """Return the message that tells a person, a new one where none of late does; nothing where it reaches nobody."""
    contact = contact_of(tx, person_id)
    if contact is None or contact.channel not in channels or not contact.reachable:
        # They look themselves, or are told at the counter; asked again later, should they choose otherwise.
        return None
    standing = (
        MESSAGE.c.person_id == person_id,
        MESSAGE.c.kind == Kind.ASK.value,
        MESSAGE.c.state != "cancelled",
        MESSAGE.c.created_at > now - SHARED_FOR,
    )
    found: UUID | None = tx.execute(
        select(MESSAGE.c.message_id).where(*standing).order_by(MESSAGE.c.created_at.desc()).limit(1)
    ).scalar_one_or_none()
    if found is not None:
        return found
    return write_message(tx, Kind.ASK, person_id=person_id, not_before=now + gathering, now=now)
