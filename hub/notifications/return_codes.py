"""The code of a printed letter: made when the letter is, kept as a digest, and leading to what the letter tells of.

Fifteen letters of Crockford's base 32 and one that checks them: 75 bits, so that its plain digest is no help to guess it.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from hub.errors import InvalidValue, NothingHere
from hub.notifications.tables import MESSAGE, RETURN_CODE
from vault.db import Database, WriteTx
from vault.standing import standing

LIFE = timedelta(days=120)
"""How long a code leads anywhere."""
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SECRET = 15
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class LetterFound:
    """The letter that a code is of: whom it is for, and the message whose asks it tells."""

    message_id: UUID
    person_id: UUID


def new_code() -> str:
    """Return a fresh code, without its spaces."""
    told = "".join(secrets.choice(_LETTERS) for _ in range(_SECRET))
    return told + _check(told)


def spelled(code: str) -> str:
    """Return a code as it is printed, four letters at a time."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def read_code(written: str) -> str:
    """Return the code in what somebody typed, or in the address that a camera read.

    Case, spaces and dashes do not count, and letters that look like digits are read as those. Raises
    :class:`InvalidValue` for a slip: one wrong letter, or two neighbours changed over, are noticed.
    """
    last = written[:_LONGEST].strip().rstrip("/").rpartition("/")[2]
    code = re.sub(r"[\s-]", "", last).upper().translate(_ALIKE)
    if len(code) != _SECRET + 1 or any(letter not in _LETTERS for letter in code) or _check(code[:-1]) != code[-1]:
        raise InvalidValue("code: sixteen letters and digits, as printed")
    return code


def make_code(tx: WriteTx, message_id: UUID, person_id: UUID, *, now: datetime) -> str:
    """Return a fresh code that leads to what a message tells of; a letter printed again has one of its own."""
    code = new_code()
    row = {"digest": _digest(code), "message_id": message_id, "person_id": person_id, "made_at": now}
    tx.execute(insert(RETURN_CODE).values(**row, expires_at=now + LIFE))
    return code


def find_letter(db: Database, code: str, *, now: datetime) -> LetterFound:
    """Return the letter a code is of; raises :class:`NothingHere` for one that is none, or over."""
    digest = _digest(code)
    # Who has the code may see the row it opens: nothing else shows any.
    with standing(ticket=digest.hex()), db.read() as tx:
        row = tx.execute(
            select(RETURN_CODE.c.person_id, func.coalesce(MESSAGE.c.about, MESSAGE.c.message_id).label("tells"))
            .join(MESSAGE, MESSAGE.c.message_id == RETURN_CODE.c.message_id)
            .where(RETURN_CODE.c.digest == digest, RETURN_CODE.c.expires_at > now)
        ).one_or_none()
    if row is None:
        raise NothingHere
    return LetterFound(row.tells, row.person_id)


def forget_codes(tx: WriteTx, *, now: datetime) -> int:
    """Let go of codes that are over; return how many."""
    return tx.execute(delete(RETURN_CODE).where(RETURN_CODE.c.expires_at <= now)).rowcount


def _digest(code: str) -> bytes:
    return hashlib.sha256(b"unefois/return-code/v1\x00" + code.encode()).digest()


def _check(told: str) -> str:
    """Return the letter that makes Luhn's sum come out, in base 32."""
    total = 0
    for place, letter in enumerate(reversed(told)):
        value = _LETTERS.index(letter) * (2 if place % 2 == 0 else 1)
        total += value // len(_LETTERS) + value % len(_LETTERS)
    return _LETTERS[-total % len(_LETTERS)]
