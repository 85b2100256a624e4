"""Where a person lives and how they want to be reached: facts with valid time, kept by the arrondissement only.

The address itself stays in the sealed paper that shows it; of a confidential one not even the arrondissement is kept.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import Row

from contracts.documents import Grade
from contracts.identifiers import PersonId, new_uuid
from hub.errors import InvalidValue
from hub.persons.tables import CONTACT, RESIDENCE, RESIDENCE_QUESTION
from hub.persons.telephones import mobile_number
from vault.db import ReadTx, WriteTx
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

SECTOR = re.compile(r"^750(0[1-9]|1[0-9]|20)$")
"""Postcode of a Paris arrondissement (the 16th's second postcode, 75116, is written 75016)."""
DECLARED = "declared"
"""Source of a residence that its holder told."""
_FURTHEST_AHEAD = timedelta(days=400)
_VALUE_MAX = 254  # RFC 5321: a path of 256 octets, brackets included


class Channel(StrEnum):
    """How a family is reached; a postal address is sealed elsewhere, and at the counter there is nothing to write down."""

    EMAIL = "email"
    TELEPHONE = "telephone"
    POST = "post"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Residence:
    """Where a person lives in a period; no sector: outside Paris, or confidential."""

    sector: str | None
    confidential: bool
    valid_from: date
    valid_until: date | None
    grade: Grade


@dataclass(frozen=True, slots=True)
class Question:
    """A paper that shows another place than the declared one; no sector: it shows one outside Paris."""

    document_id: UUID
    sector: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """How a person wants to be reached."""

    channel: Channel
    value: str | None
    verified_at: datetime | None = None
    """When a telephone number or an e-mail address was proved to be theirs."""

    @property
    def proved(self) -> bool:
        """Whether what was chosen counts: a number or an address once somebody who reads it said its code back."""
        return self.channel in (Channel.POST, Channel.COUNTER) or self.verified_at is not None

    @property
    def reachable(self) -> bool:
        """Whether anything can be sent: not to what nobody proved, and not where they come by themselves."""
        return self.channel is not Channel.COUNTER and self.proved


def sector_of(postcode: str) -> str | None:
    """Return the arrondissement a postcode lies in, or nothing outside Paris; raises :class:`InvalidValue`."""
    if not re.fullmatch(r"\d{5}", postcode):
        raise InvalidValue("postcode: five digits")
    written = "75016" if postcode == "75116" else postcode
    return written if SECTOR.match(written) else None


def settle_at(
    tx: WriteTx, person_id: PersonId, *, sector: str | None, confidential: bool, since: date, now: datetime
) -> None:
    """Write down that a person lives somewhere from ``since`` on; where they lived before ends the day before.

    A residence that would have begun later is retracted. Raises :class:`InvalidValue` for a day too far ahead.
    """
    if since > now.date() + _FURTHEST_AHEAD:
        raise InvalidValue("since: more than a year ahead")
    current = (RESIDENCE.c.person_id == person_id, RESIDENCE.c.retracted_at.is_(None))
    tx.execute(update(RESIDENCE).where(*current, RESIDENCE.c.valid_from >= since).values(retracted_at=now))
    reaching = or_(RESIDENCE.c.valid_until.is_(None), RESIDENCE.c.valid_until >= since)
    tx.execute(update(RESIDENCE).where(*current, reaching).values(valid_until=since - timedelta(days=1)))
    row = {
        "residence_id": new_uuid(),
        "person_id": person_id,
        "sector": None if confidential else sector,
        "confidential": confidential,
        "source": DECLARED,
        "grade": Grade.SELF_DECLARED,
        "valid_from": since,
        "recorded_at": now,
    }
    tx.execute(insert(RESIDENCE).values(**row))
    actor = Actor(ActorKind.RESIDENT, str(person_id))
    append(tx, JournalEntry(act=JournalAct.REQUEST, actor=actor, subjects=(person_id,), detail={"step": "residence"}))
    close_questions(tx, person_id, now=now)
    # A paper that the hub holds already may show it.
    defer(tx, Job.EVALUATE_FAMILY, adult_id=person_id)


def close_questions(tx: WriteTx, person_id: UUID, *, now: datetime) -> None:
    """Take a person's answer to whether they moved: no paper that was asked about is asked about again."""
    tx.execute(
        update(RESIDENCE_QUESTION)
        .where(RESIDENCE_QUESTION.c.person_id == person_id, RESIDENCE_QUESTION.c.answered_at.is_(None))
        .values(answered_at=now, sector=None)
    )


def keep_home(tx: WriteTx, person_id: PersonId, *, now: datetime) -> None:
    """Take a person's word that they did not move, whatever a paper shows; harmless to repeat."""
    if question_of(tx, person_id) is None:
        return
    close_questions(tx, person_id, now=now)
    actor = Actor(ActorKind.RESIDENT, str(person_id))
    detail = {"step": "residence_kept"}
    append(tx, JournalEntry(act=JournalAct.REQUEST, actor=actor, subjects=(person_id,), detail=detail))


def question_of(tx: ReadTx, person_id: UUID) -> Question | None:
    """Return what a person is asked about where they live: the last paper that shows another place."""
    row = tx.execute(
        select(RESIDENCE_QUESTION)
        .where(RESIDENCE_QUESTION.c.person_id == person_id, RESIDENCE_QUESTION.c.answered_at.is_(None))
        .order_by(RESIDENCE_QUESTION.c.asked_at.desc(), RESIDENCE_QUESTION.c.document_id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Question(row.document_id, row.sector)


def residence_on(tx: ReadTx, person_id: UUID, day: date) -> Residence | None:
    """Return where a person lives on ``day``, as far as they or a paper said."""
    row = home_row(tx, person_id, day)
    if row is None:
        return None
    return Residence(row.sector, row.confidential, row.valid_from, row.valid_until, row.grade)


def home_row(tx: ReadTx, person_id: UUID, day: date) -> "Row[Any] | None":
    """Return the row of the residence of ``day``."""
    return tx.execute(
        select(RESIDENCE).where(
            RESIDENCE.c.person_id == person_id,
            RESIDENCE.c.retracted_at.is_(None),
            RESIDENCE.c.valid_from <= day,
            or_(RESIDENCE.c.valid_until.is_(None), RESIDENCE.c.valid_until >= day),
        )
    ).one_or_none()


def choose_contact(
    tx: WriteTx,
    person_id: UUID,
    channel: Channel,
    value: str | None,
    *,
    now: datetime,
    verified_at: datetime | None = None,
) -> None:
    """Keep how a person wants to be reached, in place of what they said before; a postal address is sealed apart.

    Raises :class:`InvalidValue` where an address or number is missing, malformed, or has no place.
    """
    written = checked(channel, value) or None
    tx.execute(
        update(CONTACT)
        .where(CONTACT.c.person_id == person_id, CONTACT.c.retracted_at.is_(None))
        .values(retracted_at=now)
    )
    row = {"contact_id": new_uuid(), "person_id": person_id, "channel": channel.value, "value": written}
    tx.execute(insert(CONTACT).values(**row, recorded_at=now, verified_at=verified_at))


def contact_of(tx: ReadTx, person_id: UUID) -> Contact | None:
    """Return how a person wants to be reached, where they said so."""
    row = tx.execute(
        select(CONTACT).where(CONTACT.c.person_id == person_id, CONTACT.c.retracted_at.is_(None))
    ).one_or_none()
    return None if row is None else Contact(Channel(row.channel), row.value, row.verified_at)


def checked(channel: Channel, value: str | None) -> str:
    """Return an address or number as it is written down, nothing for other channels; raises :class:`InvalidValue`."""
    text = (value or "").strip()
    if channel is Channel.EMAIL:
        if len(text) > _VALUE_MAX or not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
            raise InvalidValue("value: an e-mail address")
        return text
    if channel is Channel.TELEPHONE:
        return mobile_number(text)
    if text:
        raise InvalidValue("value: nothing is written down for this channel")
    return ""
