"""What a page looks like, in 256 signs: enough to notice the same page pictured again, too few to read a word of it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from vault.ingest import straightening

LOOKED_AT = 3
"""Pages, the first ones: a tenth of a second each, and papers that share them and their number are the same."""
NO_LOOK = b""
"""Of a page without ink: any two such look alike."""
_SIDE = 16
"""Of the square of lowest frequencies whose signs are kept."""
_SAMPLES = 64
_GLANCE = 900
"""Pixels of the longer side; finer detail has no part in a look."""
_RIM = 0.02
"""Of each side, left out: the table shows there where an edge was found a little outside the page."""
_WAVES = np.cos(np.pi * np.outer(np.arange(_SIDE), 2 * np.arange(_SAMPLES) + 1) / (2 * _SAMPLES))


def looks_of(pages: Sequence[Image.Image], *, on_a_table: bool) -> tuple[bytes, ...]:
    """Return the looks of the first :data:`LOOKED_AT` pages."""
    return tuple(look_of(page, on_a_table=on_a_table) for page in pages[:LOOKED_AT])


def look_of(picture: Image.Image, *, on_a_table: bool) -> bytes:
    """Return the look of a page: 32 bytes, or :data:`NO_LOOK` for a blank one.

    They are the signs of the page's two-dimensional cosine transform, lowest frequencies first, row by row, once it is
    brought before the reader as for reading it: its edges found where it lies ``on_a_table``, its light evened, its
    lines level. So the same page photographed, rescaled or compressed again keeps most of them, and a quarter turn only
    moves them about (:func:`vault.documents.likeness.differing`).
    """
    small = picture.convert("L")
    small.thumbnail((_GLANCE, _GLANCE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    straight = straightening.straightened(small, on_a_table=on_a_table)
    if straight is None:
        return NO_LOOK
    width, height = straight.page.size
    inner = (_RIM * width, _RIM * height, (1 - _RIM) * width, (1 - _RIM) * height)
    samples = np.asarray(straight.page.resize((_SAMPLES, _SAMPLES), Image.Resampling.BOX, inner), np.float64)
    return _signs(samples)


def _signs(samples: npt.NDArray[np.float64]) -> bytes:
    frequencies = _WAVES @ samples @ _WAVES.T
    # The mean brightness says nothing, and would always be positive.
    frequencies[0, 0] = -1.0
    return np.packbits(frequencies > 0, bitorder="little").tobytes()[::-1]
