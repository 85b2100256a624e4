"""Mints a photograph of the sealed page of an income tax notice."""

import random
from collections.abc import Sequence
from datetime import date
from io import BytesIO

import pypdfium2
from PIL import ExifTags, Image, ImageChops

from connectors.sandbox.papers.authority import SealAuthority
from connectors.sandbox.papers.datamatrix import data_matrix
from connectors.sandbox.papers.sheet import sheet

TAX_NOTICE = "28"
_DPI = 200
_CODE_SIDE = 120.0
"""Points; some four pixels a module in the photograph."""
_TABLE = (2400, 3200)
_WOOD = 90


def tax_notice_photo(
    authority: SealAuthority,
    *,
    declarant: str,
    reference_income: int,
    parts: str,
    income_year: int,
    issued_on: date,
    second_declarant: str | None = None,
    address: str = "12 RUE DES TILLEULS 75012 PARIS",
    turned_by: float = 2.5,
) -> bytes:
    """Return a JPEG of 7.7 megapixels: the page lying turned, shaded and noisy on a table, with a position in its EXIF.

    ``declarant`` is « FAMILY First »; ``reference_income`` is in whole euros; ``parts`` is written as in « 2,5 ».
    """
    fields = {
        "43": parts,
        "44": f"{income_year % 100:02d}75{reference_income % 10**9:09d}",
        "45": f"{income_year:04d}",
        "46": declarant,
        "4A": f"{issued_on:%d%m%Y}",
        "41": str(reference_income),
        "4Y": address,
    }
    if second_declarant is not None:
        fields["48"] = second_declarant
    code = authority.seal(TAX_NOTICE, fields, issued_on=issued_on)
    declarants = ", ".join(filter(None, (declarant, second_declarant)))
    lines = [
        f"Déclarant(s) : {declarants}",
        f"Adresse : {address}",
        f"Revenu fiscal de référence : {reference_income} euros",
        f"Nombre de parts : {parts}",
        f"Date de mise en recouvrement : {issued_on:%d/%m/%Y}",
    ]
    title = f"Avis d'impôt {income_year + 1} sur les revenus de l'année {income_year}"
    return photograph(_page(title, lines, code), turned_by=turned_by, seed=reference_income)


def photograph(page: Image.Image, *, turned_by: float, seed: int) -> bytes:
    """Return ``page`` as a telephone would see it, as a JPEG; the same arguments give the same bytes."""
    table = Image.new("L", _TABLE, _WOOD)
    mask = Image.new("L", page.size, 255).rotate(turned_by, expand=True)
    turned = page.rotate(turned_by, resample=Image.Resampling.BICUBIC, expand=True)
    table.paste(turned, ((_TABLE[0] - turned.width) // 2, (_TABLE[1] - turned.height) // 2), mask)
    shade = Image.linear_gradient("L").rotate(90).resize(_TABLE).point(lambda value: 150 + value * 105 // 255)
    grain = Image.frombytes("L", (600, 800), random.Random(seed).randbytes(480_000))  # noqa: S311 - grain, not secrets
    noise = grain.resize(_TABLE).point(lambda value: value // 12)
    seen = ImageChops.add(ImageChops.multiply(table, shade), noise, offset=-10)
    out = BytesIO()
    seen.convert("RGB").save(out, "JPEG", quality=82, exif=_exif())
    return out.getvalue()


def _page(title: str, lines: Sequence[str], code: bytes) -> Image.Image:
    pdf = sheet(title, lines, code=data_matrix(code), code_side=_CODE_SIDE)
    with pypdfium2.PdfDocument(pdf) as document:
        page: Image.Image = document[0].render(scale=_DPI / 72, grayscale=True).to_pil()
        return page.convert("L")


def _exif() -> Image.Exif:
    """Return what a telephone adds unasked: its model and a position (that of a public square)."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Demo"
    exif[ExifTags.Base.Model] = "Telephone de demonstration"
    position = exif.get_ifd(ExifTags.IFD.GPSInfo)
    position[ExifTags.GPS.GPSLatitudeRef] = "N"
    position[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 23.0)
    position[ExifTags.GPS.GPSLongitudeRef] = "E"
    position[ExifTags.GPS.GPSLongitude] = (2.0, 21.0, 8.0)
    return exif
