"""Paint over what identifies a person to the State: social security and tax numbers, in words and in codes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ctypes import c_int
from dataclasses import dataclass
from enum import StrEnum

import pypdfium2
from PIL import Image, ImageDraw
from pypdfium2 import raw

from contracts.documents import Outcome
from vault.ingest.codes import Code
from vault.ingest.reading import Finding
from vault.ingest.straightening import Point, Projection
from vault.ingest.words import Word
from vault.seals import doc2d

_GAP = r"[\s.\-\u00a0\u2009\u202f]{0,2}"
_NUMBER = re.compile(rf"[0-9](?:{_GAP}[0-9AB]){{12,14}}", re.IGNORECASE)
_LABELLED = re.compile(
    r"(?:num[ée]ro\s+fiscal|n[°ºo]\s*fiscal|\bSPI\b|s[ée]curit[ée]\s+sociale|\bNIR\b|num[ée]ro\s+d.acc[èe]s)"
    rf"[^0-9]{{0,60}}(?P<number>[0-9](?:{_GAP}[0-9AB]){{5,14}})",
    re.IGNORECASE,
)
_FIRST_DIGIT = re.compile(r"(?<![0-9])[0-9]")
_NIR = re.compile(r"[12378][0-9]{2}(?:0[1-9]|1[0-2]|[23][0-9]|4[0-2]|[5-9][0-9])(?:[0-9]{2}|2[AB])[0-9]{6}")
_NIR_LENGTH, _NIR_WITH_KEY, _TAX_LENGTH = 13, 15, 13
_KEY_OF_NIR, _KEY_OF_TAX = 97, 511
_CORSICA = {"2A": "19", "2B": "18"}
_TAX_GROUPS = re.compile(rf"[0-3][0-9](?:{_GAP}[0-9]{{2}})(?:{_GAP}[0-9]{{3}}){{3}}")
"""How a tax number is printed: 12 34 567 890 123."""
_MISREAD = str.maketrans("OoQDlI|!iZzSsB", "00001111122558")
"""Letters that an engine makes of digits."""
_MARGIN = 3
"""Pixels painted beyond the boxes of the characters, whose strokes can lie outside them."""
_PADDING = 0.25
"""Of a word's height, painted beyond it on either side."""
_INK = "black"


class Masked(StrEnum):
    """What masking came to on one page."""

    NOTHING_FOUND = "nothing_found"
    NUMBERS_MASKED = "numbers_masked"
    NO_TEXT = "no_text"
    """Pixels only: numbers on it cannot be found without reading it as a person does (OCR)."""


@dataclass(frozen=True, slots=True)
class Masking:
    """What looking for numbers came to on one page: how many there are, and the figures to paint over, in pixels."""

    masked: Masked
    numbers: int = 0
    spots: tuple[tuple[Point, ...], ...] = ()

    def __or__(self, other: "Masking") -> "Masking":
        """Return what two ways of reading one page came to together; most of their numbers will be the same ones."""
        most = max(self.numbers, other.numbers)
        if most:
            return Masking(Masked.NUMBERS_MASKED, most, self.spots + other.spots)
        either = Masked.NOTHING_FOUND in (self.masked, other.masked)
        return Masking(Masked.NOTHING_FOUND if either else Masked.NO_TEXT)


def finding(pages: Iterable[Masking]) -> Finding:
    """Return one finding for all pages; a page that nobody could read leaves it open."""
    seen = {page.masked for page in pages}
    if Masked.NO_TEXT in seen or not seen:
        return Finding("masking", Outcome.INCONCLUSIVE, Masked.NO_TEXT.value)
    worst = Masked.NUMBERS_MASKED if Masked.NUMBERS_MASKED in seen else Masked.NOTHING_FOUND
    return Finding("masking", Outcome.PASSED, worst.value)


def count(pages: Iterable[Masking]) -> Finding:
    """Return how many social security and tax numbers were found, which is all that is kept of them."""
    return Finding("numbers", Outcome.PASSED, str(sum(page.numbers for page in pages)))


def mask_codes(image: Image.Image, codes: Iterable[Code]) -> None:
    """Paint over each 2D-Doc on ``image`` that spells a tax number for whoever scans it."""
    pen = ImageDraw.Draw(image)
    for code in codes:
        if doc2d.carries_tax_number(code.content):
            pen.polygon(code.corners, fill=_INK, outline=_INK, width=2 * _MARGIN)


def paint(image: Image.Image, masking: Masking) -> None:
    """Paint over what was found, on the picture that it was found on."""
    pen = ImageDraw.Draw(image)
    for spot in masking.spots:
        pen.polygon(spot, fill=_INK, outline=_INK)


def in_layer(page: pypdfium2.PdfPage, size: tuple[int, int]) -> Masking:
    """Find the numbers that the text of ``page`` holds, seen or not; ``size`` is that of its drawing."""
    words = page.get_textpage()
    try:
        # One letter per character of the page, so that a place in the text is a place on the page.
        text = "".join(_letter(raw.FPDFText_GetUnicode(words, index)) for index in range(words.count_chars()))
        if not text.strip():
            return Masking(Masked.NO_TEXT)
        found = _apart(numbers(text))
        letters = [index for start, end in found for index in range(start, end) if not text[index].isspace()]
        spots = tuple(_box(page, words, index, size) for index in letters)
        return Masking(Masked.NUMBERS_MASKED if found else Masked.NOTHING_FOUND, len(found), spots)
    finally:
        words.close()


def in_words(words: Sequence[Word], page: tuple[int, int], projection: Projection) -> Masking:
    """Find the numbers among ``words`` that an engine read on a page of so many pixels; spots lie on its picture."""
    lines: dict[int, list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    # A label and its number may stand on two lines; the letters of all of them are one text.
    ordered = [word for _, line in sorted(lines.items()) for word in line]
    text = " ".join(_unmisread(word.text) for word in ordered)
    found = _apart(numbers(text, misread=True))
    spots, at = [], 0
    for word in ordered:
        for start, end in found:
            if start < at + len(word.text) and end > at:
                letters = max(start - at, 0), min(end - at, len(word.text))
                spots.append(_spot(word, letters, page, projection))
        at += len(word.text) + 1
    return Masking(Masked.NUMBERS_MASKED if found else Masked.NOTHING_FOUND, len(found), tuple(spots))


def _spot(word: Word, letters: tuple[int, int], page: tuple[int, int], projection: Projection) -> tuple[Point, ...]:
    """Return where some letters of a word lie, and half a letter around them: their places within it are guessed."""
    (width, height), box = page, word.box
    letter = (box.right - box.left) * width / max(len(word.text), 1)
    left = box.left * width + (letters[0] - 0.5) * letter
    right = box.left * width + (letters[1] + 0.5) * letter
    margin = (box.bottom - box.top) * height * _PADDING
    return projection.corners(left, box.top * height - margin, right, box.bottom * height + margin)


def scrubbed(fields: Mapping[str, str]) -> dict[str, str]:
    """Return ``fields`` without those that hold a social security or a tax number: no such number is ever kept."""
    return {name: value for name, value in fields.items() if not any(numbers(value))}


def _unmisread(text: str) -> str:
    """Return a word that is mostly digits with its other letters as the digits they were; as many letters."""
    digits = sum(letter.isdigit() for letter in text)
    if 2 * digits <= len(text) or re.search(r"2[AB]", text):
        return text
    return text.translate(_MISREAD)


def numbers(text: str, *, misread: bool = False) -> Iterator[tuple[int, int]]:
    """Return where ``text`` holds a social security or a tax number, as (start, end).

    A number counts where its check digits hold, where it is called by its name, or where it has the form of a NIR
    without its key and no digit touches it. Of ``misread`` text, which an engine made of pixels, the form alone is
    enough. Painting over too much is the better mistake.
    """
    for named in _LABELLED.finditer(text):
        yield named.span("number")
    for first in _FIRST_DIGIT.finditer(text):
        if number := _NUMBER.match(text, first.start()):
            yield from _checked(text, *number.span(), misread=misread)
    if misread:
        yield from (grouped.span() for grouped in _TAX_GROUPS.finditer(text))


def _checked(text: str, start: int, end: int, *, misread: bool) -> Iterator[tuple[int, int]]:
    places = [at for at in range(start, end) if text[at].isalnum()]
    digits = "".join(text[at] for at in places).upper()
    with_key = _looks_like_nir_with_key if misread else _is_nir
    for length, holds in ((_NIR_WITH_KEY, with_key), (_TAX_LENGTH, _is_tax_number), (_NIR_LENGTH, _looks_like_nir)):
        if len(digits) >= length and holds(digits[:length]) and not text[places[length - 1] + 1 :][:1].isdigit():
            yield start, places[length - 1] + 1
            return


def _is_nir(digits: str) -> bool:
    """Tell whether the key of a NIR of fifteen characters holds (décret 91-1404: 97 less the rest by 97)."""
    number, key = digits[:_NIR_LENGTH], digits[_NIR_LENGTH:]
    for department, stand_in in _CORSICA.items():
        number = number[:5] + number[5:7].replace(department, stand_in) + number[7:]
    return number.isdigit() and key.isdigit() and int(key) == _KEY_OF_NIR - int(number) % _KEY_OF_NIR


def _looks_like_nir(digits: str) -> bool:
    return _NIR.fullmatch(digits) is not None


def _looks_like_nir_with_key(digits: str) -> bool:
    return _looks_like_nir(digits[:_NIR_LENGTH]) and digits[_NIR_LENGTH:].isdigit()


def _is_tax_number(digits: str) -> bool:
    """Tell whether the key of a tax number holds: the last three digits are the rest of the first ten by 511."""
    return digits.isdigit() and digits[0] in "0123" and int(digits[10:]) == int(digits[:10]) % _KEY_OF_TAX


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ``spans`` in order, those that overlap as one: a number may be found in more ways than one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _letter(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 else " "


def _box(page: pypdfium2.PdfPage, words: pypdfium2.PdfTextPage, index: int, size: tuple[int, int]) -> tuple[Point, ...]:
    """Return the corners of one character in pixels, whichever way the page is turned."""
    left, bottom, right, top = words.get_charbox(index, loose=True)
    corners = [_pixel(page, size, x, y) for x, y in ((left, bottom), (right, top))]
    (x0, x1), (y0, y1) = (sorted(axis) for axis in zip(*corners, strict=True))
    x0, y0, x1, y1 = x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def _pixel(page: pypdfium2.PdfPage, size: tuple[int, int], x: float, y: float) -> tuple[int, int]:
    across, down = c_int(), c_int()
    raw.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
    return across.value, down.value
