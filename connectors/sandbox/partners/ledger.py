"""What one partner remembers, in a file of its own that survives a restart: metadata, never a document."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_TABLES = """
create table if not exists notification (
    message text primary key, at text not null, type text not null, subject text not null, service text not null,
    requirement text not null, school_year text not null, pulled integer not null default 0
);
create table if not exists ask (
    id integer primary key, at text not null, message text, subject text not null, service text not null,
    requirement text not null, purpose text not null, status integer, outcome text not null, detail text not null
);
create table if not exists evidence (
    ask integer not null references ask (id), handle text not null, type text not null, grade text not null,
    media_type text not null, size integer not null, sha256 text not null, digest_matches integer not null,
    receipt text not null, outcome text not null
);
"""


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification that was verified."""

    message: str
    at: datetime
    type: str
    subject: str
    service: str
    requirement: str
    school_year: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put to the hub and how it ended; ``message`` is the notification that prompted it."""

    at: datetime
    message: str | None
    subject: str
    service: str
    requirement: str
    purpose: str
    status: int | None
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Received:
    """One piece of evidence: what it was, and the digest of what came."""

    handle: str
    type: str
    grade: str
    media_type: str
    size: int
    sha256: str
    digest_matches: bool
    receipt: str
    outcome: str


class Ledger:
    """The memory of the partner that owns ``folder``."""

    def __init__(self, folder: Path) -> None:
        """Open it, making it the first time."""
        self._path = folder / "received.sqlite3"
        with self._open() as connection:
            connection.executescript(_TABLES)

    def notify(self, notified: Notified) -> bool:
        """Remember a notification; False when its identifier was seen before."""
        values = (*asdict(notified).values(),)
        with self._open() as connection:
            cursor = connection.execute(
                "insert into notification values (?, ?, ?, ?, ?, ?, ?, 0) on conflict do nothing",
                [str(value) for value in values],
            )
            return cursor.rowcount == 1

    def unpulled(self) -> list[dict[str, Any]]:
        """Return the notifications after which nothing was fetched yet, oldest first."""
        with self._open() as connection:
            return [
                dict(row) for row in connection.execute("select * from notification where pulled = 0 order by rowid")
            ]

    def record(self, asked: Asked, received: list[Received]) -> None:
        """Remember a question, its outcome and what came.

        The notification behind it counts as pulled unless the hub did not answer; then the next start asks again.
        """
        with self._open() as connection:
            values = [str(value) if isinstance(value, datetime) else value for value in asdict(asked).values()]
            cursor = connection.execute(
                "insert into ask (at, message, subject, service, requirement, purpose, status, outcome, detail)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            connection.executemany(
                "insert into evidence values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(cursor.lastrowid, *asdict(piece).values()) for piece in received],
            )
            if asked.message is not None and asked.status is not None and asked.status < 500:
                connection.execute("update notification set pulled = 1 where message = ?", [asked.message])

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Return all that is remembered, oldest first."""
        with self._open() as connection:
            notifications = [dict(row) for row in connection.execute("select * from notification order by rowid")]
            asks = [dict(row) for row in connection.execute("select * from ask order by id")]
            pieces = [dict(row) for row in connection.execute("select * from evidence order by rowid")]
        for ask in asks:
            ask["evidence"] = [
                {**piece, "digest_matches": bool(piece["digest_matches"])}
                for piece in pieces
                if piece["ask"] == ask["id"]
            ]
        return {"notifications": notifications, "asks": asks}

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            with connection:
                yield connection
