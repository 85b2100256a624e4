"""Pages for looking at: a page of text, photographs of it in every position, screens, and PDFs whose layer lies."""

import random
from io import BytesIO

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from reportlab.pdfgen.canvas import Canvas

from tests.assets import pdfs

LINES = (
    "Mairie de Val-des-Tilleuls",
    "Attestation de quotient familial de la sœur aînée",
    "Madame Élodie MARTIN, née le 12/03/1986 à Châteauroux",
    "12 rue des Tilleuls, 75012 Paris",
    "Votre quotient familial est de 1 284,50 € en octobre 2026.",
    "Les enfants à charge sont Lina et Noël, garçon et fille,",
    "inscrits à l'école élémentaire pour l'année scolaire 2026-2027.",
)
TABLE = (3000, 4000)
"""Twelve megapixels, upright."""


def page(*lines: str, dpi: int = 240, size: int = 14) -> Image.Image:
    """Return a page that says ``lines``, as grey pixels."""
    with pypdfium2.PdfDocument(pdf(*lines, size=size)) as document:
        return document[0].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")


def pdf(*lines: str, size: int = 14) -> bytes:
    """Return a PDF of one page that says ``lines``."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.setFont("Times-Roman", size)
    for row, line in enumerate(lines or LINES):
        canvas.drawString(60, 760 - row * size * 2, line)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def scanned(image: Image.Image) -> bytes:
    """Return a PDF of nothing but this picture."""
    out = BytesIO()
    image.save(out, "PDF", resolution=200)
    return out.getvalue()


def jpeg(image: Image.Image) -> bytes:
    """Return a photograph's bytes."""
    out = BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def on_a_table(paper: Image.Image, *, lean: float = 3.0, blur: float = 1.0, wood: int = 90) -> Image.Image:
    """Return ``paper`` lying on a table, leaning by so many degrees, in a light that fades, a little blurred and noisy."""
    sheet = paper.resize((2350, round(2350 * paper.height / paper.width)))
    mask = Image.new("L", sheet.size, 255).rotate(lean, expand=True)
    leaning = sheet.rotate(lean, Image.Resampling.BICUBIC, expand=True)
    seen = Image.new("L", TABLE, wood)
    seen.paste(leaning, ((TABLE[0] - leaning.width) // 2, (TABLE[1] - leaning.height) // 2), mask)
    light = Image.linear_gradient("L").rotate(90).resize(TABLE).point(lambda value: 130 + value * 125 // 255)
    grain = Image.frombytes("L", (750, 1000), random.Random(1).randbytes(750_000)).resize(TABLE)
    dark = ImageChops.multiply(seen, light).filter(ImageFilter.GaussianBlur(blur))
    return ImageChops.add(dark, grain.point(lambda value: value // 14), offset=-9)


def on_a_screen(paper: Image.Image) -> Image.Image:
    """Return ``paper`` shown by a screen and photographed from near: dark lines between its dots."""
    shown = paper.resize((1000, 1333), Image.Resampling.LANCZOS).resize((3000, 4000), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(grid := Image.new("L", shown.size, 255))
    for at in range(0, 4000, 3):
        pen.line((0, at, 3000, at), fill=170)
        pen.line((at, 0, at, 4000), fill=170)
    return ImageChops.multiply(shown, grid).rotate(3.0, Image.Resampling.BICUBIC, fillcolor=30)


def liar(seen: str, said: str, *, way: str) -> bytes:
    """Return a PDF that shows ``seen`` and has machines read ``said``; ``way`` is how the lie is hidden."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.setFont("Times-Roman", 14)
    for row, line in enumerate(LINES[:2]):
        canvas.drawString(60, 760 - 28 * row, line)
    if way != "behind a picture":
        canvas.drawString(60, 640, seen)
    text = canvas.beginText(60, 600)
    text.setFont("Times-Roman", 1 if way == "tiny" else 14)
    if way == "invisible":
        text.setTextRenderMode(3)
    if way in ("white", "behind a picture"):
        text.setFillGray(1 if way == "white" else 0)
    if way == "off the page":
        text.setTextOrigin(900, 600)
    if way == "behind a picture":
        text.setTextOrigin(60, 640)
    text.textLine(said)
    canvas.drawText(text)
    if way == "behind a picture":
        picture = Image.new("L", (1500, 90), 255)
        ImageDraw.Draw(picture).text((4, 20), seen, fill=0, font_size=48)
        canvas.drawInlineImage(picture, 58, 630, width=450, height=27)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def with_other_letters(*lines: str) -> bytes:
    """Return a PDF that shows ``lines``, in capitals, and whose font tells machines that every letter is its neighbour."""
    pairs = "".join(f"<{code:02x}> <{0x41 + (code - 0x40) % 26:04x}>\n" for code in range(0x41, 0x5B))
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def 1 begincodespacerange <00> <ff>"
        f" endcodespacerange 26 beginbfchar\n{pairs}endbfchar endcmap end end"
    ).encode()
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    drawing = f"BT /F1 18 Tf 30 TL 60 740 Td {shown} ET".encode()
    return pdfs.pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            (
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
                b" /Resources << /Font << /F1 5 0 R >> >> >>"
            ),
            pdfs.stream(drawing),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
            pdfs.stream(table),
        ]
    )
