"""Words of a page and where they stand, whoever read them: the text layer of a PDF or an OCR engine."""

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: page from 0, its rectangle, and how sure its reading is (0 to 1)."""

    page: int
    box: Box
    confidence: float


def text_of(words: Sequence[Word]) -> str:
    """Return words in reading order as lines of text."""
    lines: dict[tuple[int, int], list[str]] = {}
    for word in words:
        lines.setdefault((word.page, word.line), []).append(word.text)
    return "\n".join(" ".join(line) for _, line in sorted(lines.items()))


@dataclass(frozen=True, slots=True)
class Seen:
    """A word before it has its line: sides in pixels of what was looked at; ``confidence`` is between 0 and 1."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = 1.0


def in_lines(seen: Iterable[Seen], page: int, size: tuple[float, float]) -> list[Word]:
    """Return the words of a page of ``size`` in reading order: by lines from the top, and from the left along each.

    Words stand on one line where their middles are closer than half the smaller one's height, across columns too.
    """
    lines: list[list[Seen]] = []
    for one in sorted(seen, key=lambda each: (each.top + each.bottom, each.left)):
        line = next((line for line in reversed(lines[-_OPEN_LINES:]) if _level(one, line)), None)
        if line is None:
            lines.append([one])
        else:
            line.append(one)
    width, height = (max(side, 1.0) for side in size)
    return [
        Word(one.text, page, _fraction(one, width, height), one.confidence, number)
        for number, line in enumerate(lines)
        for one in sorted(line, key=lambda each: each.left)
    ]


_OPEN_LINES = 4
"""How far back the line of a word may be: letters of several sizes stand side by side."""


def _level(one: Seen, line: list[Seen]) -> bool:
    """Tell whether ``one`` stands on ``line``, beside the word of it that is nearest."""
    near = min(line, key=lambda each: max(each.left - one.right, one.left - each.right))
    apart = abs((one.top + one.bottom) - (near.top + near.bottom)) / 2
    return apart < min(one.bottom - one.top, near.bottom - near.top) / 2


def _fraction(one: Seen, width: float, height: float) -> Box:
    left, right = (min(max(side / width, 0.0), 1.0) for side in (one.left, one.right))
    top, bottom = (min(max(side / height, 0.0), 1.0) for side in (one.top, one.bottom))
    return Box(left, top, right, bottom)
