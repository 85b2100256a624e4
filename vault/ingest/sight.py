"""What can be read on one page by looking at it: words from pixels, or the reason why there are none."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean

from PIL import Image

from vault.ingest import moire
from vault.ingest.ocr import Engine
from vault.ingest.straightening import Projection, Straight, cluttered, straightened
from vault.ingest.words import Box, Seen, Word, in_lines

MIN_SIDE, MIN_PIXELS = 240, 200_000
"""Below this a page cannot be read; a stamp or a thumbnail is no paper."""
_UNSURE = 0.3
"""A word less sure than this is a stain."""
_LEGIBLE, _FEWEST_LETTERS = 0.6, 12
"""How sure letters are on average, and how many there are, on a page that counts as read."""
_STRIP, _UPRIGHT, _CERTAIN = 0.2, 0.7, 0.8
"""Share of a page's height by which up is told from down; how sure its words are the right way up, and all words are."""


class Legibility(StrEnum):
    """Whether a page was read; stored as a finding's reason, so never renamed."""

    READ = "read"
    NO_ENGINE = "no_engine"
    BLANK = "blank"
    TOO_SMALL = "too_small"
    ILLEGIBLE = "illegible"
    PHOTO_OF_SCREEN = "photo_of_screen"
    """A picture of a screen: it may show whatever its owner likes."""
    NOT_REACHED = "not_reached"
    """The time or the pages one document is given were used up before."""


class Budget:
    """Processor time that looking at one document may take, in seconds; a page begun is finished."""

    def __init__(self, seconds: float) -> None:
        self._end = time.process_time() + seconds

    @property
    def spent(self) -> bool:
        """Whether there is none left."""
        return time.process_time() >= self._end


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen on one picture.

    ``seen`` stands on the straightened page, ``straight``; ``quarters`` is how many quarter turns, clockwise, set the
    picture itself upright.
    """

    legibility: Legibility
    seen: tuple[Seen, ...] = field(default=(), repr=False)
    straight: Straight | None = field(default=None, repr=False)

    @property
    def quarters(self) -> int:
        """How many quarter turns, clockwise, set the picture upright; none where nothing was read."""
        return self.straight.quarters if self.straight is not None and self.seen else 0

    @property
    def projection(self) -> Projection | None:
        """Where the straightened page lies on the picture."""
        return None if self.straight is None else self.straight.projection

    def words(self, page: int) -> list[Word]:
        """Return the words in reading order, placed on the straightened page."""
        return [] if self.straight is None else in_lines(self.seen, page, self.straight.page.size)

    def in_view(self, box: Box, size: tuple[int, int]) -> Box:
        """Return the place, on the upright picture, of a place on the straightened page; ``size`` is the picture's."""
        if self.straight is None:
            return box
        width, height = self.straight.page.size
        sides = (box.left * width, box.top * height, box.right * width, box.bottom * height)
        points = [(x / size[0], y / size[1]) for x, y in self.straight.projection.corners(*sides)]
        for _ in range(self.quarters):
            points = [(1 - y, x) for x, y in points]
        across, down = ([min(max(place, 0.0), 1.0) for place in axis] for axis in zip(*points, strict=True))
        return Box(min(across), min(down), max(across), max(down))


def look(picture: Image.Image, engine: Engine | None, budget: Budget, *, on_a_table: bool) -> Sight:
    """Return what can be read on ``picture``; ``on_a_table`` says that it is a photograph and not the page itself."""
    if engine is None:
        return Sight(Legibility.NO_ENGINE)
    if min(picture.size) < MIN_SIDE or picture.width * picture.height < MIN_PIXELS:
        return Sight(Legibility.TOO_SMALL)
    if budget.spent:
        return Sight(Legibility.NOT_REACHED)
    grey = picture if picture.mode == "L" else picture.convert("L")
    straight = straightened(grey, on_a_table=on_a_table)
    return Sight(Legibility.BLANK) if straight is None else _read(straight, engine, grey if on_a_table else None)


def _read(straight: Straight, engine: Engine, photo: Image.Image | None) -> Sight:
    if cluttered(straight.page):
        return Sight(Legibility.ILLEGIBLE)
    upright, seen = _right_way_up(straight, engine)
    if not _legible(seen):
        return Sight(Legibility.ILLEGIBLE)
    screen = photo is not None and moire.shows(photo)
    return Sight(Legibility.PHOTO_OF_SCREEN if screen else Legibility.READ, seen, upright)


def _right_way_up(straight: Straight, engine: Engine) -> tuple[Straight, tuple[Seen, ...]]:
    """Return the page the way up on which it can be read, with its words."""
    turned = straight.on_its_feet()
    for way in (straight, turned):
        if _legible(engine.words(_strip(way.page)), sure=_UPRIGHT):
            return way, _words(way, engine)
    # The band with the most ink may be a code or a stamp, which says nothing either way up; and a page that stands on
    # its head has words too.
    seen = _words(straight, engine)
    if _sureness(seen) >= _CERTAIN:
        return straight, seen
    again = _words(turned, engine)
    return (turned, again) if _sureness(again) > _sureness(seen) else (straight, seen)


def _words(straight: Straight, engine: Engine) -> tuple[Seen, ...]:
    return tuple(word for word in engine.words(straight.page) if word.confidence >= _UNSURE)


def _strip(page: Image.Image) -> Image.Image:
    """Return the band of ``page`` that has the most ink."""
    profile = page.resize((1, 64), Image.Resampling.BOX)
    rows = [255 - level for level in profile.tobytes()]
    size = max(1, round(len(rows) * _STRIP))
    start = max(range(len(rows) - size + 1), key=lambda first: sum(rows[first : first + size]))
    return page.crop((0, page.height * start // 64, page.width, page.height * (start + size) // 64))


def _legible(seen: Sequence[Seen], *, sure: float = _LEGIBLE) -> bool:
    return sum(map(_letters, seen)) >= _FEWEST_LETTERS and _sureness(seen) >= sure


def _sureness(seen: Sequence[Seen]) -> float:
    """Return how sure the letters of these words are on average; 0 of none."""
    sure = [word.confidence for word in seen for _ in range(_letters(word))]
    return fmean(sure) if sure else 0.0


def _letters(word: Seen) -> int:
    return sum(letter.isalnum() for letter in word.text)
