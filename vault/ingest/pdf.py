"""Open a deposited PDF: safe to look at, its text, and its pages as pixels."""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from vault.ingest import layer, masking
from vault.ingest.images import is_archive
from vault.ingest.reasons import DocumentRefused, Reason

MAX_PAGES = 40
SEARCHED_PAGES = 10
"""Pages drawn finely enough to find a code; what is sealed is sealed on its first pages."""
FINE_DPI, COARSE_DPI = 200, 110
MAX_PAGE_PIXELS = 12_000_000
MAX_TEXT = 200_000
MAX_ATTACHMENTS, MAX_ATTACHED_BYTES = 20, 64_000_000
_POINTS_PER_INCH = 72
_TAIL = 1024
"""Where readers look for the end mark (ISO 32000-1, annex H.3, note 18)."""
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE = re.compile(rb"/(JavaScript|Launch)(?![A-Za-z0-9])")
_OBJECT_STREAM = re.compile(rb"/ObjStm\b[^\x00]{0,400}?stream\r?\n")
_MAX_UNPACKED = 8_000_000


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open ``data`` and close it again.

    Raises:
        DocumentRefused: truncated, encrypted, unreadable, without a page or with more than 40, polyglot, or active.
    """
    if b"%%EOF" not in data[-_TAIL:]:
        raise DocumentRefused(Reason.TRUNCATED)
    if is_archive(data):
        raise DocumentRefused(Reason.POLYGLOT)
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code == raw.FPDF_ERR_PASSWORD
        raise DocumentRefused(Reason.ENCRYPTED if locked else Reason.UNREADABLE) from None
    try:
        _refuse(data, document)
        if document.get_formtype() != raw.FORMTYPE_NONE:
            document.init_forms()
            _flatten(document)
        yield document
    except pypdfium2.PdfiumError:
        # A page that cannot be loaded, drawn or read: told where it happens or here.
        raise DocumentRefused(Reason.UNREADABLE) from None
    finally:
        document.close()


def attached(document: pypdfium2.PdfDocument) -> list[bytes]:
    """Return the files that are attached, for scanning (they never reach the viewing copy).

    Raises:
        DocumentRefused: more or larger ones than a paper has, or one that cannot be read.
    """
    count = int(raw.FPDFDoc_GetAttachmentCount(document))
    if count > MAX_ATTACHMENTS:
        raise DocumentRefused(Reason.NOT_SCANNED)
    try:
        files = [bytes(document.get_attachment(index).get_data()) for index in range(count)]
    except pypdfium2.PdfiumError:
        raise DocumentRefused(Reason.NOT_SCANNED) from None
    if sum(map(len, files)) > MAX_ATTACHED_BYTES:
        raise DocumentRefused(Reason.NOT_SCANNED)
    return files


def text_of(document: pypdfium2.PdfDocument) -> str:
    """Return the text of the pages that are searched, in reading order as the file has it."""
    pieces: list[str] = []
    for index in range(min(len(document), SEARCHED_PAGES)):
        page = document[index].get_textpage()
        pieces.append(page.get_text_range())
        page.close()
    return "\n".join(pieces)[:MAX_TEXT]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as pixels, the numbers found in its text, and that text, of a page that is searched."""

    image: Image.Image
    numbers: masking.Masking
    layer: layer.Layer | None

    @property
    def masked(self) -> masking.Masked:
        """What looking for numbers in its text came to."""
        return self.numbers.masked


def drawn(document: pypdfium2.PdfDocument, *, dpi: int) -> list[Drawn]:
    """Return every page at ``dpi``, those that are searched always finely; coarser where a page is monstrously large.

    Raises:
        DocumentRefused: a page that cannot be drawn.
    """
    try:
        return [_drawn(document, index, FINE_DPI if index < SEARCHED_PAGES else dpi) for index in range(len(document))]
    except (pypdfium2.PdfiumError, ValueError):
        raise DocumentRefused(Reason.UNREADABLE) from None


def _drawn(document: pypdfium2.PdfDocument, index: int, dpi: int) -> Drawn:
    page = document[index]
    width, height = page.get_size()
    scale = dpi / _POINTS_PER_INCH
    pixels = max(width * height, 1) * scale * scale
    scale *= min(1.0, (MAX_PAGE_PIXELS / pixels) ** 0.5)
    image = page.render(scale=scale).to_pil().convert("RGB")
    text = layer.read(page, image) if index < SEARCHED_PAGES else None
    made = Drawn(image, masking.in_layer(page, image.size), text)
    page.close()
    return made


def dpi_for(document: pypdfium2.PdfDocument) -> int:
    """Return how finely to draw: long documents more coarsely, so that forty pages stay within the time limit."""
    return FINE_DPI if len(document) <= SEARCHED_PAGES else COARSE_DPI


def _flatten(document: pypdfium2.PdfDocument) -> None:
    """Make what was typed into a form part of its page, so that it is read and masked like the rest."""
    for index in range(len(document)):
        page = document[index]
        page.flatten()
        page.close()


def _refuse(data: bytes, document: pypdfium2.PdfDocument) -> None:
    if not len(document):
        raise DocumentRefused(Reason.UNREADABLE)
    if len(document) > MAX_PAGES:
        raise DocumentRefused(Reason.TOO_MANY_PAGES)
    if raw.FPDFDoc_GetJavaScriptActionCount(document) > 0 or _is_active(data):
        raise DocumentRefused(Reason.ACTIVE_CONTENT)


def _is_active(data: bytes) -> bool:
    """Tell whether an object names a script or a program to start, also with escaped names or in object streams.

    The viewing copy would carry neither; this is about the original, which somebody may open one day.
    """
    plain = _NAME_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), data)
    if _ACTIVE.search(plain):
        return True
    left = _MAX_UNPACKED
    for match in _OBJECT_STREAM.finditer(data):
        try:
            unpacked = zlib.decompressobj().decompress(data[match.end() :], left)
        except zlib.error:
            continue
        left -= len(unpacked)
        if left <= 0 or _ACTIVE.search(unpacked):
            return True
    return False
