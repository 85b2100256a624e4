"""Open a deposited photograph: is it what it says, whole, of a bearable size, and nothing besides."""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from contracts.documents import MediaType
from vault.ingest.reasons import DocumentRefused, Reason

MAX_PIXELS = 60_000_000
_FORMATS = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.HEIC: "HEIF"}
_PNG_END = b"IEND\xae\x42\x60\x82"
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_HEIC_BOXES = frozenset({b"ftyp", b"meta", b"mdat", b"idat", b"moov", b"free", b"skip", b"uuid"})
_FOREIGN = (b"%PDF-", b"PK\x03\x04", b"<script", b"<html", b"<?php", b"\x7fELF", b"Rar!")
_SNIFFED = 1024
"""Readers of PDF and HTML look this far into a file for their own beginning."""

# Our own cap below comes first and is an error, not a warning.
Image.MAX_IMAGE_PIXELS = None
# Only the picture itself is decoded: every auxiliary one is more of the codec to attack.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def open_photo(data: bytes, media_type: MediaType) -> Image.Image:
    """Return the decoded photograph, turned upright.

    Raises:
        DocumentRefused: truncated, unreadable, over 60 megapixels, or also a file of another kind.
    """
    try:
        image = Image.open(BytesIO(data), formats=[_FORMATS[media_type]])
        if image.width * image.height > MAX_PIXELS:
            raise DocumentRefused(Reason.TOO_MANY_PIXELS)
        refuse_polyglot(data, _ENDS[media_type](data))
        image.load()
        return _eight_bits(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise DocumentRefused(Reason.UNREADABLE) from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, ZeroDivisionError) as error:
        # Pillow and libheif tell a short file from a wrong one only in words.
        short = any(words in str(error) for words in ("truncated", "Unexpected end of file"))
        reason = Reason.TRUNCATED if short else Reason.UNREADABLE
        raise DocumentRefused(reason) from None


def refuse_polyglot(data: bytes, end: int) -> None:
    """Refuse an image that another program would open as something else.

    Bytes after ``end`` alone are no crime: telephones append a film or a second picture there.

    Raises:
        DocumentRefused: polyglot.
    """
    head, tail = data[:_SNIFFED].lower(), data[end:].lower()
    if any(mark.lower() in head or mark.lower() in tail for mark in _FOREIGN) or is_archive(data):
        raise DocumentRefused(Reason.POLYGLOT)


def is_archive(data: bytes) -> bool:
    """Tell whether a ZIP reader, which begins at the end of a file, would open ``data``."""
    return zipfile.is_zipfile(BytesIO(data))


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return ``image`` with its sixteen-bit greys scaled down; Pillow's own conversion would clip them to white."""
    if not image.mode.startswith("I"):
        return image
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _png_end(data: bytes) -> int:
    position = data.rfind(_PNG_END)
    if position < 0:
        raise DocumentRefused(Reason.TRUNCATED)
    return data.find(_PNG_END) + len(_PNG_END)


def _jpeg_end(data: bytes) -> int:
    """Return where the first picture of a JPEG ends, walking its segments (ITU-T T.81, annex B)."""
    position = 2
    while position + 4 <= len(data):
        match = _JPEG_MARKER.search(data, position)
        if match is None:
            break
        marker, position = match[1][0], match.end()
        if marker == _JPEG_END:
            return position
        if marker not in _STANDALONE:
            position += int.from_bytes(data[position : position + 2])
    raise DocumentRefused(Reason.TRUNCATED)


def _heic_end(data: bytes) -> int:
    """Return where the boxes of a HEIC end (ISO/IEC 14496-12, 4.2)."""
    position = 0
    while position + 8 <= len(data) and data[position + 4 : position + 8] in _HEIC_BOXES:
        size = int.from_bytes(data[position : position + 4])
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16])
        if size == 0:
            return len(data)
        if size < 8 or position + size > len(data):
            raise DocumentRefused(Reason.TRUNCATED)
        position += size
    return position


_ENDS: dict[MediaType, Callable[[bytes], int]] = {
    MediaType.PNG: _png_end,
    MediaType.JPEG: _jpeg_end,
    MediaType.HEIC: _heic_end,
}
