"""Tell a photograph of a screen by the patterns that its dots and the camera's make together."""

import numpy as np
import numpy.typing as npt
from PIL import Image

_TILE = 512
_TILES_NEEDED, _TILES = 3, 4
_NEAR, _FAR = 0.08, 0.47
"""Cycles a pixel between which dots of a screen show: text and shade lie below."""
_AXIS = 2
"""Bins beside the axes that are left out: strokes, ruled lines and JPEG's blocks lie there."""
_PEAK = 32.0
"""How far a peak stands out of its ring, in medians of the ring: papers come to 27, screens to 35 and 300 (ADR 0023)."""


def shows(grey: Image.Image) -> bool:
    """Tell whether fine regular dots lie over most of ``grey``, as on a photograph of a screen."""
    tiles = _tiles(grey)
    return len(tiles) == _TILES and sum(_peak(tile) > _PEAK for tile in tiles) >= _TILES_NEEDED


def _tiles(grey: Image.Image) -> list[npt.NDArray[np.float64]]:
    width, height = grey.size
    if min(width, height) < 3 * _TILE:
        return []
    centres = [(round(width * x), round(height * y)) for x in (0.35, 0.65) for y in (0.35, 0.65)]
    half = _TILE // 2
    return [np.asarray(grey.crop((x - half, y - half, x + half, y + half)), np.float64) for x, y in centres]


def _peak(tile: npt.NDArray[np.float64]) -> float:
    """Return how far the highest lone peak of the tile's spectrum stands out."""
    window = np.hanning(_TILE)
    magnitude = np.abs(np.fft.fft2((tile - tile.mean()) * np.outer(window, window)))
    along = np.abs(np.fft.fftfreq(_TILE))
    radius = np.hypot(along[:, None], along[None, :])
    bins = np.arange(_TILE)
    far_from_axis = np.minimum(bins, _TILE - bins) > _AXIS
    ring = (radius > _NEAR) & (radius < _FAR) & far_from_axis[:, None] & far_from_axis[None, :]
    return float((magnitude[ring] / _around(radius, magnitude, ring)).max())


def _around(
    radius: npt.NDArray[np.float64], magnitude: npt.NDArray[np.float64], ring: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return the usual magnitude at each point's distance from the centre."""
    steps = (radius[ring] * 40).astype(np.int64)
    usual = np.ones(int(steps.max()) + 1)
    for step in np.unique(steps):
        usual[step] = max(float(np.median(magnitude[ring][steps == step])), 1e-9)
    return usual[steps]
