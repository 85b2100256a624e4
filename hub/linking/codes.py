"""One-time codes by which a family links a partner to a child: short, spoken and typed, hashed at rest, good once.

Four symbols find the code and prove nothing; eight are the secret. Of five wrong secrets the fifth ends the code, so that
guessing one is a chance of one in a hundred thousand million (:data:`TRIES` in 30 to the 8th). The hash is slow, since
whoever reads the table would try all secrets; the same work is done for a code that does not exist.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.identifiers import PersonId, Siret, new_uuid
from hub.linking.tables import LINK_CODE
from vault.db import Database, WriteTx

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No symbol that is taken for another one, read aloud or in handwriting (0 O, 1 I L, U V)."""
LIFE = timedelta(minutes=30)
TRIES = 5
_LOCATOR, _SECRET, _GROUP = 4, 8, 4
_SHAPE = re.compile(f"[{ALPHABET}]{{{_LOCATOR + _SECRET}}}")
_SALT = 16
_COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
"""RFC 7914: 16 MiB and some 40 ms a try."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a code is for: one child, one partner, one service, by one adult."""

    adult_id: PersonId
    child_id: PersonId
    siret: Siret
    service: str


@dataclass(frozen=True, slots=True)
class Coined:
    """A code as the family reads it, once: it is kept nowhere."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """What a partner's try came to: the place where the code was good, and whose code its locator found at all."""

    code_id: UUID | None
    place: Place | None
    tried_on: PersonId | None


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code about to be kept; hashing it takes its time, so that it is made before a transaction."""

    symbols: str = field(repr=False)
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def coin(cls) -> "NewCode":
        """Draw one at random."""
        symbols = "".join(secrets.choice(ALPHABET) for _ in range(_LOCATOR + _SECRET))
        salt = secrets.token_bytes(_SALT)
        return cls(symbols, salt, _hashed(symbols[_LOCATOR:], salt))


def keep(tx: WriteTx, place: Place, new: NewCode, *, now: datetime) -> Coined | None:
    """Keep a code in place of the one there was; nothing where its locator is taken: coin another."""
    same = (LINK_CODE.c[name] == getattr(place, name) for name in ("adult_id", "child_id", "siret", "service"))
    tx.execute(delete(LINK_CODE).where(*same))
    row = {
        "code_id": new_uuid(),
        "adult_id": place.adult_id,
        "child_id": place.child_id,
        "siret": place.siret,
        "service": place.service,
        "locator": new.symbols[:_LOCATOR],
        "salt": new.salt,
        "digest": new.digest,
        "tries": 0,
        "made_at": now,
        "expires_at": now + LIFE,
    }
    kept = tx.execute(upsert(LINK_CODE).values(**row).on_conflict_do_nothing().returning(LINK_CODE.c.code_id))
    if kept.one_or_none() is None:
        return None
    groups = (new.symbols[at : at + _GROUP] for at in range(0, len(new.symbols), _GROUP))
    return Coined("-".join(groups), now + LIFE)


def attempt(db: Database, siret: Siret, service: str, written: str, *, now: datetime) -> Tried:
    """Try a code as a partner wrote it; the try counts whatever becomes of it, and takes as long for no code at all."""
    symbols = _symbols(written)
    with db.transaction() as tx:
        counted = update(LINK_CODE).where(
            LINK_CODE.c.siret == siret,
            LINK_CODE.c.locator == symbols[:_LOCATOR],
            LINK_CODE.c.expires_at > now,
            LINK_CODE.c.tries < TRIES,
        )
        row = tx.execute(counted.values(tries=LINK_CODE.c.tries + 1).returning(LINK_CODE)).one_or_none()
    salt, digest = (bytes(_SALT), bytes(_COST["dklen"])) if row is None else (bytes(row.salt), bytes(row.digest))
    good = hmac.compare_digest(_hashed(symbols[_LOCATOR:], salt), digest)
    if row is None:
        return Tried(None, None, None)
    if not good or row.service != service:
        return Tried(None, None, PersonId(row.adult_id))
    place = Place(PersonId(row.adult_id), PersonId(row.child_id), Siret(row.siret), row.service)
    return Tried(row.code_id, place, PersonId(row.adult_id))


def use_up(tx: WriteTx, code_id: UUID) -> bool:
    """Let a code go; tell whether it was still there: of two that bring it at once one finds it."""
    gone = tx.execute(delete(LINK_CODE).where(LINK_CODE.c.code_id == code_id).returning(LINK_CODE.c.code_id))
    return gone.one_or_none() is not None


def _symbols(written: str) -> str:
    """Return what was written as symbols; what is no code becomes one that nobody has."""
    symbols = re.sub(r"[\s.\u2010-\u2015-]", "", written).upper()
    return symbols if _SHAPE.fullmatch(symbols) else "0" * (_LOCATOR + _SECRET)


def _hashed(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, **_COST)
