"""The machine-readable lines of identity papers (ICAO Doc 9303, and the French card of 1988), with their check digits.

Nothing is believed whose check digits do not hold. The number of the paper and the nationality are not kept.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from vault.ingest.fields.found import folded
from vault.ingest.fields.sheet import Segment
from vault.ingest.words import Word

_WEIGHTS: Final = (7, 3, 1)
_LINE = re.compile(r"[A-Z0-9<]{28,46}")
_FILLERS = str.maketrans({"«": "<<", "‹": "<", "≪": "<<", "(": "<", "{": "<", "[": "<", " ": ""})
_TO_DIGITS = str.maketrans("OQDILZSBG", "000112586")
_TO_LETTERS = str.maketrans("012568", "OIZSGB")
_CENTURY = 100


@dataclass(frozen=True, slots=True)
class Mrz:
    """What the lines say; ``words`` are those of the lines."""

    family_name: str
    first_names: str
    born_on: date | None
    valid_until: date | None
    words: tuple[Word, ...]


def read(segments: Sequence[Segment], *, today: date | None = None) -> Mrz | None:
    """Return what the machine-readable lines among ``segments`` say; nothing where none hold.

    A birth date of two-digit years lies in the past of ``today`` (the year 2049 where it is not given).
    """
    lines = list(_lines(segments))
    latest = today.year if today else 2049
    for index in range(len(lines)):
        for reader, count, width in ((_td1, 3, 30), (_td3, 2, 44), (_french_card, 2, 36), (_td2, 2, 36)):
            block = lines[index : index + count]
            if len(block) < count:
                continue
            texts = [_fitted(text, width) for text, _ in block]
            if all(texts):
                words = tuple(word for _, segment in block for word in segment.words)
                found = reader([text or "" for text in texts], words, latest)
                if found is not None:
                    return found
    return None


def check_digit(text: str) -> int:
    """Return the check digit over ``text`` (Doc 9303-3, 4.9): weights 7, 3, 1 over the values of its characters."""
    return sum(_value(letter) * _WEIGHTS[index % 3] for index, letter in enumerate(text)) % 10


def _lines(segments: Sequence[Segment]) -> Iterator[tuple[str, Segment]]:
    for segment in segments:
        text = folded("".join(word.text for word in segment.words)).translate(_FILLERS)
        if "<" in text and _LINE.fullmatch(text):
            yield text, segment


def _fitted(text: str, width: int) -> str | None:
    """Return ``text`` in its width: OCR loses or doubles fillers at the end of a line."""
    if len(text) > width and set(text[width:]) <= {"<", "K", "C"}:
        return text[:width]
    if width - 3 <= len(text) < width and text.endswith("<"):
        return text.ljust(width, "<")
    return text if len(text) == width else None


def _td1(lines: list[str], words: tuple[Word, ...], latest: int) -> Mrz | None:
    one, two, three = lines
    if one[0] not in "IAC":
        return None
    born, until = two[:6].translate(_TO_DIGITS), two[8:14].translate(_TO_DIGITS)
    number, optional = one[5:15], one[15:30]
    composite = number + optional + born + _digit(two[6]) + until + _digit(two[14]) + two[18:29]
    if not (_holds(born, two[6]) and _holds(until, two[14]) and _holds(composite, two[29])):
        return None
    return _found(three, born, until, words, latest)


def _td3(lines: list[str], words: tuple[Word, ...], latest: int) -> Mrz | None:
    one, two = lines
    born, until = two[13:19].translate(_TO_DIGITS), two[21:27].translate(_TO_DIGITS)
    if one[0] != "P" or not (_holds(born, two[19]) and _holds(until, two[27])):
        return None
    composite = two[:10] + born + _digit(two[19]) + until + _digit(two[27]) + two[28:43]
    return _found(one[5:], born, until, words, latest) if _holds(composite, two[43]) else None


def _td2(lines: list[str], words: tuple[Word, ...], latest: int) -> Mrz | None:
    one, two = lines
    born, until = two[13:19].translate(_TO_DIGITS), two[21:27].translate(_TO_DIGITS)
    if one[0] not in "IAC" or not (_holds(born, two[19]) and _holds(until, two[27])):
        return None
    composite = two[:10] + born + _digit(two[19]) + until + _digit(two[27]) + two[28:35]
    return _found(one[5:], born, until, words, latest) if _holds(composite, two[35]) else None


def _french_card(lines: list[str], words: tuple[Word, ...], latest: int) -> Mrz | None:
    """Read the two lines of the French card issued from 1988 to 2021, which carry no date of expiry."""
    one, two = lines
    born = two[27:33].translate(_TO_DIGITS)
    if not one.startswith("IDFRA") or not (_holds(two[:12], two[12]) and _holds(born, two[33])):
        return None
    if not _holds(one + two[:35], two[35]):
        return None
    return _found(f"{one[5:30].rstrip('<')}<<{two[13:27]}", born, "", words, latest)


def _found(names: str, born: str, until: str, words: tuple[Word, ...], latest: int) -> Mrz | None:
    family, _, given = names.translate(_TO_LETTERS).partition("<<")
    family_name, first_names = _spaced(family), _spaced(given)
    if not family_name:
        return None
    return Mrz(family_name, first_names, _day(born, latest), _day(until, latest + _CENTURY), words)


def _spaced(text: str) -> str:
    return " ".join(text.replace("<", " ").split())


def _day(text: str, latest: int) -> date | None:
    """Read YYMMDD in the last century that does not pass ``latest``, or in this one for a date of expiry."""
    if not re.fullmatch(r"\d{6}", text):
        return None
    year = 2000 + int(text[:2])
    if year > latest:
        year -= _CENTURY
    try:
        return date(year, int(text[2:4]), int(text[4:]))
    except ValueError:
        return None


def _holds(text: str, digit: str) -> bool:
    return _digit(digit) == str(check_digit(text))


def _digit(letter: str) -> str:
    return letter.translate(_TO_DIGITS)


def _value(letter: str) -> int:
    if letter == "<":
        return 0
    return int(letter) if letter.isdigit() else ord(letter) - ord("A") + 10
