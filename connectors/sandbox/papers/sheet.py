"""Writes a one-page PDF: headed lines of text, and a code where there is one."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

_MARGIN = 25 * mm
_LINE = 7 * mm
CODE_SIDE = 32 * mm


def sheet(title: str, lines: Sequence[str], *, code: Image.Image | None = None, code_side: float = CODE_SIDE) -> bytes:
    """Return an A4 page with ``title``, ``lines`` below it and ``code`` at the foot; same input, same bytes.

    ``code_side`` is in points.
    """
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(_MARGIN, A4[1] - _MARGIN, title)
    canvas.setFont("Helvetica", 11)
    for index, line in enumerate(lines):
        canvas.drawString(_MARGIN, A4[1] - _MARGIN - (index + 2) * _LINE, line)
    if code is not None:
        canvas.drawImage(ImageReader(code), _MARGIN, _MARGIN, width=code_side, height=code_side)
    canvas.setFont("Helvetica-Oblique", 8)
    canvas.drawString(_MARGIN, _MARGIN / 2, "Document de démonstration : personnes et organismes inventés.")
    canvas.showPage()
    canvas.save()
    return out.getvalue()
