"""One-time codes by which a family links a partner to a child: hashed at rest, tried a few times, good once."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.identifiers import PersonId, Siret, new_uuid
from hub.linking.tables import LINK_CODE
from hub.persons.spoken_codes import LIFE, TRIES, NewCode, Written
from vault.db import Database, WriteTx


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
        "locator": new.locator,
        "salt": new.salt,
        "digest": new.digest,
        "tries": 0,
        "made_at": now,
        "expires_at": now + LIFE,
    }
    kept = tx.execute(upsert(LINK_CODE).values(**row).on_conflict_do_nothing().returning(LINK_CODE.c.code_id))
    if kept.one_or_none() is None:
        return None
    return Coined(new.spoken, now + LIFE)


def attempt(db: Database, siret: Siret, service: str, written: str, *, now: datetime) -> Tried:
    """Try a code as a partner wrote it; the try counts whatever becomes of it, and takes as long for no code at all."""
    code = Written.read(written)
    with db.transaction() as tx:
        counted = update(LINK_CODE).where(
            LINK_CODE.c.siret == siret,
            LINK_CODE.c.locator == code.locator,
            LINK_CODE.c.expires_at > now,
            LINK_CODE.c.tries < TRIES,
        )
        row = tx.execute(counted.values(tries=LINK_CODE.c.tries + 1).returning(LINK_CODE)).one_or_none()
    good = code.matches(None, None) if row is None else code.matches(row.salt, row.digest)
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
