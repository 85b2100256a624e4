"""Writes small PDFs by hand, right or wrong as a test wants them."""

import zlib
from collections.abc import Sequence

A_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"


def pdf(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """Return a PDF whose objects 1, 2, 3 ... are ``objects``; object 1 is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def pages(count: int, *, catalogue: bytes = b"", extra: Sequence[bytes] = ()) -> bytes:
    """Return a PDF of ``count`` blank pages; ``extra`` objects are numbered from ``count + 3``."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
            b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids),
            *[A_PAGE] * count,
            *extra,
        ]
    )


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Return a compressed stream object."""
    packed = zlib.compress(data, 9)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(packed), entries, packed)


def drawing(content: bytes, *, mediabox: bytes = b"[0 0 595 842]") -> bytes:
    """Return a PDF of one page that draws ``content``."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R >>" % mediabox
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            page,
            stream(content),
        ]
    )
