"""The comparison itself: what the store lists against what rows name, both in the order of names; changes nothing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from vault.documents.custody import Custody
from vault.reconciliation.naming import NamedObject, condemned, named_objects, once_named, still_named
from vault.storage.objects import ObjectName, StoredObject

CANDIDATES = 20_000
"""Orphans not yet condemned that one look holds in memory at most; the rest is found by the next."""
BATCH = 1000
_Kind = TypeVar("_Kind")
_OURS = re.compile(r"[0-9a-f]{32}")


@dataclass(slots=True)
class Seen:
    """What one look found; sizes in objects, ``missing`` in rows.

    ``orphans`` have lain long enough; ``fresh`` are those of them to condemn now; ``young`` may still get their row;
    ``unknown`` are the orphans of which no row tells at all, not even that of an erased document; ``foreign`` have a
    name we give to nothing.
    """

    objects: int = 0
    rows: int = 0
    young: int = 0
    foreign: int = 0
    orphans: int = 0
    unknown: int = 0
    fresh: list[StoredObject] = field(default_factory=list)
    missing: list[NamedObject] = field(default_factory=list)


def look(custody: Custody, *, age: timedelta) -> Seen:
    """Compare everything; an object counts as an orphan once it has lain ``age`` without a row.

    Neither side stands still meanwhile, so nothing seen here is acted upon before it is looked at again. Raises
    :class:`~vault.storage.errors.StoreUnavailable`, :class:`~vault.storage.errors.StoreRefused` for a store that lists
    in no order, and :class:`~vault.errors.DatabaseUnavailable`.
    """
    seen, before = Seen(), custody.now() - age
    for batch in batches(_unnamed(custody, seen, before)):
        names = [one.name for one in batch]
        with custody.db.read() as tx:
            named, gone, waiting = still_named(tx, names), once_named(tx, names), condemned(tx, names)
        orphans = [one for one in batch if one.name not in named]
        seen.orphans += len(orphans)
        seen.unknown += sum(one.name not in gone for one in orphans)
        fresh = [one for one in orphans if one.name not in waiting]
        seen.fresh += fresh[: CANDIDATES - len(seen.fresh)]
    seen.missing = _confirmed(custody, seen.missing)
    return seen


def _unnamed(custody: Custody, seen: Seen, before: datetime) -> Iterator[StoredObject]:
    """Yield what no row names and is old enough; count the rest and note what is missing."""
    for stored, named in _merged(_ours(custody, seen), named_objects(custody.db)):
        seen.objects += stored is not None
        seen.rows += named is not None
        if named is not None and (stored is None or not stored.shown):
            seen.missing.append(named)
        elif named is None and stored is not None:
            if stored.stored_at < before:
                yield stored
            else:
                seen.young += 1


def _ours(custody: Custody, seen: Seen) -> Iterator[StoredObject]:
    for stored in custody.objects.listing():
        if _OURS.fullmatch(stored.name):
            yield stored
        else:
            seen.foreign += 1


def _merged(
    stored: Iterable[StoredObject], named: Iterable[NamedObject]
) -> Iterator[tuple[StoredObject | None, NamedObject | None]]:
    """Yield both sides' entries of each name together, one of them nothing where only the other has it."""
    left, right = iter(stored), iter(named)
    here, there = next(left, None), next(right, None)
    while here is not None or there is not None:
        if there is None or (here is not None and here.name < there.name):
            yield here, None
            here = next(left, None)
        elif here is None or there.name < here.name:
            yield None, there
            there = next(right, None)
        else:
            yield here, there
            here, there = next(left, None), next(right, None)


def _confirmed(custody: Custody, missing: Iterable[NamedObject]) -> list[NamedObject]:
    """Keep what is still named and still not there: deposits and erasures went on during the look."""
    absent = [one for one in missing if not custody.objects.exists(one.name)]
    confirmed = list[NamedObject]()
    for batch in batches(absent):
        with custody.db.read() as tx:
            named: set[ObjectName] = still_named(tx, (one.name for one in batch))
        confirmed += [one for one in batch if one.name in named]
    return confirmed


def batches(found: Iterable[_Kind]) -> Iterator[list[_Kind]]:
    """Yield ``found`` in lists of :data:`BATCH`, without holding more than one."""
    source = iter(found)
    while batch := list(islice(source, BATCH)):
        yield batch
