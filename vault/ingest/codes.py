"""Find the 2D-Doc codes of a page or a photograph, and make one verdict of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import zxingcpp
from PIL import Image, ImageOps

from contracts.documents import Outcome
from vault.seals import doc2d
from vault.seals.trust import TrustStore
from vault.seals.verdict import NO_SEAL, SealReason, SealVerdict

_DATA_MATRIX = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
MAX_CODES = 8
"""Codes judged per document; no paper we know carries more than two."""


@dataclass(frozen=True, slots=True)
class Code:
    """A 2D-Doc and where it lies: four corners in pixels of the image it was found on."""

    content: bytes = field(repr=False)
    corners: tuple[tuple[int, int], ...]


def find(image: Image.Image) -> list[Code]:
    """Return the 2D-Doc codes on ``image``.

    A second look, with the contrast stretched, is taken only where the first finds nothing.
    """
    grey = image if image.mode == "L" else image.convert("L")
    return _scan(grey) or _scan(ImageOps.autocontrast(grey, cutoff=2))


def judge(codes: Iterable[Code], trust: TrustStore, *, on: date) -> SealVerdict:
    """Return one verdict for all ``codes`` of a document: a failed seal outweighs a good one.

    Two good seals that say different things are inconclusive: a person has to look.
    """
    distinct = sorted({code.content for code in codes})[:MAX_CODES]
    verdicts = [doc2d.verify(code, trust, on=on) for code in distinct]
    failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAILED]
    passed = [verdict for verdict in verdicts if verdict.outcome is Outcome.PASSED]
    if failed:
        return failed[0]
    if len(passed) > 1:
        return SealVerdict(Outcome.INCONCLUSIVE, SealReason.SEVERAL_SEALS)
    return next(iter(passed or verdicts), NO_SEAL)


def _scan(grey: Image.Image) -> list[Code]:
    found = zxingcpp.read_barcodes(grey, formats=_DATA_MATRIX)
    return [Code(each.bytes, _corners(each.position)) for each in found if doc2d.looks_like(each.bytes)]


def _corners(position: zxingcpp.Position) -> tuple[tuple[int, int], ...]:
    around = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((point.x, point.y) for point in around)
