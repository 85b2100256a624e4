"""Which files of a partner's folder are whole: shown twice with the same size and time, or named by a marker beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from connectors.drops import Lying
from hub.exchanges.tables import FILE_SEEN
from vault.db import WriteTx

MARKER = ".ok"
"""An empty file of this ending says that the one before it is whole."""
QUIET = timedelta(seconds=20)
"""How long a file must have been shown the same between two looks."""


STALLED = timedelta(hours=1)
"""A file that has been shown the same for so long will not become longer."""


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file that can be taken; ``final`` where there will be no more of it, whatever its frame says."""

    lying: Lying
    final: bool


def whole_files(tx: WriteTx, binding: str, listing: Sequence[Lying], *, now: datetime) -> list[WholeFile]:
    """Return the files that can be taken, by name; remember what this look showed for the next one.

    The partner's clock is compared with itself only: it may be wrong by years.
    """
    names = {one.name for one in listing}
    files = [one for one in listing if not one.name.endswith(MARKER)]
    before = {row.name: row for row in tx.execute(select(FILE_SEEN).where(FILE_SEEN.c.binding == binding))}
    if gone := before.keys() - {one.name for one in files}:
        tx.execute(delete(FILE_SEEN).where(FILE_SEEN.c.binding == binding, FILE_SEEN.c.name.in_(gone)))
    found = []
    for one in files:
        row = before.get(one.name)
        same = row is not None and (row.size, row.modified) == (one.size, one.modified)
        if not same:
            _remember(tx, binding, one, now=now)
        since = row.since if row is not None and same else now
        marked = one.name + MARKER in names
        if marked or since + QUIET <= now:
            found.append(WholeFile(one, marked or since + STALLED <= now))
    return found


def _remember(tx: WriteTx, binding: str, one: Lying, *, now: datetime) -> None:
    shown = {"size": one.size, "modified": one.modified, "since": now}
    remembering = insert(FILE_SEEN).values(binding=binding, name=one.name, **shown)
    tx.execute(remembering.on_conflict_do_update(index_elements=["binding", "name"], set_=shown))


def forget_file(tx: WriteTx, binding: str, name: str) -> None:
    """Forget a file that was taken away: another one of this name is looked at anew."""
    tx.execute(delete(FILE_SEEN).where(FILE_SEEN.c.binding == binding, FILE_SEEN.c.name == name))
