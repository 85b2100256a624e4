"""The frame that every file of this format has: a header, lines, and a last line that counts them and holds their digest."""

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from connectors.errors import FileAltered, FileRefused, FileTruncated

END = "\r\n"
TRAILER = "FIN"
FIELD_MAX = 120
LINE_MAX_BYTES = 8192
_END = END.encode()
_TRAILER = re.compile(TRAILER.encode() + rb";([0-9]{1,9});([0-9a-f]{64})")
_C1 = re.compile(rb"[\x80-\x9f]")
UNPRINTED = frozenset({"Cc", "Zl", "Zp", "Cs"})
"""Categories of characters that no field has."""


class Charset(StrEnum):
    """What a file can be written in."""

    UTF_8 = "utf-8"
    UTF_8_BOM = "utf-8-sig"
    ISO_8859_1 = "iso-8859-1"


class LineFault(StrEnum):
    """Why a line is left aside, in one word that repeats nothing of it."""

    TOO_LONG = "too_long"
    CHARSET = "charset"
    """Its bytes are none of the file's charset, or are another charset's letters."""
    CONTROL = "control"
    FIELDS = "fields"
    """It has more or fewer fields than the header."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be read: its number in the file (the header is 1), and the column or the fault."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole file: its lines in the charset that its header proves."""

    charset: Charset
    count: int
    _lines: bytes = field(repr=False)
    _width: int

    def cells(self) -> Iterator[tuple[int, list[str]] | BadLine]:
        """Return each line as its number and its fields, or what is wrong with it; one after the other."""
        start = 0
        for number in range(2, self.count + 2):
            end = self._lines.index(_END, start)
            yield self._cells_of(number, self._lines[start:end])
            start = end + len(_END)

    def _cells_of(self, number: int, line: bytes) -> tuple[int, list[str]] | BadLine:
        if len(line) > LINE_MAX_BYTES:
            return BadLine(number, LineFault.TOO_LONG)
        text = _decoded(line, self.charset)
        if text is None:
            return BadLine(number, LineFault.CHARSET)
        if any(unicodedata.category(letter) in UNPRINTED for letter in text):
            return BadLine(number, LineFault.CONTROL)
        cells = text.split(";")
        return (number, cells) if len(cells) == self._width else BadLine(number, LineFault.FIELDS)


def framed(covered: bytes, count: int) -> bytes:
    """Return header and lines with the last line that counts and covers them."""
    return covered + f"{TRAILER};{count};{hashlib.sha256(covered).hexdigest()}{END}".encode("ascii")


def whole(body: bytes) -> tuple[bytes, int]:
    """Return header and lines as the last line covers them, and how many lines it counts.

    Raises:
        FileTruncated: there is no last line, or another number of lines than it counts.
        FileAltered: the digest is not that of the lines.
    """
    if not body.endswith(_END):
        raise FileTruncated
    start = body.rfind(_END, 0, -len(_END)) + len(_END)
    found = _TRAILER.fullmatch(body[start : -len(_END)]) if start >= len(_END) else None
    if found is None:
        raise FileTruncated
    covered = body[:start]
    count = int(found[1])
    # The header is a line too.
    if covered.count(_END) != count + 1:
        raise FileTruncated
    if hashlib.sha256(covered).hexdigest().encode() != found[2]:
        raise FileAltered
    return covered, count


def opened(body: bytes, columns: Sequence[str]) -> Frame:
    """Return the frame of a file whose first line names ``columns``.

    The charset is proved and never guessed: some column has an accent in its name, and the bytes of that one letter are
    those of UTF-8 or those of ISO-8859-1. Raises as :func:`whole`, and :class:`~connectors.errors.FileRefused` for any
    other header.
    """
    covered, count = whole(body)
    header, _, lines = covered.partition(_END)
    title = ";".join(columns)
    for charset in Charset:
        if header == title.encode(charset):
            return Frame(charset, count, lines, len(columns))
    raise FileRefused("header")


def _decoded(line: bytes, charset: Charset) -> str | None:
    if line.isascii():
        return line.decode("ascii")
    if charset is not Charset.ISO_8859_1:
        return _utf_8(line)
    # Those of Windows-1252 have no letter here, and what reads as UTF-8 throughout was pasted in from elsewhere.
    return None if _C1.search(line) or _utf_8(line) is not None else line.decode(charset)


def _utf_8(line: bytes) -> str | None:
    try:
        return codecs.decode(line, "utf-8")
    except UnicodeDecodeError:
        return None
