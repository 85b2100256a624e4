"""Whom a copy went to and what for, written under each page of it, without opening a picture or covering a word.

The copies are our own: pictures that the limited child put into a PDF in one known way, or one JPEG. Nothing here
decodes them. The mark stands in a strip added below each page by an incremental update (ISO 32000-1, 7.5.6); a JPEG
becomes such a page, its bytes unchanged. What is not in the known form is not marked, and so does not leave.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from contracts.documents import MediaType
from hub.errors import CopyNotMarked

_A4 = 595.0
_LETTER = 0.52
"""Width of a letter of Helvetica on average, in parts of its size; the strip has room for more."""
_LEADING, _MARGIN = 1.3, 8.0
_TAIL = re.compile(rb"trailer\n<<\n/Root ([0-9]+) 0 R\n/Size ([0-9]+)\n>>\nstartxref\n([0-9]+)\n%%EOF\s*\Z")
_TABLE = re.compile(rb"xref\n0 ([0-9]+)\n")
_ENTRY = re.compile(rb"([0-9]{10}) 00000 n \n")
_ENTRY_BYTES, _TAIL_BYTES, _OBJECT_BYTES = 20, 512, 1024
_COUNT = re.compile(rb"[0-9]+ 0 obj<<\n/Type /Pages\n/Count ([0-9]+)\n")
_PAGE = re.compile(
    rb"(?P<number>[0-9]+) 0 obj<<\n/Resources <<\n/ProcSet \[ /PDF /Image[BC] \]\n/XObject <<\n/image (?P<image>[0-9]+) 0 R\n"
    rb">>\n>>\n/MediaBox \[ 0 0 (?P<width>[0-9.]+) (?P<height>[0-9.]+) \]\n/Contents (?P<contents>[0-9]+) 0 R\n"
    rb"/Type /Page\n/Parent (?P<parent>[0-9]+) 0 R\n>>endobj"
)
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Markers of a frame that a PDF may hold: baseline, extended and progressive (ITU-T T.81, B.2.2)."""
_SPACES = {1: "/DeviceGray", 3: "/DeviceRGB"}
_FONT = b"<<\n/Type /Font\n/Subtype /Type1\n/BaseFont /Helvetica\n/Encoding /WinAnsiEncoding\n>>"


@dataclass(frozen=True, slots=True)
class _Strip:
    height: float
    drawing: bytes


def marked_type(media_type: str) -> str:
    """Return the type in which a copy of ``media_type`` leaves once it is marked."""
    return MediaType.PDF.value if media_type == MediaType.JPEG else media_type


def marked(content: bytes, media_type: str, words: str) -> bytes:
    """Return a copy with ``words`` in a strip under each page, as :func:`marked_type`; a record is no page and stays.

    Raises :class:`CopyNotMarked` for a copy in another form than the one in which we rebuild.
    """
    if media_type == MediaType.RECORD:
        return content
    if media_type == MediaType.JPEG:
        return _of_picture(content, words)
    if media_type == MediaType.PDF:
        return _of_pages(content, words)
    raise CopyNotMarked


def _of_pages(content: bytes, words: str) -> bytes:
    tail = _TAIL.search(content, max(0, len(content) - _TAIL_BYTES))
    if tail is None:
        raise CopyNotMarked
    root, size, table = (int(number) for number in tail.groups())
    offsets = _offsets(content, table, size)
    # Only where the table says that an object begins: a picture may hold any bytes.
    pages = [page for offset in offsets if (page := _PAGE.match(content, offset, offset + _OBJECT_BYTES)) is not None]
    counts = [int(found[1]) for offset in offsets if (found := _COUNT.match(content, offset, offset + _OBJECT_BYTES))]
    if not pages or counts != [len(pages)]:
        raise CopyNotMarked
    out = _Update(len(content))
    font = size
    out.add(font, _FONT)
    for place, page in enumerate(pages):
        drawn = size + 1 + place
        strip = _strip(float(page["width"]), words)
        out.add(drawn, _stream(b"", strip.drawing))
        out.add(int(page["number"]), _page(page.groupdict(), strip, font=font, drawn=drawn))
    return content + out.finished(root=root, size=size + 1 + len(pages), previous=table)


def _of_picture(content: bytes, words: str) -> bytes:
    width, height, parts = _frame(content)
    across = _A4 if height >= width else _A4 * width / height
    box = {"image": b"5", "contents": b"4", "parent": b"2"}
    box |= {"width": b"%.2f" % across, "height": b"%.2f" % (across * height / width)}
    strip = _strip(across, words)
    out = _Update(0, b"%PDF-1.4\n")
    out.add(1, b"<<\n/Type /Catalog\n/Pages 2 0 R\n>>")
    out.add(2, b"<<\n/Type /Pages\n/Count 1\n/Kids [ 3 0 R ]\n>>")
    out.add(3, _page(box, strip, font=7, drawn=6))
    out.add(4, _stream(b"", b"q %s 0 0 %s 0 0 cm /image Do Q\n" % (box["width"], box["height"])))
    picture = (
        f"/Type /XObject\n/Subtype /Image\n/Width {width}\n/Height {height}\n/Filter /DCTDecode\n/BitsPerComponent 8\n"
    )
    out.add(5, _stream(f"{picture}/ColorSpace {_SPACES[parts]}\n".encode(), content))
    out.add(6, _stream(b"", strip.drawing))
    out.add(7, _FONT)
    return out.finished(root=1, size=8, previous=None)


def _offsets(content: bytes, table: int, size: int) -> list[int]:
    """Return where the objects begin, as the one table of a fresh file says."""
    head = _TABLE.match(content, table)
    if head is None or int(head[1]) != size:
        raise CopyNotMarked
    first = head.end() + _ENTRY_BYTES
    entries = [_ENTRY.match(content, first + _ENTRY_BYTES * place) for place in range(size - 1)]
    return [int(entry[1]) for entry in entries if entry is not None]


def _frame(content: bytes) -> tuple[int, int, int]:
    """Return width, height and number of components of a JPEG, from its frame header."""
    at = 2
    while content[:2] == b"\xff\xd8" and at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if marker in _FRAMES:
            height, width = int.from_bytes(content[at + 5 : at + 7]), int.from_bytes(content[at + 7 : at + 9])
            parts = content[at + 9]
            if width and height and parts in _SPACES and content[at + 4] == 8:
                return width, height, parts
            break
        at += 2 + length
    raise CopyNotMarked


def _strip(width: float, words: str) -> _Strip:
    size = max(5.0, width / 72)
    lines = _lines(words, int((width - 2 * _MARGIN) / (_LETTER * size)))
    height = float(ceil(len(lines) * _LEADING * size + _MARGIN))
    drawn = [b"q 1 1 1 rg 0 -%.2f %.2f %.2f re f 0 0 0 rg BT /mark %.2f Tf" % (height, width, height, size)]
    drawn.append(b"%.2f -%.2f Td %.2f TL" % (_MARGIN, _LEADING * size, _LEADING * size))
    drawn += [b"(%s) Tj T*" % _escaped(line) for line in lines]
    return _Strip(height, b"\n".join([*drawn, b"ET Q\n"]))


def _lines(words: str, most: int) -> Sequence[str]:
    lines = [""]
    for word in words.split(" "):
        if len(lines[-1]) + len(word) < most:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
        else:
            lines.append(word)
    return lines


def _escaped(text: str) -> bytes:
    return re.sub(rb"([\\()])", rb"\\\1", text.encode("cp1252", errors="replace"))


def _page(page: dict[str, bytes], strip: _Strip, *, font: int, drawn: int) -> bytes:
    return (
        b"<<\n/Resources <<\n/ProcSet [ /PDF /Text /ImageB /ImageC ]\n/XObject <<\n/image %s 0 R\n>>\n/Font <<\n/mark %d 0 R\n"
        b">>\n>>\n/MediaBox [ 0 -%.2f %s %s ]\n/Contents [ %s 0 R %d 0 R ]\n/Type /Page\n/Parent %s 0 R\n>>"
        % (page["image"], font, strip.height, page["width"], page["height"], page["contents"], drawn, page["parent"])
    )


def _stream(members: bytes, content: bytes) -> bytes:
    return b"<<\n%s/Length %d\n>>stream\n%s\nendstream" % (members, len(content), content)


class _Update:
    """Objects in their order, and the table that says where they begin."""

    def __init__(self, begins: int, head: bytes = b"\n") -> None:
        self._out = [head]
        self._at = begins + len(head)
        self._places: dict[int, int] = {}

    def add(self, number: int, body: bytes) -> None:
        piece = b"%d 0 obj%s\nendobj\n" % (number, body if body.startswith(b"\n") else b"\n" + body)
        self._places[number] = self._at
        self._out.append(piece)
        self._at += len(piece)

    def finished(self, *, root: int, size: int, previous: int | None) -> bytes:
        told = [b"xref\n0 1\n0000000000 65535 f \n"]
        told += [b"%d 1\n%010d 00000 n \n" % (number, place) for number, place in sorted(self._places.items())]
        before = b"" if previous is None else b"/Prev %d\n" % previous
        told.append(
            b"trailer\n<<\n/Root %d 0 R\n/Size %d\n%s>>\nstartxref\n%d\n%%%%EOF\n" % (root, size, before, self._at)
        )
        return b"".join([*self._out, *told])
