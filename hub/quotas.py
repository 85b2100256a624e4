"""How often one caller may ask within a minute: counted in each process, and together in PostgreSQL every half second.

So a request costs no round trip, both processes of a door and the ones after a restart go on from the same count, and a
caller gets through at most what it can ask within that half second beyond its quota.
"""

import hashlib
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from weakref import ref

from sqlalchemy.dialects.postgresql import insert

from hub.keepers import Keepers
from hub.partners.tables import RATE_WINDOW
from vault.db import Database
from vault.errors import DatabaseUnavailable

WINDOW = 60
"""Seconds; windows begin with the minute."""
_SYNC_EVERY = 0.5
_KEPT = timedelta(seconds=2 * WINDOW)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a quota after a request (draft-ietf-httpapi-ratelimit-headers-11)."""

    policy: str
    limit: int
    used: int
    resets_in: int
    """Seconds, rounded up."""

    @property
    def exceeded(self) -> bool:
        """Whether this request was one too many."""
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        """Return the fields ``RateLimit-Policy`` and ``RateLimit`` (sections 3 and 4 of the draft)."""
        return {
            "ratelimit-policy": f'"{self.policy}";q={self.limit};w={WINDOW}',
            "ratelimit": f'"{self.policy}";r={max(0, self.limit - self.used)};t={self.resets_in}',
        }


@dataclass(slots=True)
class _Window:
    begins: int
    used: int = 0
    unsent: int = 0


class Quotas:
    """The counts of one process."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        """Keep ``db`` only as long as somebody else does; ``now`` is the clock by which windows begin."""
        self._db, self._now = ref(db), now
        self._lock = Lock()
        self._windows: dict[bytes, _Window] = {}

    def take(self, policy: str, caller: str, limit: int) -> Quota:
        """Count one request of ``caller`` under ``policy``, and return what is left of its ``limit`` a minute."""
        at = self._now().timestamp()
        begins = int(at) // WINDOW * WINDOW
        known = _known(policy, caller)
        with self._lock:
            window = self._windows.get(known)
            if window is None or window.begins != begins:
                window = self._windows[known] = _Window(begins)
            window.used += 1
            window.unsent += 1
            used = window.used
        return Quota(policy, limit, used, math.ceil(begins + WINDOW - at))

    def look(self, policy: str, caller: str, limit: int) -> Quota:
        """Return what is left to ``caller`` without counting anything."""
        at = self._now().timestamp()
        begins = int(at) // WINDOW * WINDOW
        with self._lock:
            window = self._windows.get(_known(policy, caller))
            used = window.used if window is not None and window.begins == begins else 0
        return Quota(policy, limit, used, math.ceil(begins + WINDOW - at))

    def sync(self) -> None:
        """Add to the common count what was counted here since, and go on from it; try again later where it is away."""
        current = int(self._now().timestamp()) // WINDOW * WINDOW
        with self._lock:
            self._windows = {who: one for who, one in self._windows.items() if one.begins >= current}
            sent = {who: one.unsent for who, one in self._windows.items() if one.unsent}
            for who in sent:
                self._windows[who].unsent = 0
        if not sent or (db := self._db()) is None:
            return
        try:
            totals = self._add(db, current, sent)
        except DatabaseUnavailable:
            _LOG.warning("%d counts of requests not shared yet", len(sent))
            totals = {}
        with self._lock:
            for who, hits in sent.items():
                window = self._windows.get(who)
                if window is None or window.begins != current:
                    continue
                if who in totals:
                    window.used = totals[who] + window.unsent
                else:
                    window.unsent += hits

    def _add(self, db: Database, begins: int, hits: dict[bytes, int]) -> dict[bytes, int]:
        begins_at = datetime.fromtimestamp(begins, UTC)
        # In one order everywhere, or two processes could wait for each other.
        rows = [
            {"caller": who, "begins_at": begins_at, "hits": hits[who], "expires_at": begins_at + _KEPT}
            for who in sorted(hits)
        ]
        adding = insert(RATE_WINDOW).values(rows)
        together = adding.on_conflict_do_update(
            index_elements=[RATE_WINDOW.c.caller, RATE_WINDOW.c.begins_at],
            set_={"hits": RATE_WINDOW.c.hits + adding.excluded.hits},
        ).returning(RATE_WINDOW.c.caller, RATE_WINDOW.c.hits)
        with db.single() as tx:
            return {bytes(row.caller): row.hits for row in tx.execute(together)}


def _known(policy: str, caller: str) -> bytes:
    return hashlib.sha256(f"{policy}\x00{caller}".encode()).digest()


def quotas_of(db: Database, now: Callable[[], datetime]) -> Quotas:
    """Return the counts of a process's database, shared from now on by a thread that ends with it."""
    return _KEEPERS.of(db, now)


_KEEPERS = Keepers(Quotas, Quotas.sync, name="quotas", every=_SYNC_EVERY)
