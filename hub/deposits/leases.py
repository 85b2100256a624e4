"""Idempotency keys in flight: leased while the door that took them lives, and given back when it fails."""

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from threading import Lock
from weakref import ref

from sqlalchemy import ColumnElement, delete, tuple_, update

from hub.deposits.tables import IDEMPOTENCY
from hub.keepers import Keepers
from vault.db import Database
from vault.errors import DatabaseUnavailable
from vault.standing import Purpose, standing

LEASE = timedelta(seconds=30)
"""How long a door that died keeps its keys."""
RENEW_AFTER = 10.0
"""Seconds after which a key that is still held is renewed; a shorter deposit costs no statement for it."""
_LOOK_EVERY = 2.0
_LOG = logging.getLogger(__name__)
Key = tuple[str, str]
"""Whose, and which."""


class Leases:
    """The keys of one process. Whoever lost one all the same cannot settle it: that takes a row without an answer."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        """Keep ``db`` only as long as somebody else does; ``now`` is the clock by which keys expire."""
        self._db, self._now = ref(db), now
        self._lock = Lock()
        self._held: dict[Key, float] = {}
        self._owed: dict[Key, float] = {}

    def hold(self, key: Key) -> None:
        """Renew ``key``, which has just been taken, until it is let go or given back."""
        with self._lock:
            self._held[key] = time.monotonic()

    def let_go(self, key: Key) -> None:
        """Stop renewing ``key``: it has its answer."""
        with self._lock:
            self._held.pop(key, None)

    def give_back(self, key: Key) -> None:
        """Free ``key``, whose request had no effect; where the database is away, as soon as it is back."""
        with self._lock:
            since = self._held.pop(key, None)
        if since is None or (over := since + LEASE.total_seconds()) <= time.monotonic():
            # It freed itself, and may be somebody else's by now.
            return
        try:
            self._free([key])
        except DatabaseUnavailable:
            with self._lock:
                self._owed[key] = over

    def look(self, moment: float) -> None:
        """Renew what has been held for long, and give back what could not be; ``moment`` is of the monotonic clock.

        What is owed longer than its lease has freed itself.
        """
        with self._lock:
            due = [key for key, since in self._held.items() if moment - since >= RENEW_AFTER]
            self._owed = {key: until for key, until in self._owed.items() if moment < until}
            owed = list(self._owed)
        try:
            if due:
                self._renew(due)
            if owed:
                self._free(owed)
        except DatabaseUnavailable:
            _LOG.warning("%d idempotency keys not renewed, %d not given back", len(due), len(owed))
            return
        with self._lock:
            self._held.update({key: moment for key in due if key in self._held})
            self._owed = {key: until for key, until in self._owed.items() if key not in owed}

    @standing(purpose=Purpose.LEASES)
    def _renew(self, keys: Collection[Key]) -> None:
        until = self._now() + LEASE
        if (db := self._db()) is not None:
            with db.single() as tx:
                tx.execute(update(IDEMPOTENCY).where(_in_flight(keys)).values(expires_at=until))

    @standing(purpose=Purpose.LEASES)
    def _free(self, keys: Collection[Key]) -> None:
        if (db := self._db()) is not None:
            with db.single() as tx:
                tx.execute(delete(IDEMPOTENCY).where(_in_flight(keys)))


def leases_of(db: Database, now: Callable[[], datetime]) -> Leases:
    """Return the leases of a process's database, looked after from now on by a thread that ends with it."""
    return _KEEPERS.of(db, now)


_KEEPERS = Keepers(Leases, lambda leases: leases.look(time.monotonic()), name="idempotency-leases", every=_LOOK_EVERY)


def _in_flight(keys: Collection[Key]) -> ColumnElement[bool]:
    return tuple_(IDEMPOTENCY.c.caller, IDEMPOTENCY.c.key).in_(list(keys)) & IDEMPOTENCY.c.status.is_(None)
