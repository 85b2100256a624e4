"""The three forms a paper comes in: the file itself, a scan of it, a photograph of it with a telephone."""

import random
from enum import StrEnum
from io import BytesIO

import pypdfium2
from PIL import Image, ImageChops, ImageFilter

SCAN_DPI = 200
_PHOTO = (2550, 3300)
"""Pixels of a photograph: 8.4 million."""


class Form(StrEnum):
    """How a paper comes in."""

    DIGITAL = "digital"
    SCAN = "scan"
    PHOTO = "photo"


def pages_of(pdf: bytes, *, dpi: int = SCAN_DPI) -> list[Image.Image]:
    """Return the pages as grey pixels."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L") for page in document]


def scan(pdf: bytes, *, seed: int) -> bytes:
    """Return a PDF of pictures only: fed in a little askew, with noise and a grey cast, as office scanners give."""
    rng = random.Random(seed)
    sheets = []
    for page in pages_of(pdf):
        skewed = page.rotate(rng.uniform(-1.6, 1.6), resample=Image.Resampling.BICUBIC, fillcolor=255)
        dark, light = rng.randrange(18), rng.randrange(240, 256)
        cast = skewed.point([dark + value * (light - dark) // 255 for value in range(256)])
        sheets.append(_noisy(cast, rng, strength=14))
    out = BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:], resolution=SCAN_DPI, quality=70)
    return out.getvalue()


def photo(pdf: bytes, *, seed: int, turned: int = 0, blur: float | None = None) -> bytes:
    """Return a JPEG as a telephone takes it: a page on a table, seen at an angle, shaded, a little blurred and noisy."""
    rng = random.Random(seed)
    page = pages_of(pdf, dpi=240)[0]
    width, height = _PHOTO
    corners = _corners(rng, width, height)
    flat = page.transform(
        _PHOTO,
        Image.Transform.PERSPECTIVE,
        _coefficients(corners, page.size),
        Image.Resampling.BICUBIC,
        fillcolor=rng.randrange(60, 110),
    )
    shade = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(_PHOTO)
    dark = rng.randrange(130, 185)
    seen = ImageChops.multiply(flat, shade.point(lambda value: dark + value * (255 - dark) // 255))
    seen = seen.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.1) if blur is None else blur))
    seen = _noisy(seen, rng, strength=16)
    if turned:
        seen = seen.rotate(turned, expand=True)
    out = BytesIO()
    seen.convert("RGB").save(out, "JPEG", quality=rng.randrange(62, 85))
    return out.getvalue()


def in_form(form: Form, pdf: bytes, *, seed: int) -> bytes:
    """Return the paper in the form that is asked for."""
    if form is Form.SCAN:
        return scan(pdf, seed=seed)
    return photo(pdf, seed=seed) if form is Form.PHOTO else pdf


def _noisy(image: Image.Image, rng: random.Random, *, strength: int) -> Image.Image:
    small = (image.width // 2, image.height // 2)
    grain = Image.frombytes("L", small, rng.randbytes(small[0] * small[1])).resize(image.size, Image.Resampling.NEAREST)
    return ImageChops.add(image, grain.point(lambda value: value * strength // 255), offset=-strength // 2)


def _corners(rng: random.Random, width: int, height: int) -> list[tuple[float, float]]:
    """Return where the corners of the page lie on the photograph: top left, top right, bottom right, bottom left."""

    def off(share: float) -> float:
        return rng.uniform(0.02, share)

    return [
        (off(0.07) * width, off(0.06) * height), ((1 - off(0.07)) * width, off(0.06) * height),
        ((1 - off(0.05)) * width, (1 - off(0.05)) * height), (off(0.05) * width, (1 - off(0.05)) * height),
    ]  # fmt: skip


def _coefficients(corners: list[tuple[float, float]], size: tuple[int, int]) -> list[float]:
    """Return the eight numbers of the perspective that takes ``corners`` to those of a page of ``size``."""
    page = [(0, 0), (size[0], 0), (size[0], size[1]), (0, size[1])]
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(corners, page, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for pivot in range(8):
        best = max(range(pivot, 8), key=lambda row: abs(rows[row][pivot]))
        rows[pivot], rows[best] = rows[best], rows[pivot]
        rows[pivot] = [value / rows[pivot][pivot] for value in rows[pivot]]
        for row in range(8):
            if row != pivot:
                factor = rows[row][pivot]
                rows[row] = [value - factor * of for value, of in zip(rows[row], rows[pivot], strict=True)]
    return [row[8] for row in rows]
