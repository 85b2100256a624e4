"""Find the four edges of a sheet of paper that lies on something darker."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Mask = npt.NDArray[np.bool_]
Quad = npt.NDArray[np.float64]
"""Four corners in pixels: top left, top right, bottom right, bottom left."""

_SIDE = 240
"""Pixels of the longer side while looking; a page's edge needs no more."""
_MIN_SHARE, _MAX_SHARE = 0.2, 0.97
"""Of the picture: less is a detail of it, more has no edge to find."""
_MIN_FILLED = 0.94
"""How much of the four-sided figure the bright patch must fill, and it of the patch: a hand on the page fills less."""
_MIN_STEP, _MIN_STEP_SHARE = 8.0, 0.12
"""By how much, in grey levels and of the sheet's own, it is darker just outside an edge than just inside."""
_FALL = 0.2
"""Logarithm by which paper may differ from the light fitted to it; wood and cloth differ by more."""
_REACH, _SAMPLES, _MIN_STEPPING = 3.0, 40, 0.75
"""How far from an edge one looks, in how many places, and in how many of them it must step: a thumb covers some."""


def found(grey: Image.Image) -> Quad | None:
    """Return the corners of the one sheet on ``grey``, or nothing where no such figure is plain to see."""
    factor = max(grey.size) / _SIDE
    if factor < 1:
        return None
    small = grey.resize((round(grey.width / factor), round(grey.height / factor)), Image.Resampling.BOX)
    # Ink is thinner than the window: what remains is paper and table.
    levels = np.asarray(small.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MinFilter(5)), np.float64)
    for bright in (levels > _parting(levels), _evenly_bright(levels)):
        patch = _filled(_largest_patch(bright))
        quad = _corners(patch)
        if quad is not None and _stands_out(quad, levels):
            return quad * factor
    return None


def _parting(levels: npt.NDArray[np.float64]) -> float:
    """Return the level half way between the two clusters of ``levels`` (isodata, Ridler and Calvard 1978)."""
    level = float(levels.mean())
    for _ in range(20):
        dark, light = levels[levels <= level], levels[levels > level]
        if not dark.size or not light.size:
            break
        level = float(dark.mean() + light.mean()) / 2
    return level


def _evenly_bright(levels: npt.NDArray[np.float64]) -> Mask:
    """Tell what is bright for its place, under a light that falls off smoothly.

    The light is a paraboloid in the logarithm, fitted to what is above the last fit: the paper, after a few turns.
    """
    rows, columns = (axis.ravel() for axis in np.mgrid[-1 : 1 : levels.shape[0] * 1j, -1 : 1 : levels.shape[1] * 1j])
    shape = np.stack([np.ones_like(rows), rows, columns, rows * columns, rows**2, columns**2], axis=1)
    seen = np.log(levels.ravel() + 1.0)
    kept = np.ones_like(seen, dtype=np.bool_)
    over = seen - seen.mean()
    for _ in range(8):
        light = np.linalg.lstsq(shape[kept], seen[kept], rcond=None)[0]
        over = seen - shape @ light
        if (over > -_FALL).sum() < _MIN_SHARE * over.size:
            break
        kept = over > -_FALL
    return np.asarray(over > -_FALL).reshape(levels.shape)


def _largest_patch(bright: Mask) -> Mask:
    """Return the connected patch that holds the most of ``bright``, seeded where a coarse grid sees most of it."""
    left, best = bright.copy(), np.zeros_like(bright)
    for _ in range(4):
        if left.sum() <= best.sum():
            break
        seed = np.zeros_like(bright)
        seed[_thickest(left)] = True
        patch = _grown(seed, left)
        left &= ~patch
        if patch.sum() > best.sum():
            best = patch
    return best


def _thickest(bright: Mask) -> tuple[int, int]:
    """Return the point of ``bright`` whose neighbourhood is the brightest."""
    soft = Image.fromarray(bright.astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(12))
    weights = np.where(bright, np.asarray(soft, np.int32), -1)
    row, column = np.unravel_index(int(np.argmax(weights)), weights.shape)
    return int(row), int(column)


def _grown(seed: Mask, within: Mask) -> Mask:
    """Return all of ``within`` that hangs together with ``seed``."""
    patch, size = seed & within, 0
    while patch.sum() != size:
        size = int(patch.sum())
        for _ in range(4):
            wider = patch.copy()
            wider[1:] |= patch[:-1]
            wider[:-1] |= patch[1:]
            wider[:, 1:] |= patch[:, :-1]
            wider[:, :-1] |= patch[:, 1:]
            patch = wider & within
    return patch


def _filled(patch: Mask) -> Mask:
    """Return ``patch`` without holes: a photograph on an identity paper is part of the sheet."""
    around = np.pad(~patch, 1, constant_values=True)
    seed = np.zeros_like(around)
    seed[0, 0] = True
    return ~_grown(seed, around)[1:-1, 1:-1]


def _corners(patch: Mask) -> Quad | None:
    """Return the four corners of ``patch`` where it is four-sided, in order round from the top left."""
    rows, columns = np.nonzero(patch)
    if not _MIN_SHARE * patch.size < len(rows) < _MAX_SHARE * patch.size:
        return None
    points = np.stack([columns + 0.5, rows + 0.5], axis=1).astype(np.float64)
    best: Quad | None = None
    best_fill = _MIN_FILLED
    for angle in range(0, 90, 10):
        # The farthest points along two crossing directions; one pair of directions lies near the diagonals.
        turn = np.radians(angle)
        first, second = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        picks = [np.argmin(points @ first), np.argmin(points @ second), np.argmax(points @ first)]
        quad = points[[*picks, np.argmax(points @ second)]]
        fill = _overlap(quad, patch)
        if fill > best_fill:
            best, best_fill = quad, fill
    return None if best is None else _ordered(best)


def _overlap(quad: Quad, patch: Mask) -> float:
    """Return how well the figure and the patch cover each other: their common area over their joint one."""
    inside = _inside(quad, patch.shape)
    return float((inside & patch).sum() / max(int((inside | patch).sum()), 1))


def _inside(quad: Quad, shape: tuple[int, ...]) -> Mask:
    """Return the points within ``quad``."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    centre = quad.mean(axis=0)
    inside = np.ones(shape, dtype=np.bool_)
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        along = (end - start) / max(float(np.hypot(*(end - start))), 1e-9)
        normal = np.array([-along[1], along[0]])
        side = np.sign(float(normal @ (centre - start))) or 1.0
        inside &= side * ((columns - start[0]) * normal[0] + (rows - start[1]) * normal[1]) >= 0
    return inside


def _ordered(quad: Quad) -> Quad:
    """Return the corners clockwise as one sees them, from the one nearest to the picture's top left."""
    centre = quad.mean(axis=0)
    around = quad[np.argsort(np.arctan2(quad[:, 1] - centre[1], quad[:, 0] - centre[0]))]
    return np.roll(around, -int(np.argmin(around.sum(axis=1))), axis=0)


def _stands_out(quad: Quad, levels: npt.NDArray[np.float64]) -> bool:
    """Tell whether the picture steps from bright to dark across every edge; a light that fades has no such step."""
    centre = quad.mean(axis=0)
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        along = (end - start) / max(float(np.hypot(*(end - start))), 1e-9)
        normal = np.array([-along[1], along[0]])
        outwards = normal * -(np.sign(float(normal @ (centre - start))) or 1.0)
        places = start + np.linspace(0.08, 0.92, _SAMPLES)[:, None] * (end - start)
        inside, outside = (_at(levels, places + outwards * distance) for distance in (-_REACH, _REACH))
        if np.mean(inside - outside > np.maximum(_MIN_STEP, inside * _MIN_STEP_SHARE)) < _MIN_STEPPING:
            return False
    return True


def _at(levels: npt.NDArray[np.float64], places: Quad) -> npt.NDArray[np.float64]:
    """Return the levels at ``places``; beyond the picture it counts as dark, for a page may end with it."""
    columns, rows = places.astype(np.int64).T
    there = (columns >= 0) & (rows >= 0) & (columns < levels.shape[1]) & (rows < levels.shape[0])
    return np.where(there, levels[rows.clip(0, levels.shape[0] - 1), columns.clip(0, levels.shape[1] - 1)], 0.0)
