"""Pages as telephones and scanners see them: turned, smaller, on a table, in bad light, compressed once more."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops

from connectors.sandbox.papers import (
    Child,
    Parent,
    birth_certificate,
    create_authority,
    create_registry,
    residence_bill,
)

DAY = date(2026, 11, 1)
WOOD = (120, 100, 80)


def drawn(pdf: bytes, *, dpi: int = 150) -> Image.Image:
    """The first page of a PDF."""
    with pypdfium2.PdfDocument(pdf) as document:
        page: Image.Image = document[0].render(scale=dpi / 72).to_pil().convert("RGB")
        return page


def jpeg(image: Image.Image, *, quality: int = 80) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def pictured(
    page: Image.Image, *, turned: float, scale: float = 0.8, quality: int = 60, shade: int = 60
) -> Image.Image:
    """``page`` lying on a table, turned by some degrees; the same arguments give the same picture."""
    draw = random.Random(turned)
    small = page.resize((int(page.width * scale), int(page.height * scale))).convert("RGBA")
    sheet = small.rotate(turned, expand=True, resample=Image.Resampling.BICUBIC)
    table = Image.new("RGB", (int(small.width * 1.15), int(small.height * 1.12)), WOOD)
    place = ((table.width - sheet.width) // 2 + draw.randint(-9, 9), (table.height - sheet.height) // 2)
    table.paste(sheet, place, sheet)
    light = Image.linear_gradient("L").resize(table.size).point(lambda value: 255 - value * shade // 255)
    seen = ImageChops.multiply(table, Image.merge("RGB", (light, light, light)))
    return Image.open(BytesIO(jpeg(seen, quality=quality))).convert("RGB")


def again(page: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """The same page, handed in once more in the ways families do."""
    yield "compressed", Image.open(BytesIO(jpeg(page, quality=40))).convert("RGB")
    yield "smaller", page.resize((page.width // 3, page.height // 3))
    yield "brighter", page.point(lambda value: min(255, int(value * 1.15) + 5))
    for quarters, turn in enumerate(
        (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270), 1
    ):
        yield f"turned by {quarters} quarters", page.transpose(turn)
    yield "on a table", pictured(page, turned=1.5)
    yield "askew on a table", pictured(page, turned=-3.0, scale=0.7, quality=50, shade=90)
    yield "sideways on a table", pictured(page, turned=2.0, scale=0.7).transpose(Image.Transpose.ROTATE_90)


def pages(folder: Path) -> dict[str, Image.Image]:
    """Pages of different papers, some of them made on one form."""
    authority, registry = create_authority(folder), create_registry(folder)

    def bill(name: str, street: str, days_old: int) -> Image.Image:
        facts = {"street": street, "postcode": "75013", "town": "PARIS"}
        issued = DAY - timedelta(days=days_old)
        return drawn(residence_bill(authority, holder_name=name, issued_on=issued, **facts))

    def birth(first_name: str, born_on: date) -> Image.Image:
        child = Child("OUVRARD", first_name, born_on, "Paris 13e")
        parents = [Parent("KERJEAN", "Solène Marie")]
        return drawn(birth_certificate(registry, child=child, parents=parents, issued_on=DAY))

    return {
        "bill": bill("Camille MARTIN", "12 RUE DES PEUPLIERS", 20),
        "bill of another month": bill("Camille MARTIN", "12 RUE DES PEUPLIERS", 50),
        "bill of another home": bill("Noé DUPOND", "3 AVENUE DE LA PAIX", 20),
        "birth": birth("Maëlle", date(2018, 6, 5)),
        "birth of a sibling": birth("Gaspard", date(2015, 2, 11)),
    }
