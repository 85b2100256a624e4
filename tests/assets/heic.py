"""HEIC pictures, right or wrong as a test wants them."""

import struct
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import ExifTags, Image

pillow_heif.register_heif_opener()


def heic(size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """Return a grey gradient as a telephone would write it."""
    out = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, "HEIF", quality=40, **options)
    return out.getvalue()


def with_position(words: str) -> bytes:
    """Return a HEIC whose EXIF holds ``words`` and a position, and whose XMP holds them too."""
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = words
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 23.0)
    return heic(exif=exif.tobytes(), xmp=f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{words}</x:xmpmeta>".encode())


def branded(major: bytes, *others: bytes, body: bytes | None = None) -> bytes:
    """Return a HEIC whose first box names other brands, or only that box and ``body``."""
    box = struct.pack(">I", 16 + 4 * len(others)) + b"ftyp" + major + b"\0\0\0\0" + b"".join(others)
    if body is not None:
        return box + body
    real = heic()
    rest = real[struct.unpack(">I", real[:4])[0] :]
    grown = len(box) + len(rest) - len(real)
    return box + _moved(rest, grown)


def claiming(width: int, height: int) -> bytes:
    """Return a small HEIC whose header claims another size."""
    real = bytearray(heic())
    at = real.index(b"ispe") + 8
    real[at : at + 8] = struct.pack(">II", width, height)
    return bytes(real)


def _moved(rest: bytes, by: int) -> bytes:
    """Move the one place that the item locations name, when what lies before it has grown."""
    at = rest.index(b"mdat") + 4
    length = len(heic()) - len(rest)
    old = struct.pack(">I", length + at)
    return rest.replace(old, struct.pack(">I", length + at + by), 1)
