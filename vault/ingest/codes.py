"""Find the 2D-Doc codes of a page or a photograph, and make one verdict of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from contracts.documents import Outcome
from vault.seals import doc2d
from vault.seals.trust import TrustStore
from vault.seals.verdict import NO_SEAL, SealReason, SealVerdict

_DATA_MATRIX = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
MAX_CODES = 8
"""Codes judged per document; no paper we know carries more than two."""
MAX_PIXELS_LOOKED_AT = 40_000_000
"""Over all looks at one image; three looks at what a telephone takes."""
_Look = tuple[Image.Image, int]
"""An image to look at, and how many pixels of the original one of its pixels is wide."""
_TOO_MANY = SealVerdict(Outcome.INCONCLUSIVE, SealReason.TOO_MANY_SEALS)


@dataclass(frozen=True, slots=True)
class Code:
    """A 2D-Doc and where it lies: four corners in pixels of the image it was found on."""

    content: bytes = field(repr=False)
    corners: tuple[tuple[int, int], ...]


def find(image: Image.Image, *, patient: bool = True) -> list[Code]:
    """Return the 2D-Doc codes on ``image``.

    Further looks are taken only where those before found nothing, and none where ``patient`` is false: a page that was
    drawn, not photographed, shows its codes at once or has none. How many depends on the pixels, never on the clock,
    so that the same image always gives the same codes.
    """
    grey = image if image.mode == "L" else image.convert("L")
    left = MAX_PIXELS_LOOKED_AT
    for way in _WAYS if patient else _WAYS[:1]:
        seen, scale = way(grey)
        left -= seen.width * seen.height
        if codes := _scan(seen, scale):
            return codes
        if left <= 0:
            break
    return []


def _as_it_is(grey: Image.Image) -> _Look:
    return grey, 1


def _half_as_large(grey: Image.Image) -> _Look:
    """Take out grain, and the dots of a screen."""
    return grey.reduce(2), 2


def _softened(grey: Image.Image) -> _Look:
    """Take out grain where a module has few pixels."""
    return grey.filter(ImageFilter.GaussianBlur(1.2)), 1


def _softer(grey: Image.Image) -> _Look:
    """Take out coarse grain."""
    return grey.filter(ImageFilter.GaussianBlur(2)), 1


def _sharpened(grey: Image.Image) -> _Look:
    """Bring back what is out of focus."""
    return grey.filter(ImageFilter.UnsharpMask(2.5, 300, 0)), 1


def _stretched(grey: Image.Image) -> _Look:
    """Bring back what is pale."""
    return ImageOps.autocontrast(grey, cutoff=2), 1


_WAYS: tuple[Callable[[Image.Image], _Look], ...] = (
    _as_it_is,
    _half_as_large,
    _softened,
    _sharpened,
    _softer,
    _stretched,
)
"""Each finds codes that the others miss (``python -m tests.assets.sealed_photos``), the cheapest first."""


def judge(codes: Iterable[Code], trust: TrustStore, *, on: date) -> SealVerdict:
    """Return one verdict for all ``codes`` of a document."""
    return together(verdicts(codes, trust, on=on))


def verdicts(codes: Iterable[Code], trust: TrustStore, *, on: date) -> list[SealVerdict]:
    """Return one verdict for each distinct code, and a last one that says so where there are too many to judge."""
    distinct = sorted({code.content for code in codes})
    judged = [doc2d.verify(code, trust, on=on) for code in distinct[:MAX_CODES]]
    return [*judged, _TOO_MANY] if len(distinct) > MAX_CODES else judged


def together(verdicts: Iterable[SealVerdict]) -> SealVerdict:
    """Return one verdict for all seals of a document: a failed one outweighs a good one.

    Good seals that contradict each other are inconclusive, and so is a page with more codes than were judged: a person
    has to look. An unknown seal beside a good one takes nothing from it, and adds nothing.
    """
    seals = list(verdicts)
    failed = [verdict for verdict in seals if verdict.outcome is Outcome.FAILED]
    passed = [verdict for verdict in seals if verdict.outcome is Outcome.PASSED]
    if failed:
        return failed[0]
    if _TOO_MANY in seals:
        return _TOO_MANY
    if any(_contradict(passed[0], other) for other in passed[1:]):
        return SealVerdict(Outcome.INCONCLUSIVE, SealReason.SEVERAL_SEALS)
    return next(iter(passed or seals), NO_SEAL)


def _contradict(one: SealVerdict, other: SealVerdict) -> bool:
    """Tell whether two good seals say different things; a PDF signature has no values and agrees with any code."""
    if not one.document_type or not other.document_type:
        return False
    return (one.document_type, one.issued_on, one.fields) != (other.document_type, other.issued_on, other.fields)


def _scan(grey: Image.Image, scale: int) -> list[Code]:
    found = zxingcpp.read_barcodes(grey, formats=_DATA_MATRIX, try_invert=False)
    return [Code(each.bytes, _corners(each.position, scale)) for each in found if doc2d.looks_like(each.bytes)]


def _corners(position: zxingcpp.Position, scale: int) -> tuple[tuple[int, int], ...]:
    around = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((point.x * scale, point.y * scale) for point in around)
