"""The books of one played Caisse: who is enrolled, what is booked, decided and invoiced; nothing is done twice."""

import threading
from dataclasses import dataclass, field
from datetime import date, timedelta

SEATS = 10_000


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A line of the Caisse's own books."""

    number: str
    line: str
    child: str
    family_name: str
    service: str
    school_year: str
    band: int | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A tariff that the Caisse decided of itself, on what it was proposed."""

    number: str
    line: str
    service: str
    band: str
    decided_on: date
    valid_from: date
    valid_until: date
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Invoiced:
    """An invoice, in cents."""

    number: str
    issued_on: date
    due_on: date
    cents: int
    paid: int


@dataclass
class Books:
    """What one Caisse knows; safe for several threads."""

    enrolled: dict[str, Enrolled] = field(default_factory=dict)
    booked: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    families: dict[str, set[str]] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    """Families that became another one at the Caisse's own desk, and which."""
    effects: dict[str, int] = field(default_factory=dict)
    """How often each thing was done, by its key: what a test of « once » counts."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def enrol(self, line: str, child: str, name: str, *, service: str, year: str, band: int | None, on: date) -> bool:
        """Enrol a child; tell whether that was new. A band that is proposed is decided on the same day."""
        with self.lock:
            known = self.enrolled.get(line)
            fresh = Enrolled(f"R-{len(self.enrolled) + 1}", line, child, name, service, year, band)
            if known is not None:
                fresh = Enrolled(known.number, line, child, name, service, year, band)
            self.enrolled[line] = fresh
            if known is None:
                self._count(f"enrol/{line}")
            if band is not None and (known is None or known.band != band):
                self._decide(fresh, on)
            return known is None

    def leave(self, line: str) -> None:
        """End an enrolment; one that there is not is none the less ended."""
        with self.lock:
            self.enrolled.pop(line, None)

    def book(self, session: str, days: tuple[str, ...]) -> bool | None:
        """Book the days of a basket; tell whether that was new, or nothing where the basket holds other days."""
        with self.lock:
            known = self.booked.get(session)
            if known is not None:
                return False if known[1] == days else None
            self.booked[session] = (f"B-{len(self.booked) + 1}", days)
            self._count(f"book/{session}")
            return True

    def decisions(self, since: date, until: date) -> list[Decided]:
        """Return what was decided in a window."""
        with self.lock:
            return [one for one in self.decided if since <= one.decided_on < until]

    def invoices(self, family: str) -> list[Invoiced] | None:
        """Return what a family is invoiced; nothing for a family that is not known."""
        with self.lock:
            lines = self.families.get(family)
            known = None if lines is None else [self.enrolled[one] for one in sorted(lines) if one in self.enrolled]
        if known is None:
            return None
        first = date(2026, 9, 1)
        return [
            Invoiced(f"F-{one.number}", first, first + timedelta(days=29), 4500 - 100 * (one.band or 0), 0)
            for one in known
        ]

    def _decide(self, line: Enrolled, on: date) -> None:
        before = next((one.number for one in reversed(self.decided) if one.line == line.line), "")
        year = int(line.school_year[:4])
        number = f"T-{len(self.decided) + 1}"
        start, end = max(on, date(year, 9, 1)), date(year + 1, 8, 31)
        self.decided.append(Decided(number, line.line, line.service, str(line.band), on, start, end, before))

    def _count(self, key: str) -> None:
        self.effects[key] = self.effects.get(key, 0) + 1
