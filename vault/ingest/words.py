"""Words of a page and where they stand, whoever read them: the text layer of a PDF or an OCR engine."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page; every side is a fraction of the page's width or height, from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Word:
    """One word as printed; ``page`` counts from 0, ``confidence`` is between 0 and 1 (1 for a text layer)."""

    text: str
    page: int
    box: Box
    confidence: float
    line: int
    """Number of its line on the page, from the top."""


def text_of(words: Sequence[Word]) -> str:
    """Return words in reading order as lines of text."""
    lines: dict[tuple[int, int], list[str]] = {}
    for word in words:
        lines.setdefault((word.page, word.line), []).append(word.text)
    return "\n".join(" ".join(line) for _, line in sorted(lines.items()))
