"""That nothing is written for a while, so that something can be changed beneath: said in one row, known to every process.

Reading goes on. Doors refuse what writes, politely; the worker takes nothing new and ends what it is doing (ADR 0053).
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import ref

import psycopg
from sqlalchemy import TIMESTAMP, Column, Table, Text, Uuid, func, insert, select, update

from contracts.identifiers import new_uuid
from hub.errors import InvalidValue, UnderMaintenance
from hub.schema import METADATA
from vault.db import ReadTx, WriteTx
from vault.errors import DatabaseUnavailable
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.listening import listening

CHANNEL = "unefois_maintenance"
SOONEST, LATEST = timedelta(seconds=30), timedelta(hours=1)
"""Between these a caller is told to come back: nobody knows to the second when it ends."""
_LISTEN_FOR, _PAUSE = 30.0, 0.5
_LOG = logging.getLogger("unefois.maintenance")

MAINTENANCE = Table(
    "maintenance",
    METADATA,
    Column("maintenance_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("begun_at", TIMESTAMP(timezone=True), nullable=False),
    Column("until", TIMESTAMP(timezone=True), nullable=False),
    Column("ended_at", TIMESTAMP(timezone=True)),
)
_NOW = select(MAINTENANCE.c.reason, MAINTENANCE.c.begun_at, MAINTENANCE.c.until).where(MAINTENANCE.c.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One that is under way: why, since when, and until when it is thought to last."""

    reason: str
    begun_at: datetime
    until: datetime

    def retry_after(self, now: datetime) -> int:
        """Return in how many seconds to ask again."""
        return int(min(max(self.until - now, SOONEST), LATEST).total_seconds())


def under_way(tx: ReadTx) -> Maintenance | None:
    """Return the maintenance that is under way, if one is."""
    row = tx.execute(_NOW).one_or_none()
    return None if row is None else Maintenance(row.reason, row.begun_at, row.until)


def refuse_while_closed(tx: ReadTx) -> None:
    """Raise :class:`UnderMaintenance` while nothing may be written."""
    if under_way(tx) is not None:
        raise UnderMaintenance


def begin(tx: WriteTx, reason: str, *, lasts: timedelta, actor: Actor, now: datetime) -> bool:
    """Refuse what writes from the commit on; tell whether that was new. ``reason`` is kept, so no person's name.

    Raises :class:`InvalidValue`.
    """
    said = " ".join(reason.split())
    if not (3 <= len(said) <= 200 and said.isprintable()):
        raise InvalidValue("reason: 3 to 200 characters, and no person's name")
    if under_way(tx) is not None:
        return False
    row = {"maintenance_id": new_uuid(), "reason": said, "begun_at": now, "until": now + lasts}
    tx.execute(insert(MAINTENANCE).values(**row))
    _say(tx, {"step": "begun", "reason": said}, actor)
    return True


def end(tx: WriteTx, *, actor: Actor, now: datetime) -> bool:
    """Let everything go on from the commit on; tell whether anything was refused."""
    ended = update(MAINTENANCE).where(MAINTENANCE.c.ended_at.is_(None)).values(ended_at=now)
    if tx.execute(ended).rowcount == 0:
        return False
    _say(tx, {"step": "ended"}, actor)
    return True


def _say(tx: WriteTx, detail: dict[str, str], actor: Actor) -> None:
    append(tx, JournalEntry(JournalAct.MAINTAIN, actor, detail=detail))
    tx.execute(select(func.pg_notify(CHANNEL, "")))


class Watch:
    """What one process knows of it: told at the commit, so that asking costs nothing."""

    def __init__(self, url: str) -> None:
        """Listen at ``url`` (``postgresql://…``) for as long as anybody holds this."""
        self.now: Maintenance | None = None
        threading.Thread(target=_listen, args=(ref(self), url), name="maintenance watch", daemon=True).start()


class Rest(threading.Event):
    """An order to stop that also has whoever waits by it wait while nothing may be written."""

    def __init__(self, stop: threading.Event, watch: Watch) -> None:
        """Stop with ``stop``; rest as long as ``watch`` says."""
        super().__init__()
        self._stop, self._watch = stop, watch

    def is_set(self) -> bool:
        """Whether to take up nothing more: for good, or for now."""
        return self._stop.is_set() or self._watch.now is not None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait so long, and then until everything goes on; tell whether to stop for good."""
        if self._stop.wait(timeout):
            return True
        while self._watch.now is not None:
            if self._stop.wait(_PAUSE):
                return True
        return False


def _listen(watch: "ref[Watch]", url: str) -> None:
    pause, away = threading.Event(), False
    while watch() is not None:
        try:
            with listening(url, CHANNEL) as ear:
                away = False
                while (found := watch()) is not None:
                    # Also after a silence: what was said while nobody listened is known then at the latest.
                    found.now = _read(ear.connection)
                    del found
                    ear.wait(_LISTEN_FOR)
        except (DatabaseUnavailable, psycopg.Error):
            if not away:
                _LOG.warning("whether there is maintenance is not known anew: the database is away")
            away = True
            pause.wait(_PAUSE)


def _read(connection: "psycopg.Connection[Any]") -> Maintenance | None:
    row = connection.execute("SELECT reason, begun_at, until FROM hub.maintenance WHERE ended_at IS NULL").fetchone()
    return None if row is None else Maintenance(*row)
