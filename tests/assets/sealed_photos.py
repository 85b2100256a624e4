"""Photographs of a sealed page as telephones take them, each distortion by itself, each measure by measure.

``python -m tests.assets.sealed_photos`` prints how many codes are found and verified, a line a distortion.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from connectors.sandbox.papers import SealAuthority, create_authority
from connectors.sandbox.papers.datamatrix import data_matrix
from contracts.documents import Outcome
from vault.ingest import codes
from vault.seals.trust import TrustStore

PAGE = (1654, 2339)
"""An A4 page at 200 dots per inch."""
TABLE = 96
CODE_SIDE = 200
"""Pixels: a code of 25 mm, as tax notices carry."""
FIELDS = {"46": "MARTIN CAMILLE", "43": "2,5", "45": "2025", "41": "24000", "4A": "01072026", "44": "2575000024000"}
Photo = Callable[[Image.Image, float], Image.Image]


def page(code: bytes, *, side: int = CODE_SIDE) -> Image.Image:
    """Return a page of grey lines of text with ``code`` in its upper right."""
    sheet = Image.new("L", PAGE, 255)
    pen = ImageDraw.Draw(sheet)
    words = random.Random(7)
    for line in range(500, 2200, 34):
        left = 160
        while left < 1450:
            width = words.randint(20, 130)
            pen.rectangle((left, line, left + width, line + 13), fill=words.randint(20, 90))
            left += width + 14
    drawn = data_matrix(code, module=8).resize((side, side), Image.Resampling.BOX)
    sheet.paste(drawn, (1350 - side // 2, 220))
    return sheet


def turned(image: Image.Image, degrees: float) -> Image.Image:
    """Lie askew on a table."""
    mask = Image.new("L", image.size, 255).rotate(degrees, expand=True)
    upon = Image.new("L", mask.size, TABLE)
    upon.paste(image.rotate(degrees, resample=Image.Resampling.BICUBIC, expand=True), mask=mask)
    return upon


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Be out of focus; ``radius`` in pixels, where a module of the code has about four."""
    return image.filter(ImageFilter.GaussianBlur(radius))


def faded(image: Image.Image, share: float) -> Image.Image:
    """Keep only ``share`` of the contrast."""
    return ImageEnhance.Contrast(image).enhance(share)


def shaded(image: Image.Image, darkest: float) -> Image.Image:
    """Lie half in a shadow that leaves ``darkest`` of the light."""
    slope = Image.linear_gradient("L").rotate(90).resize(image.size)
    return ImageChops.multiply(image, slope.point(lambda value: int(255 * darkest + value * (1 - darkest))))


def leaning(image: Image.Image, share: float) -> Image.Image:
    """Be seen from below: the upper edge is shorter by ``share``."""
    width, height = image.size
    inset = share * width / 2
    corners = (-inset, 0, 0, height, width, height, width + inset, 0)
    return image.transform(image.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=TABLE)


def noisy(image: Image.Image, sigma: float) -> Image.Image:
    """Be taken in the evening."""
    grains = random.Random(int(sigma)).randbytes(image.width * image.height)
    spread = sigma * 12**0.5 / 255
    noise = Image.frombytes("L", image.size, grains).point(lambda value: int(128 + (value - 127.5) * spread))
    return ImageChops.add(image, noise, scale=1, offset=-128)


def packed(image: Image.Image, quality: float) -> Image.Image:
    """Be sent through a messenger that keeps little."""
    out = BytesIO()
    image.save(out, "JPEG", quality=int(quality))
    return Image.open(out).convert("L")


def shrunk(image: Image.Image, pixels: float) -> Image.Image:
    """Have so few pixels a module."""
    scale = pixels / (CODE_SIDE / 46)
    return image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.LANCZOS)


def of_a_screen(image: Image.Image, pitch: float) -> Image.Image:
    """Be a picture of a screen whose dots meet those of the camera."""
    grid = Image.new("L", image.size, 255)
    pen = ImageDraw.Draw(grid)
    for step in range(int(image.width / pitch)):
        pen.line((step * pitch, 0, step * pitch + 40, image.height), fill=185)
    return ImageChops.multiply(image, grid)


CASES: dict[str, tuple[Photo, tuple[float, ...]]] = {
    "turned, degrees": (turned, tuple(range(0, 360, 15))),
    "blurred, radius in pixels": (blurred, (0.5, 1, 1.5, 2, 2.5)),
    "faded, share of contrast left": (faded, (0.5, 0.3, 0.12, 0.05, 0.02)),
    "shaded, share of light left": (shaded, (0.7, 0.5, 0.35, 0.2)),
    "leaning, share of the edge": (leaning, (0.05, 0.1, 0.2, 0.3)),
    "noisy, sigma": (noisy, (8, 16, 24, 32, 40, 50)),
    "packed, JPEG quality": (packed, (60, 40, 25, 15)),
    "shrunk, pixels a module": (shrunk, (4, 3, 2.5, 2, 1.6)),
    "of a screen, pitch in pixels": (of_a_screen, (3.3, 5.7, 9)),
}


def outcomes(authority: SealAuthority, trust: TrustStore) -> Iterator[tuple[str, float, str, float]]:
    """Give distortion, measure, what the page came to and the milliseconds it took."""
    code = authority.seal("28", FIELDS, issued_on=date(2026, 7, 1))
    clean = page(code)
    for name, (photo, measures) in CASES.items():
        for measure in measures:
            taken = photo(clean, measure)
            began = time.perf_counter()
            verdict = codes.judge(codes.find(taken), trust, on=date(2026, 9, 1))
            spent = (time.perf_counter() - began) * 1000
            seen = verdict.outcome.value if verdict.outcome is not Outcome.INCONCLUSIVE else verdict.reason.value
            yield name, measure, seen, spent


def main() -> int:
    """Print the table; 1 when anything failed, for a code that is read must be read right."""
    with tempfile.TemporaryDirectory() as folder:
        authority = create_authority(Path(folder))
        trust = TrustStore.load(authority.trust, allow_test_authority=True)
        rows = list(outcomes(authority, trust))
    for name in CASES:
        own = [row for row in rows if row[0] == name]
        missed = ", ".join(f"{measure:g}" for _, measure, seen, _ in own if seen != "passed")
        passed = sum(seen == "passed" for _, _, seen, _ in own)
        slowest = max(spent for *_, spent in own)
        print(f"{name:<32} {passed:>3} of {len(own):<3} slowest {slowest:6.0f} ms  missed: {missed or 'none'}")
    wrong = [row for row in rows if row[2] not in ("passed", "no_seal")]
    print(f"read wrongly: {len(wrong)}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
