"""Draws a paper and keeps the truth of it: which typed value stands where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import reportlab
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from contracts.documents import EvidenceType
from contracts.readings import Field
from vault.ingest.words import Box

_FONTS = {
    "sans": ("Helvetica", "Helvetica-Bold"),
    "serif": ("Times-Roman", "Times-Bold"),
    "typed": ("Courier", "Courier-Bold"),
    "vera": ("Vera", "VeraBd"),
}
FONTS = tuple(_FONTS)


@dataclass(frozen=True)
class Said:
    """A printed value and the field it is."""

    field: Field
    printed: str
    value: str


def said(name: Field, printed: str, value: str | None = None) -> Said:
    """Return a value that is printed as ``printed``."""
    return Said(name, printed, printed if value is None else value)


Piece = str | Said


@dataclass(frozen=True)
class Paper:
    """A digital paper and the truth about it."""

    evidence_type: EvidenceType
    layout: str
    pdf: bytes = field(repr=False)
    fields: dict[str, str]
    places: dict[str, list[tuple[int, Box]]]


class Draft:
    """A paper being drawn; lengths are millimetres from the top left corner."""

    def __init__(self, font: str = "sans", *, size: tuple[float, float] = (A4[0] / mm, A4[1] / mm)) -> None:
        for name in ("Vera", "VeraBd"):
            registerFont(TTFont(name, Path(reportlab.__file__).parent / "fonts" / f"{name}.ttf"))
        self._plain, self._bold = _FONTS[font]
        self._width, self._height = size
        self._out = BytesIO()
        self._canvas = Canvas(self._out, pagesize=(size[0] * mm, size[1] * mm), invariant=1)
        self._page = 0
        self.fields: dict[str, str] = {}
        self.places: dict[str, list[tuple[int, Box]]] = {}

    def at(
        self, x: float, y: float, *pieces: Piece, size: float = 10.5, bold: bool = False, centre: bool = False
    ) -> "Draft":
        """Draw ``pieces`` one after the other on the line whose foot is at ``y``."""
        font = self._bold if bold else self._plain
        texts = [piece if isinstance(piece, str) else piece.printed for piece in pieces]
        if centre:
            x -= stringWidth("".join(texts), font, size) / mm / 2
        self._canvas.setFont(font, size)
        for piece, text in zip(pieces, texts, strict=True):
            width = stringWidth(text, font, size) / mm
            self._canvas.drawString(x * mm, (self._height - y) * mm, text)
            if isinstance(piece, Said):
                self._tell(piece, x, y, width, size)
            x += width
        return self

    def lines(
        self,
        x: float,
        y: float,
        rows: Sequence[Piece | Sequence[Piece]],
        *,
        step: float = 6.0,
        size: float = 10.5,
        bold: bool = False,
    ) -> float:
        """Draw one row below the other; return where the next would stand."""
        for row in rows:
            pieces = (row,) if isinstance(row, str | Said) else tuple(row)
            self.at(x, y, *pieces, size=size, bold=bold)
            y += step
        return y

    def paragraph(
        self, x: float, y: float, width: float, *pieces: Piece, size: float = 10.5, step: float = 5.6
    ) -> float:
        """Draw running text, broken where it must be; return where the next line would stand."""
        at, space = x, stringWidth(" ", self._plain, size) / mm
        self._canvas.setFont(self._plain, size)
        for piece in pieces:
            for word in (piece if isinstance(piece, str) else piece.printed).split(" "):
                if not word:
                    continue
                length = stringWidth(word, self._plain, size) / mm
                glued = word[0] in ",.;)"
                if at > x and at + length > x + width:
                    at, y = x, y + step
                if glued and at > x:
                    at -= space
                self._canvas.drawString(at * mm, (self._height - y) * mm, word)
                if isinstance(piece, Said):
                    self._tell(piece, at, y, length, size)
                at += length + space
        return y + step

    def truth(self, **values: str) -> "Draft":
        """Tell a value that is not printed in one piece."""
        self.fields.update(values)
        return self

    def bar(self, x: float, y: float, width: float, height: float, *, grey: float = 0.85) -> "Draft":
        """Draw a grey bar, as headings stand on."""
        self._canvas.setFillGray(grey)
        self._canvas.rect(x * mm, (self._height - y - height) * mm, width * mm, height * mm, stroke=0, fill=1)
        self._canvas.setFillGray(0)
        return self

    def frame(self, x: float, y: float, width: float, height: float) -> "Draft":
        """Draw a frame."""
        self._canvas.rect(x * mm, (self._height - y - height) * mm, width * mm, height * mm)
        return self

    def picture(self, image: Image.Image, x: float, y: float, side: float) -> "Draft":
        """Place a square picture, such as a code."""
        self._canvas.drawImage(
            ImageReader(image), x * mm, (self._height - y - side) * mm, width=side * mm, height=side * mm
        )
        return self

    def turn_over(self) -> "Draft":
        """Begin the next page."""
        self._canvas.showPage()
        self._page += 1
        return self

    def paper(self, evidence_type: EvidenceType, layout: str) -> Paper:
        """Return what was drawn."""
        self._canvas.showPage()
        self._canvas.save()
        return Paper(evidence_type, layout, self._out.getvalue(), self.fields, self.places)

    def _tell(self, piece: Said, x: float, y: float, width: float, size: float) -> None:
        height = size / mm
        box = Box(
            x / self._width,
            (y - height * 0.8) / self._height,
            (x + width) / self._width,
            (y + height * 0.25) / self._height,
        )
        self.fields[piece.field.value] = piece.value
        self.places.setdefault(piece.field.value, []).append((self._page, box))
