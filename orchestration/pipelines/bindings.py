"""What the pipelines know of each binding: its operations, how fresh they have to be, when its body is closed, by when it counts."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from connectors.port import Window
from contracts.calendar import PARIS

FIRST = time(5)
"""No night begins sooner: before, the day is not settled here, and twice a year an hour is missing or doubled."""
WITHIN = timedelta(hours=3)
"""How long after its hour a night has to be done, where the body says no cut-off of its own."""
_STEP = timedelta(minutes=5)
_DAYS = TypeAdapter(dict[str, timedelta])
_CLOSED = TypeAdapter(tuple[Window, ...])


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """One binding as Dagster's pages may show it: no address, no secret."""

    slug: str
    connector: str
    cadence: Mapping[str, timedelta]
    """How often each operation is expected, at the least; those a night does for this binding."""
    closed: tuple[Window, ...] = ()
    cutoff: time | None = None
    """By when, each day, the body has to have what is of the day before."""

    def night_of(self, day: date) -> datetime | None:
        """Return when, on ``day``, the night of the day before is done: as soon as the body is open; never where it is not."""
        moment = datetime.combine(day, FIRST, PARIS)
        while moment.date() == day:
            if all(window.until(moment) is None for window in self.closed):
                return moment
            moment += _STEP
        return None

    def due_by(self, day: date) -> datetime | None:
        """Return by when, on ``day``, the night of the day before has to be done; never where the body is closed all day."""
        begins = self.night_of(day)
        if begins is None:
            return None
        return begins + WITHIN if self.cutoff is None else datetime.combine(day, self.cutoff, PARIS)

    def days_of(self, day: date) -> list[date]:
        """Return which days the night of ``day`` is for: the one before, and those before it on whose morrow it was closed."""
        found = [day - timedelta(days=1)]
        while len(found) < 7 and self.night_of(found[0]) is None:
            found.insert(0, found[0] - timedelta(days=1))
        return found


@cache
def bound() -> tuple[Bound, ...]:
    """Return every binding as the contracts list it, by name; addresses and references of secrets are left where they are."""
    folder = files("contracts") / "bindings"
    texts = [one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".toml")]
    return tuple(sorted((_read(tomllib.loads(text)) for text in texts), key=lambda one: one.slug))


def named(slug: str) -> Bound:
    """Return the binding called ``slug``; raises ``KeyError``."""
    for one in bound():
        if one.slug == slug:
            return one
    raise KeyError(slug)


def _read(file: Mapping[str, object]) -> Bound:
    return Bound(
        str(file["slug"]),
        str(file["connector"]),
        _DAYS.validate_python(file.get("cadence", {})),
        _CLOSED.validate_python(file.get("closed", ())),
        TypeAdapter(time | None).validate_python(file.get("cutoff")),
    )
