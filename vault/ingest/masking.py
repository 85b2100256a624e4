"""Paint over what identifies a person to the State: social security and tax numbers, in words and in codes."""

import re
from collections.abc import Iterable, Iterator
from ctypes import c_int
from enum import StrEnum

import pypdfium2
from PIL import Image, ImageDraw
from pypdfium2 import raw

from contracts.documents import Outcome
from vault.ingest.codes import Code
from vault.ingest.reading import Finding
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
_MARGIN = 3
"""Pixels painted beyond the boxes of the characters, whose strokes can lie outside them."""
_INK = "black"


class Masked(StrEnum):
    """What masking came to on one page."""

    NOTHING_FOUND = "nothing_found"
    NUMBERS_MASKED = "numbers_masked"
    NO_TEXT = "no_text"
    """Pixels only: numbers on it cannot be found without reading it as a person does (OCR)."""


def finding(pages: Iterable[Masked]) -> Finding:
    """Return one finding for all pages; a page without text leaves it open."""
    seen = set(pages)
    if Masked.NO_TEXT in seen or not seen:
        return Finding("masking", Outcome.INCONCLUSIVE, Masked.NO_TEXT.value)
    worst = Masked.NUMBERS_MASKED if Masked.NUMBERS_MASKED in seen else Masked.NOTHING_FOUND
    return Finding("masking", Outcome.PASSED, worst.value)


def mask_codes(image: Image.Image, codes: Iterable[Code]) -> None:
    """Paint over each 2D-Doc on ``image`` that spells a tax number for whoever scans it."""
    pen = ImageDraw.Draw(image)
    for code in codes:
        if doc2d.carries_tax_number(code.content):
            pen.polygon(code.corners, fill=_INK, outline=_INK, width=2 * _MARGIN)


def mask_page(page: pypdfium2.PdfPage, image: Image.Image) -> Masked:
    """Paint over the numbers that the text of ``page`` holds, on ``image``, its drawing."""
    words = page.get_textpage()
    try:
        # One letter per character of the page, so that a place in the text is a place on the page.
        text = "".join(_letter(raw.FPDFText_GetUnicode(words, index)) for index in range(words.count_chars()))
        if not text.strip():
            return Masked.NO_TEXT
        found = sorted(numbers(text))
        pen = ImageDraw.Draw(image)
        for start, end in found:
            for index in range(start, end):
                if not text[index].isspace():
                    pen.rectangle(_box(page, words, index, image.size), fill=_INK)
        return Masked.NUMBERS_MASKED if found else Masked.NOTHING_FOUND
    finally:
        words.close()


def numbers(text: str) -> Iterator[tuple[int, int]]:
    """Return where ``text`` holds a social security or a tax number, as (start, end).

    A number counts where its check digits hold, where it is called by its name, or where it has the form of a NIR
    without its key and no digit touches it. Painting over too much is the better mistake.
    """
    for named in _LABELLED.finditer(text):
        yield named.span("number")
    for first in _FIRST_DIGIT.finditer(text):
        if number := _NUMBER.match(text, first.start()):
            yield from _checked(text, *number.span())


def _checked(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    places = [at for at in range(start, end) if text[at].isalnum()]
    digits = "".join(text[at] for at in places).upper()
    for length, holds in ((_NIR_WITH_KEY, _is_nir), (_TAX_LENGTH, _is_tax_number), (_NIR_LENGTH, _looks_like_nir)):
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


def _is_tax_number(digits: str) -> bool:
    """Tell whether the key of a tax number holds: the last three digits are the rest of the first ten by 511."""
    return digits.isdigit() and digits[0] in "0123" and int(digits[10:]) == int(digits[:10]) % _KEY_OF_TAX


def _letter(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 else " "


def _box(
    page: pypdfium2.PdfPage, words: pypdfium2.PdfTextPage, index: int, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the box of one character in pixels, whichever way the page is turned."""
    left, bottom, right, top = words.get_charbox(index, loose=True)
    corners = [_pixel(page, size, x, y) for x, y in ((left, bottom), (right, top))]
    (x0, x1), (y0, y1) = (sorted(axis) for axis in zip(*corners, strict=True))
    return x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN


def _pixel(page: pypdfium2.PdfPage, size: tuple[int, int], x: float, y: float) -> tuple[int, int]:
    across, down = c_int(), c_int()
    raw.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
    return across.value, down.value
