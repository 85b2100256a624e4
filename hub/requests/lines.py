"""Enrolment lines: one service by one body for one payer, a share of it, and a period of a school year.

A line is never rewritten: only its end moves, and what never began is retracted.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from contracts.calendar import Parity
from contracts.identifiers import EnrolmentLineId, PersonId, SchoolFileId, new_uuid
from hub.errors import InvalidValue, ServedElsewhere
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from vault.db import WriteTx

SCHOOL_YEAR_TURNS = 9
"""Month in which a school year begins."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What a line is: where, for whom, which weeks or which share (percent), and from when.

    ``since`` is the first day; the line ends with the school year. ``follows`` is the line it took over from.
    """

    child_id: UUID
    school_year: str
    service: str
    body: str
    since: date
    parity: Parity = Parity.EVERY
    share: int = 100
    follows: UUID | None = None


def school_year_period(school_year: str) -> tuple[date, date]:
    """Return first and last day of a school year written ``2026-2027``; raises :class:`InvalidValue`."""
    first, _, second = school_year.partition("-")
    if not (first.isdigit() and second.isdigit() and len(first) == 4 and int(second) == int(first) + 1):
        raise InvalidValue("school_year: two years in a row, as in 2026-2027")
    return date(int(first), SCHOOL_YEAR_TURNS, 1), date(int(second), SCHOOL_YEAR_TURNS - 1, 31)


def school_year_of(day: date) -> str:
    """Return the school year a day belongs to."""
    first = day.year if day.month >= SCHOOL_YEAR_TURNS else day.year - 1
    return f"{first}-{first + 1}"


def find_or_add(tx: WriteTx, payer: PersonId, slot: Slot, *, now: datetime) -> EnrolmentLineId:
    """Return the payer's line for ``slot``, added where there is none.

    Raises :class:`ServedElsewhere` where another body has the service for this payer in that time.
    """
    file_id = _file(tx, slot, now=now)
    own = {"file_id": file_id, "service": slot.service, "body": slot.body, "payer_id": payer}
    held = tx.execute(
        select(ENROLMENT_LINE.c.line_id).where(
            *(ENROLMENT_LINE.c[name] == value for name, value in own.items()),
            ENROLMENT_LINE.c.retracted_at.is_(None),
            ENROLMENT_LINE.c.valid_until >= slot.since,
        )
    ).scalar_one_or_none()
    if held is not None:
        return EnrolmentLineId(held)
    line_id = EnrolmentLineId(new_uuid())
    part = {"parity": slot.parity.value, "share": slot.share, "follows": slot.follows}
    period = {"valid_from": slot.since, "valid_until": school_year_period(slot.school_year)[1]}
    try:
        tx.execute(insert(ENROLMENT_LINE).values(line_id=line_id, **own, **part, **period, recorded_at=now))
    except IntegrityError:
        raise ServedElsewhere(slot.service) from None
    return line_id


def end_line(tx: WriteTx, line_id: UUID, *, before: date, now: datetime) -> None:
    """Let a line end the day before ``before``, and close its request; one that had not begun is retracted."""
    ended = tx.execute(
        update(ENROLMENT_LINE)
        .where(ENROLMENT_LINE.c.line_id == line_id, ENROLMENT_LINE.c.valid_from < before)
        .values(valid_until=before - timedelta(days=1))
        .returning(ENROLMENT_LINE.c.line_id)
    ).one_or_none()
    if ended is None:
        tx.execute(update(ENROLMENT_LINE).where(ENROLMENT_LINE.c.line_id == line_id).values(retracted_at=now))
        tx.execute(update(REQUEST).where(REQUEST.c.line_id == line_id).values(state="closed"))


def _file(tx: WriteTx, slot: Slot, *, now: datetime) -> UUID:
    key = {"child_id": slot.child_id, "school_year": slot.school_year}
    tx.execute(
        upsert(SCHOOL_FILE).values(file_id=SchoolFileId(new_uuid()), **key, created_at=now).on_conflict_do_nothing()
    )
    found: UUID = tx.execute(
        select(SCHOOL_FILE.c.file_id).where(*(SCHOOL_FILE.c[name] == value for name, value in key.items()))
    ).scalar_one()
    return found
