"""Hostile, broken and merely odd files, each with the reason it must end with (« read » for the odd ones)."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from contracts.documents import MediaType
from tests.assets import pdfs
from tests.assets.heic import branded, claiming, heic
from tests.assets.programs import EICAR, office_macros, unix_program, windows_program
from vault.ingest.reasons import Reason

PDF, JPEG, PNG, HEIC = MediaType.PDF, MediaType.JPEG, MediaType.PNG, MediaType.HEIC
AT_THE_DOOR = frozenset({Reason.EMPTY, Reason.UNSUPPORTED_TYPE, Reason.TYPE_MISMATCH})
"""What the door itself refuses, from the announcement and the first bytes."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file made on demand, the type it is announced as, and the reason its reading must have."""

    name: str
    announced: MediaType
    reason: Reason
    make: Callable[[], bytes]


def image(kind: str, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a grey gradient as JPEG or PNG."""
    out = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind)
    return out.getvalue()


def photo(kind: str, mode: str, **options: Any) -> bytes:
    """Return an image in a mode that cameras and scanners do make."""
    out = BytesIO()
    source = Image.linear_gradient("L").resize((640, 480))
    made = source.convert("I").point(lambda value: value * 256).convert("I;16") if mode == "I" else source.convert(mode)
    made.save(out, kind, **options)
    return out.getvalue()


def two_pictures() -> bytes:
    """Return a JPEG that carries a second picture after the first, as telephones write (MPO)."""
    out = BytesIO()
    first = Image.new("RGB", (640, 480), "grey")
    first.save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (320, 240), "white")])
    return out.getvalue()


def lying_on_its_side() -> bytes:
    """Return a JPEG that its EXIF says to turn."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return photo("JPEG", "L", exif=exif)


def form() -> bytes:
    """Return a PDF with a filled-in form field and a font it does not carry."""
    out = BytesIO()
    canvas = Canvas(out)
    canvas.drawString(100, 650, "Nom")
    canvas.acroForm.textfield(name="nom", value="Martin", x=100, y=600, width=200, height=20)
    canvas.showPage()
    canvas.save()
    return out.getvalue().replace(b"/Helvetica", b"/Garamonde")


def archive() -> bytes:
    """Return a small ZIP."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("program.exe", b"MZ")
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """Return a PNG whose header claims a size, with the pixels compressed to next to nothing."""
    row = b"\0" * (width // 8 + 1)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(row * min(height, 200), 9)
    chunks = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    packed = (struct.pack(">I", len(c)) + t + c + struct.pack(">I", zlib.crc32(t + c)) for t, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def encrypted(password: str = "motdepasse") -> bytes:
    """Return a PDF that opens only with ``password``; without one, a PDF that its author forbade to change."""
    out = BytesIO()
    canvas = Canvas(out, encrypt=StandardEncryption(password, ownerPassword="autre", strength=128))
    canvas.drawString(100, 700, "secret")
    canvas.save()
    return out.getvalue()


def with_comment(jpeg: bytes, comment: bytes) -> bytes:
    """Return ``jpeg`` with a comment segment right after its start."""
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:]


def scripted(action: bytes) -> bytes:
    """Return a PDF that starts ``action`` when it is opened."""
    return pdfs.pages(1, catalogue=b"/OpenAction 4 0 R", extra=[action])


def script_in_object_stream() -> bytes:
    """Return a PDF whose script lies in a compressed object stream, where no plain search sees it."""
    inner = b"9 0 << /S /JavaScript /JS (app.alert(1)) >>"
    return pdfs.pages(1, extra=[pdfs.stream(inner, b"/Type /ObjStm /N 1 /First 4")])


def with_attachment(content: bytes = b"<a/>", name: bytes = b"a.xml") -> bytes:
    """Return a PDF with a file attached, compressed."""
    names = b"/Names << /EmbeddedFiles << /Names [(%s) 4 0 R] >> >>" % name
    spec = b"<< /Type /Filespec /F (%s) /EF << /F 5 0 R >> >>" % name
    return pdfs.pages(1, catalogue=names, extra=[spec, pdfs.stream(content, b"/Type /EmbeddedFile")])


def swollen_drawing() -> bytes:
    """Return a small PDF whose drawing unpacks to two gigabytes, by two turns of compression."""
    once = zlib.compressobj(9)
    packed = b"".join(once.compress(b" " * 10_000_000) for _ in range(200)) + once.flush()
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
    return pdfs.pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            page,
            pdfs.stream(packed, b"/Filter [/FlateDecode /FlateDecode]").replace(b"/Filter /FlateDecode ", b"", 1),
        ]
    )


def swollen_picture() -> bytes:
    """Return a small PDF that shows a picture of 3,600 megapixels."""
    image = b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceGray /BitsPerComponent 8"
    page = b"""<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R
    /Resources << /XObject << /I 5 0 R >> >> >>"""
    return pdfs.pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            page,
            pdfs.stream(b"595 0 0 842 0 0 cm /I Do"),
            pdfs.stream(b"\0" * 40_000_000, image),
        ]
    )


def circle_of_pages() -> bytes:
    """Return a PDF whose page tree holds itself."""
    return pdfs.pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"])


def deep_nesting() -> bytes:
    """Return a PDF whose catalogue nests arrays a hundred thousand deep."""
    return pdfs.pages(1, catalogue=b"/Deep " + b"[" * 100_000 + b"]" * 100_000)


def png_with_swollen_words() -> bytes:
    """Return a PNG whose compressed comment unpacks to a hundred megabytes."""
    body = b"Comment\0\0" + zlib.compress(b" " * 100_000_000, 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    whole = image("PNG")
    return whole[:33] + chunk + whole[33:]


def jpeg_claiming(width: int, height: int) -> bytes:
    """Return a JPEG whose frame header claims another size."""
    whole = image("JPEG")
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


def endless_drawing() -> bytes:
    """Return a small PDF that takes minutes to draw: two million strokes across the page."""
    return pdfs.drawing(b"0 0 m 595 842 l 0 842 l 595 0 l S\n" * 2_000_000)


def vast_photo() -> bytes:
    """Return a small PNG of 59 megapixels, which is allowed and takes much memory."""
    out = BytesIO()
    Image.new("RGB", (8_600, 6_900), "white").save(out, "PNG")
    return out.getvalue()


ASSETS: tuple[Asset, ...] = (
    Asset("nothing", PDF, Reason.EMPTY, lambda: b""),
    Asset("words", PDF, Reason.UNSUPPORTED_TYPE, lambda: b"Bonjour"),
    Asset("page of html", PDF, Reason.UNSUPPORTED_TYPE, lambda: b"<html><script>1</script></html>"),
    Asset("svg", PNG, Reason.UNSUPPORTED_TYPE, lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    Asset("zip", PDF, Reason.UNSUPPORTED_TYPE, archive),
    Asset("gif", PNG, Reason.UNSUPPORTED_TYPE, lambda: image("GIF")),
    Asset("pdf after other bytes", PDF, Reason.UNSUPPORTED_TYPE, lambda: b"MZ\0\0" + pdfs.pages(1)),
    Asset("pdf said to be a jpeg", JPEG, Reason.TYPE_MISMATCH, lambda: pdfs.pages(1)),
    Asset("jpeg said to be a pdf", PDF, Reason.TYPE_MISMATCH, lambda: image("JPEG")),
    Asset("pdf cut in two", PDF, Reason.TRUNCATED, lambda: pdfs.pages(20)[:900]),
    Asset("pdf of first and last line", PDF, Reason.UNREADABLE, lambda: b"%PDF-1.7\n%%EOF\n"),
    Asset("pdf of noise", PDF, Reason.UNREADABLE, lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF\n"),
    Asset("pdf without pages", PDF, Reason.UNREADABLE, lambda: pdfs.pages(0)),
    Asset("pdf with a password", PDF, Reason.ENCRYPTED, encrypted),
    Asset("pdf of 40 pages", PDF, Reason.READ, lambda: pdfs.pages(40)),
    Asset("pdf of 41 pages", PDF, Reason.TOO_MANY_PAGES, lambda: pdfs.pages(41)),
    Asset("pdf of 300 pages", PDF, Reason.TOO_MANY_PAGES, lambda: pdfs.pages(300)),
    Asset("pdf of one blank page", PDF, Reason.READ, lambda: pdfs.pages(1)),
    Asset("pdf as large as a wall", PDF, Reason.READ, lambda: pdfs.drawing(b"", mediabox=b"[0 0 14400 14400]")),
    Asset("pdf with an attachment", PDF, Reason.READ, with_attachment),
    Asset("pdf that is also a zip", PDF, Reason.POLYGLOT, lambda: pdfs.pages(1) + archive() + b""),
    Asset("pdf with a script", PDF, Reason.ACTIVE_CONTENT, lambda: scripted(b"<< /S /JavaScript /JS (x) >>")),
    Asset("pdf with a veiled script", PDF, Reason.ACTIVE_CONTENT, lambda: scripted(b"<< /S /J#61vaScript /JS (x) >>")),
    Asset("pdf with a packed script", PDF, Reason.ACTIVE_CONTENT, script_in_object_stream),
    Asset("pdf that starts a program", PDF, Reason.ACTIVE_CONTENT, lambda: scripted(b"<< /S /Launch /F (c.exe) >>")),
    Asset("jpeg cut in two", JPEG, Reason.TRUNCATED, lambda: image("JPEG")[:4000]),
    Asset("jpeg of three bytes", JPEG, Reason.UNREADABLE, lambda: b"\xff\xd8\xff"),
    Asset("jpeg and then a pdf", JPEG, Reason.POLYGLOT, lambda: image("JPEG") + pdfs.pages(1)),
    Asset("jpeg around a pdf", JPEG, Reason.POLYGLOT, lambda: with_comment(image("JPEG"), pdfs.pages(1))),
    Asset("jpeg that is also a zip", JPEG, Reason.POLYGLOT, lambda: image("JPEG") + archive()),
    Asset("jpeg with a page of html", JPEG, Reason.POLYGLOT, lambda: with_comment(image("JPEG"), b"<HTML>")),
    Asset("jpeg and a film after it", JPEG, Reason.READ, lambda: image("JPEG") + b"\0\0\0\x18ftypmp42" + b"\1" * 999),
    Asset("png cut in two", PNG, Reason.TRUNCATED, lambda: image("PNG")[:600]),
    Asset("png with a script after it", PNG, Reason.POLYGLOT, lambda: image("PNG") + b"<script>1</script>"),
    Asset("png of 61 megapixels", PNG, Reason.TOO_MANY_PIXELS, lambda: png_claiming(10_000, 6_100)),
    Asset("png of ten thousand megapixels", PNG, Reason.TOO_MANY_PIXELS, lambda: png_claiming(100_000, 100_000)),
    Asset("png", PNG, Reason.READ, lambda: image("PNG")),
    Asset("png of sixteen bits", PNG, Reason.READ, lambda: photo("PNG", "I")),
    Asset("png of one bit", PNG, Reason.READ, lambda: photo("PNG", "1")),
    Asset("png one sees through", PNG, Reason.READ, lambda: photo("PNG", "RGBA")),
    Asset("png with a palette", PNG, Reason.READ, lambda: photo("PNG", "P")),
    Asset("jpeg for a printer", JPEG, Reason.READ, lambda: photo("JPEG", "CMYK")),
    Asset("progressive jpeg", JPEG, Reason.READ, lambda: photo("JPEG", "RGB", progressive=True)),
    Asset("jpeg of two pictures", JPEG, Reason.READ, two_pictures),
    Asset("jpeg on its side", JPEG, Reason.READ, lying_on_its_side),
    Asset("pdf with a form", PDF, Reason.READ, form),
    Asset("webp", PNG, Reason.UNSUPPORTED_TYPE, lambda: image("WEBP")),
    Asset("tiff", JPEG, Reason.UNSUPPORTED_TYPE, lambda: image("TIFF")),
    Asset("bitmap", PNG, Reason.UNSUPPORTED_TYPE, lambda: image("BMP")),
    Asset("jpeg 2000", JPEG, Reason.UNSUPPORTED_TYPE, lambda: image("JPEG2000")),
    Asset("avif", HEIC, Reason.UNSUPPORTED_TYPE, lambda: image("AVIF")),
    Asset("film", HEIC, Reason.UNSUPPORTED_TYPE, lambda: branded(b"mp42", b"isom", body=b"\0\0\0\x08free")),
    Asset("film of pictures", HEIC, Reason.UNSUPPORTED_TYPE, lambda: branded(b"hevc", b"heic", body=b"")),
    Asset("jpeg after a space", JPEG, Reason.UNSUPPORTED_TYPE, lambda: b" " + image("JPEG")),
    Asset("heic said to be a jpeg", JPEG, Reason.TYPE_MISMATCH, heic),
    Asset("heic", HEIC, Reason.READ, heic),
    Asset("heic of a brand for any coding", HEIC, Reason.READ, lambda: branded(b"mif1", b"heic", b"miaf")),
    Asset("heic and bytes after it", HEIC, Reason.READ, lambda: heic() + b"\0" * 99),
    Asset("heic of a header only", HEIC, Reason.UNREADABLE, lambda: branded(b"heic", b"mif1", body=b"")),
    Asset("heic cut near its end", HEIC, Reason.TRUNCATED, lambda: heic()[:-50]),
    Asset("heic of 61 megapixels", HEIC, Reason.TOO_MANY_PIXELS, lambda: claiming(10_000, 6_100)),
    Asset("heic that is also a zip", HEIC, Reason.POLYGLOT, lambda: heic() + archive()),
    Asset("heic and then a pdf", HEIC, Reason.POLYGLOT, lambda: heic() + pdfs.pages(1)),
    Asset("jpeg of four thousand megapixels", JPEG, Reason.TOO_MANY_PIXELS, lambda: jpeg_claiming(65_000, 65_000)),
    Asset("png with swollen words", PNG, Reason.UNREADABLE, png_with_swollen_words),
    Asset("pdf nobody may change", PDF, Reason.READ, lambda: encrypted("")),
    Asset("pdf in a circle", PDF, Reason.UNREADABLE, circle_of_pages),
    Asset("pdf nested deep", PDF, Reason.READ, deep_nesting),
    Asset("pdf with a swollen picture", PDF, Reason.READ, swollen_picture),
    Asset("pdf that opens what it hides", PDF, Reason.ACTIVE_CONTENT, lambda: scripted(b"<< /S /GoToE /T << >> >>")),
    Asset("pdf with the test virus attached", PDF, Reason.MALWARE, lambda: with_attachment(EICAR)),
    Asset("pdf with a program attached", PDF, Reason.MALWARE, lambda: with_attachment(windows_program())),
    Asset("pdf with a name that runs", PDF, Reason.MALWARE, lambda: with_attachment(b"x", b"facture.pdf.exe")),
    Asset("pdf with macros attached", PDF, Reason.MALWARE, lambda: with_attachment(office_macros())),
    Asset("jpeg around the test virus", JPEG, Reason.MALWARE, lambda: with_comment(image("JPEG"), EICAR)),
    Asset("png and then a program", PNG, Reason.MALWARE, lambda: image("PNG") + windows_program()),
    Asset("jpeg and then a program", JPEG, Reason.MALWARE, lambda: image("JPEG") + unix_program()),
    Asset("heic and then the test virus", HEIC, Reason.MALWARE, lambda: heic() + EICAR),
)

BOMBS: tuple[Asset, ...] = (
    Asset("pdf with a swollen drawing", PDF, Reason.READER_FAILED, swollen_drawing),
    Asset("pdf that draws for minutes", PDF, Reason.TOO_SLOW, endless_drawing),
)
"""For the child only: they take what a process has. Which limit meets them first depends on the machine; their state
does not.
"""
