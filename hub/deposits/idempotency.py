"""A key makes a retry safe (draft-ietf-httpapi-idempotency-key): same key and content, same answer, one effect."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hub.deposits.tables import IDEMPOTENCY
from hub.errors import IdempotencyKeyInFlight, IdempotencyKeyMissing, IdempotencyKeyReused
from vault.db import WriteTx

IN_FLIGHT = timedelta(minutes=10)
"""How long a door that died keeps its key: longer than the largest paper takes on a slow line (64 MiB at 1 Mbit/s)."""
KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{8,128}")


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer a key already has."""

    status: int
    response: dict[str, Any]
    fingerprint: bytes


def checked_key(header: str | None) -> str:
    """Return the key of a header; raises :class:`IdempotencyKeyMissing` for none or one that is no key."""
    key = (header or "").strip().strip('"')
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyMissing
    return key


def begin(tx: WriteTx, caller: str, key: str, *, now: datetime) -> Stored | None:
    """Take ``key`` for this caller; return its stored answer where it has one.

    Raises :class:`IdempotencyKeyInFlight` while another request holds it.
    """
    tx.execute(
        delete(IDEMPOTENCY).where(
            IDEMPOTENCY.c.caller == caller, IDEMPOTENCY.c.key == key, IDEMPOTENCY.c.expires_at <= now
        )
    )
    taken = tx.execute(
        insert(IDEMPOTENCY)
        .values(caller=caller, key=key, expires_at=now + IN_FLIGHT)
        .on_conflict_do_nothing()
        .returning(IDEMPOTENCY.c.key)
    ).one_or_none()
    if taken is not None:
        return None
    row = tx.execute(select(IDEMPOTENCY).where(IDEMPOTENCY.c.caller == caller, IDEMPOTENCY.c.key == key)).one_or_none()
    if row is None or row.status is None:
        raise IdempotencyKeyInFlight
    return Stored(row.status, row.response, bytes(row.fingerprint))


def settle(
    tx: WriteTx, caller: str, key: str, *, fingerprint: bytes, status: int, response: Mapping[str, Any], now: datetime
) -> None:
    """Keep the answer of ``key`` in the transaction of the effect itself.

    Raises :class:`IdempotencyKeyInFlight`, which undoes the effect, where the key was lost to another request.
    """
    values = {
        "fingerprint": fingerprint,
        "status": status,
        "response": dict(response),
        "expires_at": now + KEPT,
    }
    own = (IDEMPOTENCY.c.caller == caller, IDEMPOTENCY.c.key == key, IDEMPOTENCY.c.status.is_(None))
    if tx.execute(update(IDEMPOTENCY).where(*own).values(**values)).rowcount != 1:
        raise IdempotencyKeyInFlight


def release(tx: WriteTx, caller: str, key: str) -> None:
    """Give back a key whose request had no effect, so that a corrected retry may use it."""
    tx.execute(
        delete(IDEMPOTENCY).where(
            IDEMPOTENCY.c.caller == caller, IDEMPOTENCY.c.key == key, IDEMPOTENCY.c.status.is_(None)
        )
    )


def same_content(stored: Stored, fingerprint: bytes) -> None:
    """Raise :class:`IdempotencyKeyReused` where the key was used for another content."""
    if stored.fingerprint != fingerprint:
        raise IdempotencyKeyReused


def fingerprint_of(caller: str, *parts: bytes) -> bytes:
    """Return what two requests under one key must have in common; bound to the caller, so it matches nobody else's."""
    digest = hashlib.sha256(caller.encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
