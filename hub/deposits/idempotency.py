"""A key makes a retry safe (draft-ietf-httpapi-idempotency-key): same key and content, same answer, one effect."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.dialects.postgresql import insert

from hub.deposits.leases import LEASE
from hub.deposits.tables import IDEMPOTENCY
from hub.errors import IdempotencyKeyInFlight, IdempotencyKeyMissing, IdempotencyKeyReused
from vault.db import Database, WriteTx
from vault.errors import NothingChanged
from vault.ready import Asked, Ready

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


_NEW = insert(IDEMPOTENCY).values(caller=bindparam("caller"), key=bindparam("key"), expires_at=bindparam("expires_at"))
_TAKE = Ready(
    _NEW.on_conflict_do_update(
        index_elements=[IDEMPOTENCY.c.caller, IDEMPOTENCY.c.key],
        set_={"expires_at": _NEW.excluded.expires_at, "fingerprint": null(), "status": null(), "response": null()},
        where=IDEMPOTENCY.c.expires_at <= bindparam("now"),
    ).returning(IDEMPOTENCY.c.key)
)
_FIND = Ready(
    select(IDEMPOTENCY).where(IDEMPOTENCY.c.caller == bindparam("caller"), IDEMPOTENCY.c.key == bindparam("key"))
)
_SETTLE = (
    update(IDEMPOTENCY)
    .where(
        IDEMPOTENCY.c.caller == bindparam("of"),
        IDEMPOTENCY.c.key == bindparam("under"),
        IDEMPOTENCY.c.status.is_(None),
    )
    .values({name: bindparam(name) for name in ("fingerprint", "status", "response", "expires_at")})
)
# Written down once: building a statement costs as much as running it.


def begin(db: Database, caller: str, key: str, *, now: datetime) -> Stored | None:
    """Take ``key`` for this caller; return its stored answer where it has one.

    Raises :class:`IdempotencyKeyInFlight` while another request holds it.
    """
    return begin_with(db, caller, key, (), now=now)[0]


def begin_with(
    db: Database, caller: str, key: str, beside: Sequence[Asked], *, now: datetime
) -> tuple[Stored | None, list[list[Any]]]:
    """Do as :func:`begin`, and return the rows of what is asked ``beside`` in the same round trip."""
    mine = {"caller": caller, "key": key}
    with db.single() as tx:
        taken, *others = tx.rows((_TAKE, mine | {"expires_at": now + LEASE, "now": now}), *beside)
    return (None if taken else _answered(db, mine)), others


def _answered(db: Database, mine: Mapping[str, str]) -> Stored:
    with db.single() as tx:
        row = tx.row(_FIND, mine)
    if row is None or row.status is None:
        raise IdempotencyKeyInFlight
    return Stored(row.status, row.response, bytes(row.fingerprint))


def settle(
    tx: WriteTx, caller: str, key: str, *, fingerprint: bytes, status: int, response: Mapping[str, Any], now: datetime
) -> None:
    """Keep the answer of ``key`` in the transaction of the effect itself.

    Raises :class:`IdempotencyKeyInFlight`, which undoes the effect, where the key was lost to another request.
    """
    values = {"fingerprint": fingerprint, "status": status, "response": dict(response), "expires_at": now + KEPT}
    try:
        tx.insert_exactly_if(_SETTLE, values | {"of": caller, "under": key})
    except NothingChanged:
        raise IdempotencyKeyInFlight from None


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
