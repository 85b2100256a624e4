"""The fields of one line, read strictly: each in its one spelling, or its column is named as wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from connectors.caisse_fichiers.framing import FIELD_MAX

RECOURSE_MAX = 1000
_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_BAND = re.compile(r"|[1-9]|10")
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./_-]{0,63}")
_WORD = re.compile(r"[0-9A-Za-z_]{1,60}")
_YEAR = re.compile(r"(20[0-9]{2})-(20[0-9]{2})")
_PERCENT = re.compile(r"[1-9][0-9]?|100")
_DAYS = re.compile(r"(?!$)1?2?3?4?5?6?7?")
ValueT = TypeVar("ValueT")


class WrongField(Exception):
    """A field is not what its column prescribes; ``column`` is which."""

    def __init__(self, column: str) -> None:
        """Keep the column's name and nothing of what it holds."""
        self.column = column
        super().__init__(column)


def as_day(text: str) -> date | None:
    """Return ``dd/mm/yyyy`` as a date, or None where it is none."""
    found = _DAY.fullmatch(text)
    try:
        return None if found is None else date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Fields:
    """What each column of a line says; every method raises :class:`WrongField`."""

    _said: Mapping[str, str] = field(repr=False)

    def is_empty(self, column: str) -> bool:
        """Tell whether nothing stands in a column."""
        return not self._said[column]

    def all_empty(self, *columns: str) -> None:
        """Make sure that nothing stands in any of ``columns``."""
        for column in columns:
            if self._said[column]:
                raise WrongField(column)

    def text(self, column: str) -> str:
        """Return words without spaces around them."""
        said = self._said[column]
        longest = RECOURSE_MAX if column == "recours" else FIELD_MAX
        if not said or len(said) > longest or said != said.strip() or not said.isprintable():
            raise WrongField(column)
        return said

    def word(self, column: str) -> str:
        """Return one word of the format or the catalogue."""
        return self._matched(column, _WORD)

    def number(self, column: str) -> str:
        """Return the sender's own number of something."""
        return self._matched(column, _NUMBER)

    def band(self, column: str) -> str:
        """Return a band, 1 to 10, or nothing."""
        return self._matched(column, _BAND)

    def percent(self, column: str) -> int:
        """Return a share of 1 to 100; nothing means all."""
        return 100 if self.is_empty(column) else int(self._matched(column, _PERCENT))

    def school_year(self, column: str) -> str:
        """Return two years that follow on each other."""
        said = self._matched(column, _YEAR)
        if int(said[5:]) != int(said[:4]) + 1:
            raise WrongField(column)
        return said

    def weekdays(self, column: str) -> frozenset[int]:
        """Return the days of the week, in order, Monday 1 to Sunday 7."""
        return frozenset(int(day) for day in self._matched(column, _DAYS))

    def day(self, column: str) -> date:
        """Return a date."""
        found = as_day(self._said[column])
        if found is None:
            raise WrongField(column)
        return found

    def day_or_none(self, column: str) -> date | None:
        """Return a date, or None where nothing stands there."""
        return None if self.is_empty(column) else self.day(column)

    def uuid(self, column: str) -> UUID:
        """Return a reference in the spelling we gave it."""
        said = self._said[column]
        try:
            found = UUID(said)
        except ValueError:
            raise WrongField(column) from None
        if str(found) != said:
            raise WrongField(column)
        return found

    def uuid_or_none(self, column: str) -> UUID | None:
        """Return a reference, or None where nothing stands there."""
        return None if self.is_empty(column) else self.uuid(column)

    def one_of(self, column: str, words: Mapping[str, ValueT]) -> ValueT:
        """Return what a word of ``words`` means."""
        if self._said[column] not in words:
            raise WrongField(column)
        return words[self._said[column]]

    def _matched(self, column: str, shape: re.Pattern[str]) -> str:
        said = self._said[column]
        if shape.fullmatch(said) is None:
            raise WrongField(column)
        return said
