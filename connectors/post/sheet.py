"""A letter on one A4 page: an address for the window of the envelope, plain text, a code with its QR, and a slip to send back."""

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from uuid import UUID

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WINDOW = (105 * mm, A4[1] - 80 * mm, 92 * mm, 35 * mm)
"""Left, bottom, width and height of what shows through the window of a C6/5 envelope; nothing but the address is in it."""
ADDRESS_LINES = 6
"""Lines of a postal address (NF Z10-011), the name among them."""
_PLAIN, _BOLD = "unefois-plain", "unefois-bold"
_LEFT, _RIGHT = 20 * mm, A4[0] - 20 * mm
_SIZE, _LEADING = 10.5, 14.5
_SLIP = 72 * mm
_CODE = 28 * mm
"""Heights of the slip at the foot of the page, and of the square of the code above it."""


@dataclass(frozen=True, slots=True)
class PrintedLetter:
    """What is printed; ``message`` names the letter, and the same letter gives the same bytes."""

    message: UUID
    to: tuple[str, ...] = field(repr=False)
    """Name and postal address, a line each."""
    sender: tuple[str, ...]
    dated: str
    subject: str
    paragraphs: tuple[str, ...]
    code: str = field(default="", repr=False)
    """Nothing where the letter asks for nothing: it has neither code nor slip then."""
    link: str = field(default="", repr=False)
    code_words: tuple[str, ...] = ()
    """What is said beside the code."""
    slip_words: tuple[str, ...] = ()
    """What is said on the slip."""


def drawn(letter: PrintedLetter) -> bytes:
    """Return the letter as a PDF of one page, fonts embedded; raises :class:`ValueError` for too long an address or text."""
    if not 2 <= len(letter.to) <= ADDRESS_LINES:
        raise ValueError("an address has two to six lines")
    _fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1, lang="fr-FR", initialFontName=_PLAIN)
    # The title of a file is read by whoever opens it: it names nobody.
    canvas.setTitle(letter.subject)
    _head(canvas, letter)
    below = _text(canvas, letter)
    if below - _CODE - 8 * mm < _SLIP:
        raise ValueError("the text is too long for one page")
    if letter.code:
        _code(canvas, letter, below)
        _slip(canvas, letter)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def writable(line: str) -> str:
    """Return a line in letters that the font has; what it lacks loses its accent, or becomes « ? »."""
    _fonts()
    known = pdfmetrics.getFont(_PLAIN).face.charToGlyph
    return "".join(one if ord(one) in known else _plainer(one, known) for one in unicodedata.normalize("NFC", line))


def _plainer(letter: str, known: dict[int, int]) -> str:
    base = "".join(one for one in unicodedata.normalize("NFKD", letter) if ord(one) in known)
    return base or "?"


@cache
def _fonts() -> None:
    # Bitstream Vera comes with the library; a print room wants every font inside the file.
    pdfmetrics.registerFont(TTFont(_PLAIN, "Vera.ttf"))
    pdfmetrics.registerFont(TTFont(_BOLD, "VeraBd.ttf"))


def _head(canvas: Canvas, letter: PrintedLetter) -> None:
    _lines(canvas, letter.sender, _LEFT, A4[1] - 20 * mm, bold_first=True, size=9.5)
    left, bottom, _, height = WINDOW
    _lines(canvas, [writable(line) for line in letter.to], left + 4 * mm, bottom + height - 8 * mm)
    canvas.setFont(_PLAIN, _SIZE)
    canvas.drawRightString(_RIGHT, A4[1] - 92 * mm, letter.dated)


def _text(canvas: Canvas, letter: PrintedLetter) -> float:
    """Write subject and paragraphs; return where they end."""
    y: float = A4[1] - 102 * mm
    canvas.setFont(_BOLD, _SIZE + 0.5)
    canvas.drawString(_LEFT, y, letter.subject)
    y -= 1.6 * _LEADING
    canvas.setFont(_PLAIN, _SIZE)
    for paragraph in letter.paragraphs:
        for line in simpleSplit(paragraph, _PLAIN, _SIZE, _RIGHT - _LEFT):
            canvas.drawString(_LEFT, y, line)
            y -= _LEADING
        y -= 0.3 * _LEADING
    return y


def _code(canvas: Canvas, letter: PrintedLetter, below: float) -> None:
    size = _CODE
    canvas.setLineWidth(0.8)
    canvas.roundRect(_LEFT, below - size - 3 * mm, _RIGHT - _LEFT, size + 4 * mm, 2 * mm)
    _qr(canvas, letter.link, _RIGHT - size - 2 * mm, below - size - 1 * mm, size)
    canvas.setFont(_BOLD, 15)
    canvas.drawString(_LEFT + 5 * mm, below - 9 * mm, letter.code)
    _lines(canvas, letter.code_words, _LEFT + 5 * mm, below - 17 * mm, size=9)


def _slip(canvas: Canvas, letter: PrintedLetter) -> None:
    canvas.setDash(3, 3)
    canvas.line(10 * mm, _SLIP, A4[0] - 10 * mm, _SLIP)
    canvas.setDash()
    size = 26 * mm
    _qr(canvas, letter.link, _RIGHT - size, _SLIP - size - 8 * mm, size)
    _lines(canvas, letter.slip_words, _LEFT, _SLIP - 10 * mm, bold_first=True, size=9)
    canvas.setFont(_BOLD, 13)
    canvas.drawString(_LEFT, _SLIP - 42 * mm, letter.code)
    _lines(canvas, letter.sender, _LEFT, _SLIP - 49 * mm, size=9)


def _lines(
    canvas: Canvas,
    lines: "tuple[str, ...] | list[str]",
    x: float,
    y: float,
    *,
    bold_first: bool = False,
    size: float = _SIZE,
) -> None:
    for number, line in enumerate(lines):
        canvas.setFont(_BOLD if bold_first and number == 0 else _PLAIN, size)
        canvas.drawString(x, y - number * size * 1.35, line)


def _qr(canvas: Canvas, value: str, x: float, y: float, size: float) -> None:
    widget = QrCodeWidget(value, barLevel="M")
    left, bottom, right, top = widget.getBounds()
    scale = (size / (right - left), 0, 0, size / (top - bottom), 0, 0)
    # A drawing begins with a font, even one without text: with ours, or the file would name one that it does not hold.
    drawing = Drawing(size, size, transform=scale, initialFontName=_PLAIN)
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, x, y)
