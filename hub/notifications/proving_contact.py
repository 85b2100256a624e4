"""A telephone number or e-mail address is proved before it is used: a code goes to it, and whoever reads it says it back.

The code is made when it is sent and lies nowhere: only what it digests to, slowly, so that six digits cannot be tried out
within their quarter of an hour by somebody who reads the table.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Row

from hub.errors import NothingHere, TooManyCodes
from hub.notifications.messages import Kind, write_message
from hub.persons.residences import Channel
from hub.persons.tables import CONTACT_CHECK
from vault.db import ReadTx, WriteTx

CODE_LIFE = timedelta(minutes=15)
TRIES = 5
"""How often a code may be said wrong."""
A_DAY = 5
"""How many codes go to one person, and to one number or address, within a day."""
_DAY = timedelta(days=1)


_KINDS = {Channel.TELEPHONE: Kind.TELEPHONE_CODE, Channel.EMAIL: Kind.EMAIL_CODE}


class Said(StrEnum):
    """What became of a code that was said back."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"
    """There is no code to be said: it was used, tried too often, or its time is over."""


@dataclass(frozen=True, slots=True)
class Proving:
    """A number or an address that a code went to."""

    channel: Channel
    value: str = field(repr=False)


def send_code(tx: WriteTx, person_id: UUID, channel: Channel, value: str, *, now: datetime) -> None:
    """Have a code sent to a number (E.164) or an address; one that was sent before no longer serves.

    Raises :class:`TooManyCodes` where this person, or this number or address, was sent enough of them today.
    """
    sent = select(func.count()).where(CONTACT_CHECK.c.person_id == person_id, CONTACT_CHECK.c.asked_at > now - _DAY)
    to_value = select(func.hub.codes_sent(value, now - _DAY))
    if tx.execute(sent).scalar_one() >= A_DAY or tx.execute(to_value).scalar_one() >= A_DAY:
        raise TooManyCodes
    tx.execute(update(CONTACT_CHECK).where(*_current(person_id, now)).values(ended_at=now))
    message_id = write_message(tx, _KINDS[channel], person_id=person_id, not_before=now, now=now)
    row = {"message_id": message_id, "person_id": person_id, "channel": channel.value, "value": value, "tries": 0}
    tx.execute(insert(CONTACT_CHECK).values(**row, asked_at=now, expires_at=now + CODE_LIFE))


def awaited(tx: ReadTx, person_id: UUID, *, now: datetime) -> Proving | None:
    """Return what a person is to prove now, if there is anything."""
    row = tx.execute(select(CONTACT_CHECK).where(*_current(person_id, now))).one_or_none()
    return None if row is None else Proving(Channel(row.channel), row.value)


def say_code(tx: WriteTx, person_id: UUID, code: str, *, now: datetime) -> tuple[Said, Proving | None]:
    """Take a code back; return what became of it, and what it proves. The caller commits, so that each try counts."""
    counting = update(CONTACT_CHECK).where(*_current(person_id, now), CONTACT_CHECK.c.tries < TRIES)
    row = tx.execute(counting.values(tries=CONTACT_CHECK.c.tries + 1).returning(CONTACT_CHECK)).one_or_none()
    if row is None:
        return Said.OVER, None
    if row.digest is None or not hmac.compare_digest(_digest(code, row.salt), row.digest):
        return Said.WRONG, None
    tx.execute(update(CONTACT_CHECK).where(CONTACT_CHECK.c.message_id == row.message_id).values(ended_at=now))
    return Said.RIGHT, Proving(Channel(row.channel), row.value)


def check_of(tx: ReadTx, message_id: UUID, *, now: datetime) -> "Row[Any] | None":
    """Return the check that a message brings the code of, as long as the code would serve."""
    ours = (CONTACT_CHECK.c.message_id == message_id, *_running(now))
    return tx.execute(select(CONTACT_CHECK).where(*ours)).one_or_none()


def make_contact_code(tx: WriteTx, message_id: UUID, *, now: datetime) -> tuple[str, str]:
    """Return the number or address a message goes to and a fresh code for it, which replaces one that did not go out.

    Raises :class:`NothingHere` where it is no longer wanted.
    """
    code, salt = f"{secrets.randbelow(1_000_000):06d}", secrets.token_bytes(16)
    ours = (CONTACT_CHECK.c.message_id == message_id, *_running(now))
    writing = update(CONTACT_CHECK).where(*ours).values(salt=salt, digest=_digest(code, salt))
    value = tx.execute(writing.returning(CONTACT_CHECK.c.value)).scalar_one_or_none()
    if value is None:
        raise NothingHere
    return str(value), code


def forget_checks(tx: WriteTx, *, now: datetime) -> int:
    """Let go of checks once they no longer count; return how many."""
    return tx.execute(delete(CONTACT_CHECK).where(CONTACT_CHECK.c.asked_at <= now - _DAY)).rowcount


def _running(now: datetime) -> tuple[Any, ...]:
    return (CONTACT_CHECK.c.ended_at.is_(None), CONTACT_CHECK.c.expires_at > now)


def _current(person_id: UUID, now: datetime) -> tuple[Any, ...]:
    return (CONTACT_CHECK.c.person_id == person_id, *_running(now))


def _digest(code: str, salt: bytes) -> bytes:
    # RFC 7914; some tens of milliseconds a guess.
    said = "".join(letter for letter in code if letter.isdigit())
    return hashlib.scrypt(said.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
