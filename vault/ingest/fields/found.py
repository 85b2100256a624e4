"""A value found on a paper, the words it was read from, and its place."""

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from re import Match, Pattern

from contracts.readings import Field
from vault.ingest.fields.sheet import around, printed
from vault.ingest.words import Place, Word

_UNPACKED = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "’": "'", "‘": "'", "–": "-", "—": "-"})
_EDGES = " ,;:.()«»\"'|*_-–—/"


CHECKED = 0.95
"""How sure a value is at least whose check digits hold."""


@dataclass(frozen=True, slots=True)
class Found:
    """A typed value and the words that say it."""

    value: str = field(repr=False)
    words: tuple[Word, ...] = field(repr=False)
    checked: bool = False
    """Its check digits hold."""

    @property
    def place(self) -> Place:
        """Where it stands; a value is as sure as its least sure word, and surer where check digits hold."""
        page = self.words[0].page
        here = [word for word in self.words if word.page == page]
        confidence = min(word.confidence for word in self.words)
        return Place(page, around(here), max(confidence, CHECKED) if self.checked else confidence)


Values = Mapping[Field, Found | None]


@dataclass(frozen=True)
class Run:
    """Words as one line of capitals without accents, each letter of which is known by its word."""

    words: tuple[Word, ...] = field(repr=False)

    @cached_property
    def text(self) -> str:
        """The line; what is printed as one letter may be two here."""
        return " ".join(self._pieces)

    @cached_property
    def _pieces(self) -> list[str]:
        return [folded(word.text) for word in self.words]

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for piece in self._pieces:
            starts.append(at)
            at += len(piece) + 1
        return starts

    def words_in(self, start: int, end: int) -> tuple[Word, ...]:
        """Return the words that have a letter between two places of :attr:`text`."""
        first = max(bisect_right(self._starts, start) - 1, 0)
        last = max(bisect_right(self._starts, max(end - 1, start)) - 1, first)
        return self.words[first : last + 1]

    def group(self, match: Match[str], name: str | int = 0) -> tuple[Word, ...]:
        """Return the words of a group of a match on :attr:`text`."""
        return self.words_in(*match.span(name))

    def find(self, pattern: Pattern[str], name: str | int = 0) -> "Found | None":
        """Return what is printed where a group of ``pattern`` first matches."""
        match = pattern.search(self.text)
        if match is None or match[name] is None:
            return None
        words = self.group(match, name)
        value = trimmed(words)
        return Found(value, words) if value else None


def folded(text: str) -> str:
    """Return ``text`` in capitals without accents; everything else stays as it is."""
    unpacked = unicodedata.normalize("NFKD", text.translate(_UNPACKED))
    return "".join(letter for letter in unpacked if not unicodedata.combining(letter)).upper()


def trimmed(words: Sequence[Word]) -> str:
    """Return ``words`` as printed, without the punctuation around them."""
    return " ".join(printed(words).split()).strip(_EDGES)
