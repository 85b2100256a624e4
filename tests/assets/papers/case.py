"""What one paper is about: a family, a day, a typeface, and chance that can be repeated."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.sandbox.papers import SealAuthority
from contracts.readings import Field
from tests.assets.papers.drawing import FONTS, Draft, Paper, Said, said
from tests.assets.papers.people import Family, Home, Person, family, figures, in_words, letters

TODAY = date(2026, 9, 1)
"""The day all papers are read on."""


@dataclass(frozen=True)
class Case:
    """One seed's worth of facts; ``authority`` seals the papers that are sealed."""

    rng: random.Random
    family: Family
    font: str
    authority: SealAuthority | None = None

    @classmethod
    def of(cls, seed: int, authority: SealAuthority | None = None) -> "Case":
        rng = random.Random(seed)
        return cls(rng, family(rng), rng.choice(FONTS), authority)

    def draft(self) -> Draft:
        return Draft(self.font)

    def day(self, days_ago: int, within: int = 60) -> date:
        """Return a day about ``days_ago`` days before the day of reading."""
        return TODAY - timedelta(days=days_ago + self.rng.randrange(within))

    def number(self, digits: int) -> str:
        return "".join(self.rng.choice("123456789") for _ in range(digits))

    def dated(self, name: Field, day: date) -> Said:
        """Return a date printed in one of the ways dates are."""
        printed = self.rng.choice((figures(day), letters(day), figures(day, ".")))
        return said(name, printed, day.isoformat())


Layout = Callable[[Case], Paper]


def numbered(name: Field, day: date) -> Said:
    """A date in figures."""
    return said(name, figures(day), day.isoformat())


def lettered(name: Field, day: date) -> Said:
    """A date with its month in letters."""
    return said(name, letters(day), day.isoformat())


def worded(name: Field, day: date) -> Said:
    """A date in words."""
    return said(name, in_words(day), day.isoformat())


def whole(name: Field, person: Person) -> Said:
    """A person as « Inès VASSEUR-LENOIR »."""
    return said(name, person.capital)


def euros(amount: int) -> str:
    """« 24 560 », with the space that does not break."""
    return f"{amount:,}".replace(",", "\u00a0")


def street(home: Home) -> Said:
    return said(Field.STREET, home.street)


def town(home: Home) -> tuple[Said, str, Said]:
    return said(Field.POSTCODE, home.postcode), " ", said(Field.TOWN, home.town.upper())
