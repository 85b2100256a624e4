"""The text layer of a PDF page: the words it would have a machine believe, as far as a person can see them too."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pypdfium2
from PIL import Image
from pypdfium2 import raw

from vault.ingest.words import Seen

MAX_LETTERS = 30_000
"""Letters read of one page; a page printed full has five thousand."""
MIN_HEIGHT = 3.0
"""Points; smaller print is there for machines only."""
_MIN_INK = 48
"""Grey levels between the darkest and the lightest pixel around a word that can be seen."""
_UNSEEN_MODES = frozenset({raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP})
_HYPHEN = 0xFFFE


@dataclass(frozen=True, slots=True)
class Layer:
    """What the layer of one page says.

    ``words`` are those a person can see, in pixels of the drawn page; ``unseen`` counts the letters of the others:
    invisible by their own mode, tiny, outside the page, of the colour of what they lie on, or covered.
    """

    words: tuple[Seen, ...]
    unseen: int

    @property
    def letters(self) -> int:
        """How many letters a person can see."""
        return sum(len(word.text) for word in self.words)


@dataclass(slots=True)
class _Letter:
    text: str
    box: tuple[float, float, float, float]
    visible: bool


def read(page: pypdfium2.PdfPage, drawn: Image.Image) -> Layer:
    """Return the layer of ``page``, whose drawing is ``drawn``."""
    text = page.get_textpage()
    try:
        words = list(_words(_letters(page, text, drawn.size)))
    finally:
        text.close()
    grey = np.asarray(drawn.convert("L"))
    seen, unseen = [], 0
    for word, visible in words:
        if visible and _inked(word, grey):
            seen.append(word)
        else:
            unseen += len(word.text)
    return Layer(tuple(seen), unseen)


def _letters(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, size: tuple[int, int]) -> Iterator[_Letter | None]:
    """Yield the letters of a page with their places in pixels, and nothing where a word ends."""
    place = _Places(page, size)
    least = MIN_HEIGHT * place.pixels_per_point
    modes: dict[int, bool] = {}
    for index in range(min(text.count_chars(), MAX_LETTERS)):
        code = raw.FPDFText_GetUnicode(text, index)
        letter = chr(code) if 0 < code < 0x110000 else " "
        if code == _HYPHEN:
            letter = "-"
        if letter.isspace() or not letter.isprintable():
            yield None
            continue
        box = place.of(text.get_charbox(index, loose=True))
        owner = raw.FPDFText_GetTextObject(text, index)
        address = ctypes.addressof(owner.contents) if owner else 0
        if address not in modes:
            modes[address] = not owner or raw.FPDFTextObj_GetTextRenderMode(owner) not in _UNSEEN_MODES
        visible = modes[address] and min(box[2] - box[0], box[3] - box[1]) > 0 and box[3] - box[1] >= least
        yield _Letter(letter, box, visible)


def _words(letters: Iterator[_Letter | None]) -> Iterator[tuple[Seen, bool]]:
    """Put letters together into words: until a space, a leap, or a change between what is seen and what is not."""
    word: list[_Letter] = []
    for letter in letters:
        if word and (letter is None or _leaps(word[-1], letter)):
            yield _joined(word)
            word = []
        if letter is not None:
            word.append(letter)
    if word:
        yield _joined(word)


def _leaps(one: _Letter, other: _Letter) -> bool:
    height = max(one.box[3] - one.box[1], other.box[3] - other.box[1])
    gap = other.box[0] - one.box[2]
    apart = abs(other.box[1] + other.box[3] - one.box[1] - one.box[3]) / 2
    return one.visible is not other.visible or gap > 0.35 * height or gap < -2 * height or apart > 0.6 * height


def _joined(word: list[_Letter]) -> tuple[Seen, bool]:
    lefts, tops, rights, bottoms = zip(*(letter.box for letter in word), strict=True)
    text = "".join(letter.text for letter in word)
    return Seen(text, min(lefts), min(tops), max(rights), max(bottoms)), word[0].visible


def _inked(word: Seen, grey: npt.NDArray[np.uint8]) -> bool:
    """Tell whether there is anything to see where ``word`` is said to stand."""
    left, top = max(int(word.left), 0), max(int(word.top), 0)
    around = grey[top : int(word.bottom) + 1, left : int(word.right) + 1]
    return around.size > 0 and int(around.max()) - int(around.min()) >= _MIN_INK


class _Places:
    """Takes places on a page, in points, to pixels of its drawing, whichever way the page is turned."""

    def __init__(self, page: pypdfium2.PdfPage, size: tuple[int, int]) -> None:
        self._page, self._size = page, size
        self._across, self._down = ctypes.c_int(), ctypes.c_int()
        width, height = page.get_size()
        self.pixels_per_point = (size[0] / max(width, 1) + size[1] / max(height, 1)) / 2

    def of(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom in pixels of a box given by left, bottom, right and top in points."""
        left, bottom, right, top = box
        (x0, y0), (x1, y1) = self._pixel(left, bottom), self._pixel(right, top)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def _pixel(self, x: float, y: float) -> tuple[float, float]:
        raw.FPDF_PageToDevice(self._page, 0, 0, *self._size, 0, x, y, self._across, self._down)
        return float(self._across.value), float(self._down.value)
