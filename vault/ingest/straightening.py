"""Bring a photographed or scanned page before the reader: even light, upright, square, at a size that can be read.

Everything here is arithmetic on grey pixels. What it works out is kept as one projection, so that a place in the
straightened page can be shown on the picture it came from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from vault.ingest import outline

Matrix = npt.NDArray[np.float64]
Point = tuple[float, float]

READING_SIDE = 2340
"""Pixels of the longer side of a page as it is read: A4 at 200 dpi, where letters of eight points are still whole."""
UNBOUNDED_SIDE = 3000
"""The same where no edge of the page was found, so that the paper may fill two thirds of the picture only."""
MAX_SKEW = 15.0
"""Degrees; what is turned further is no slip of the hand, and lines are then looked for the other way."""
_LIGHT_REDUCTION, _LIGHT_WINDOW = 16, 9
_SKEW_SIDE, _SKEW_POINTS = 900, 30_000
_RIM = 0.04
"""Of the shorter side, left out when the direction of lines is looked for."""
_EDGE_MARGIN, _MOST_ENLARGED = 0.01, 1.5
_PAPER_GREY, _DARKEST_PAPER = 255, 0.2
_MOST_INK, _MOST_CHANGES = 0.22, 0.12
_LEAST_INK = 30
"""Pixels; a page with fewer dark ones carries a speck and no letter."""
_MIN_CONTRAST = 40.0
"""Grey levels between ink and paper, once the light is even; below it there is nothing to read."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Where points of a straightened page lie on the picture it was made from."""

    matrix: Matrix

    def point(self, x: float, y: float) -> Point:
        """Return the place of (``x``, ``y``) of the straightened page, in pixels of the picture."""
        across, down, scale = self.matrix @ (x, y, 1.0)
        return float(across / scale), float(down / scale)

    def corners(self, left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
        """Return the corners of a rectangle of the straightened page, in pixels of the picture."""
        return tuple(self.point(x, y) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)))

    def after(self, first: "Projection") -> "Projection":
        """Return the projection from a page made from the page that ``self`` describes."""
        return Projection(self.matrix @ first.matrix)

    def drawn(self, image: Image.Image, size: tuple[int, int]) -> Image.Image:
        """Return the straightened page of ``size``; what lies outside the picture is white."""
        coefficients = (self.matrix / self.matrix[2, 2]).flatten()[:8].tolist()
        return image.transform(
            size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR, fillcolor=_PAPER_GREY
        )


@dataclass(frozen=True, slots=True)
class Straight:
    """A page as it is read: grey, evenly lit, its lines level, though it may yet stand on its head.

    ``quarters`` is how many quarter turns, clockwise, would set the picture itself upright.
    """

    page: Image.Image = field(repr=False)
    projection: Projection
    quarters: int

    def on_its_feet(self) -> "Straight":
        """Return the page turned round by half a turn."""
        width, height = self.page.size
        half = Projection(np.array([[-1.0, 0.0, width], [0.0, -1.0, height], [0.0, 0.0, 1.0]]))
        turned = self.page.transpose(Image.Transpose.ROTATE_180)
        return Straight(turned, self.projection.after(half), (self.quarters + 2) % 4)


def straightened(picture: Image.Image, *, on_a_table: bool) -> Straight | None:
    """Return the page on ``picture``, or nothing where the picture shows no ink at all.

    ``on_a_table`` has the page's edges looked for; without it, as for a scan, the picture is the page.
    """
    grey = picture if picture.mode == "L" else picture.convert("L")
    edges = outline.found(grey) if on_a_table else None
    size, flat = _whole(grey.size, on_a_table=on_a_table) if edges is None else _framed(edges)
    factor = max(size) / _SKEW_SIDE
    glance = flat.after(_scaled(factor)).drawn(grey, (round(size[0] / factor), round(size[1] / factor)))
    ink = inked(evened(glance))
    if ink is None:
        return None
    sideways, skew = _lines_of(ink)
    size, turned = _levelled(size, sideways=sideways, skew=skew)
    projection = flat.after(turned)
    quarters = _quarters(projection, size)
    return Straight(evened(projection.drawn(grey, size)), projection, quarters)


def _whole(size: tuple[int, int], *, on_a_table: bool) -> tuple[tuple[int, int], Projection]:
    """Return the size to read a whole picture of ``size`` at, never larger than it is."""
    factor = max(1.0, max(size) / (UNBOUNDED_SIDE if on_a_table else READING_SIDE))
    return (round(size[0] / factor), round(size[1] / factor)), _scaled(factor)


def _framed(edges: outline.Quad) -> tuple[tuple[int, int], Projection]:
    """Return the size of the sheet between ``edges`` as it is read, and where it lies on the picture."""
    top, right, bottom, left = (float(np.hypot(*side)) for side in np.roll(edges, -1, axis=0) - edges)
    width, height = (top + bottom) / 2, (left + right) / 2
    scale = min(READING_SIDE / max(width, height), _MOST_ENLARGED)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    corners = [(0, 0), (size[0], 0), size, (0, size[1])]
    flat = Projection(_between(corners, [(float(x), float(y)) for x, y in edges]))
    # A little of the table: an edge found a few pixels inside must cost no letter.
    margin = round(max(size) * _EDGE_MARGIN)
    wide = Projection(np.array([[1.0, 0.0, -margin], [0.0, 1.0, -margin], [0.0, 0.0, 1.0]]))
    return (size[0] + 2 * margin, size[1] + 2 * margin), flat.after(wide)


def _between(flat: Sequence[Point], seen: Sequence[Point]) -> Matrix:
    """Return the projection that takes four points to four others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(flat, seen, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))
    return np.append(solved, 1.0).reshape(3, 3)


def _scaled(factor: float) -> Projection:
    return Projection(np.diag([factor, factor, 1.0]))


def _levelled(size: tuple[int, int], *, sideways: bool, skew: float) -> tuple[tuple[int, int], Projection]:
    """Return the size of a page whose lines are level, and where it lies on one of ``size`` whose lines are not."""
    width, height = (size[1], size[0]) if sideways else size
    turn = np.radians(skew + (90.0 if sideways else 0.0))
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    rotation = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    to_centre = np.array([[1.0, 0.0, -width / 2], [0.0, 1.0, -height / 2], [0.0, 0.0, 1.0]])
    back = np.array([[1.0, 0.0, size[0] / 2], [0.0, 1.0, size[1] / 2], [0.0, 0.0, 1.0]])
    return (width, height), Projection(back @ rotation @ to_centre)


def _quarters(projection: Projection, size: tuple[int, int]) -> int:
    """Return how many quarter turns clockwise bring the picture nearest to the page."""
    (x0, y0), (x1, y1) = projection.point(0, size[1] / 2), projection.point(size[0], size[1] / 2)
    # A line of text that runs down the picture has been turned clockwise: three more quarters set it upright.
    return -round(float(np.degrees(np.arctan2(y1 - y0, x1 - x0))) / 90) % 4


def _lines_of(ink: Image.Image) -> tuple[bool, float]:
    """Return whether lines of ink run up and down, and by how many degrees they are off."""
    rim = round(min(ink.size) * _RIM)
    # The edge of the sheet is longer than any line on it, and says nothing of them.
    rows, columns = np.nonzero(np.asarray(ink)[rim:-rim, rim:-rim] == 0)
    if len(rows) < _LEAST_INK:
        return False, 0.0
    thinned = slice(None, None, max(1, len(rows) // _SKEW_POINTS))
    across, down = columns[thinned].astype(np.float64), rows[thinned].astype(np.float64)
    best = max(
        (_sharpness(across, down, angle, sideways=sideways), sideways, angle)
        for sideways in (False, True)
        for angle in np.arange(-MAX_SKEW, MAX_SKEW + 1, 1.0)
    )
    _, sideways, coarse = best
    fine = [(_sharpness(across, down, angle, sideways=sideways), angle) for angle in np.arange(-0.9, 1.0, 0.1) + coarse]
    return sideways, float(max(fine)[1])


def _sharpness(
    across: npt.NDArray[np.float64], down: npt.NDArray[np.float64], angle: float, *, sideways: bool
) -> float:
    """Return how sharply ink and gaps follow each other when the page is looked at along ``angle``."""
    turn = np.radians(angle)
    place = across * np.cos(turn) + down * np.sin(turn) if sideways else down * np.cos(turn) - across * np.sin(turn)
    profile = np.bincount((place - place.min()).astype(np.int64)).astype(np.float64)
    # Strokes of letters follow each other faster than lines do; what is smooth over three pixels has only lines left.
    smooth = np.convolve(profile, np.ones(3) / 3, "same")
    return float(((smooth[3:] - smooth[:-3]) ** 2).sum())


def evened(grey: Image.Image) -> Image.Image:
    """Return ``grey`` as if lit evenly: divided by its own background, the median of each neighbourhood."""
    small = grey.reduce(_LIGHT_REDUCTION) if min(grey.size) > 8 * _LIGHT_REDUCTION else grey
    light = small.filter(ImageFilter.MedianFilter(_LIGHT_WINDOW)).filter(ImageFilter.GaussianBlur(2))
    background = np.asarray(light.resize(grey.size, Image.Resampling.BILINEAR), np.uint16)
    even = np.minimum(np.asarray(grey, np.uint16) * np.uint16(250) // np.maximum(background, 1), 255)
    # What is dark all over is no paper; divided by itself it would be bright, and its grain would look like ink.
    even[background < _DARKEST_PAPER * np.quantile(background[::16, ::16], 0.95)] = _PAPER_GREY
    return Image.fromarray(even.astype(np.uint8))


def inked(even: Image.Image) -> Image.Image | None:
    """Return black ink on white paper (Otsu 1979), or nothing where the page is blank."""
    soft = even.filter(ImageFilter.GaussianBlur(0.7))
    histogram = np.asarray(soft.histogram(), np.float64)
    threshold, dark, light = _otsu(histogram)
    if light - dark < _MIN_CONTRAST or histogram[: threshold + 1].sum() < _LEAST_INK:
        return None
    return soft.point([0 if level <= threshold else 255 for level in range(256)])


def cluttered(even: Image.Image) -> bool:
    """Tell whether a page is so full of ink, or of changes between ink and paper, that it holds no text.

    Of made papers the fullest had 11 % ink and 4 % changes; noise has 30 % of either. An engine would spend seconds.
    """
    ink = inked(even)
    if ink is None:
        return False
    black = np.asarray(ink) < 128
    return bool(black.mean() > _MOST_INK or (black[:, 1:] != black[:, :-1]).mean() > _MOST_CHANGES)


def _otsu(histogram: npt.NDArray[np.float64]) -> tuple[int, float, float]:
    """Return the threshold that parts ``histogram`` best, and the mean level on either side."""
    levels = np.arange(256)
    below = np.cumsum(histogram)
    total, weighted = below[-1], np.cumsum(histogram * levels)
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        dark, light = weighted / below, (weighted[-1] - weighted) / above
        between = np.nan_to_num(below * above * (dark - light) ** 2)
    best = int(np.argmax(between))
    if not between[best]:
        return 0, 0.0, 0.0
    return best, float(np.nan_to_num(dark[best])), float(np.nan_to_num(light[best]))
