"""The words of a document, page by page: its text layer as far as looking at the page bears it out, or what is seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from contracts.documents import Outcome
from vault.ingest import masking, pdf, rebuild, sight
from vault.ingest.folding import plain
from vault.ingest.layer import Layer
from vault.ingest.masking import Masking
from vault.ingest.ocr import Engine
from vault.ingest.reading import Finding
from vault.ingest.sight import Budget, Legibility, Sight
from vault.ingest.words import Place, Seen, Word, in_lines

SECONDS = 5.0
"""Processor time for looking at one document; a page begun is finished."""
COMPARED_PAGES = 2
"""Pages whose layer is always compared with what is seen: what counts, and what is sealed, stands on the first."""
ENOUGH_LETTERS = 200
"""Letters of a layer below which a later page is looked at too: a scan may carry a stamp's worth of text."""
_COVERED = 0.5
"""Share of the letters seen that a layer has at least, if it is the layer of this page."""
_CONFIRMED = 0.4
"""Share of a layer's words that looking finds at least, if the page is one that looking can read."""
_SURE, _UNLIKE = 0.85, 0.4
"""How sure an engine is of a word that contradicts the layer, and how little alike the two are."""
_LETTERS_COMPARED, _PLENTY = 4, 30
"""Letters of a word that is compared, shorter ones being misread too often; and of a layer that says anything at all."""


class Bearing(StrEnum):
    """How a text layer and the page bear each other out; stored as a finding's reason, so never renamed."""

    SAME = "same"
    NO_LAYER = "no_layer"
    NOT_COMPARED = "not_compared"
    DIFFERS = "differs_from_page"
    """The layer says what the page does not show; the page is believed."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page read.

    ``picture`` is as it came, and what to paint over on it is in ``masking``; ``sight`` is what looking saw, where the
    ``words`` are from there.
    """

    picture: Image.Image = field(repr=False)
    words: tuple[Word, ...] = field(repr=False)
    legibility: Legibility
    bearing: Bearing
    masking: Masking
    sight: Sight | None = None

    def place(self, place: Place) -> Place:
        """Return ``place`` as it lies on the viewing copy."""
        if self.sight is None:
            return place
        return replace(place, box=self.sight.in_view(place.box, self.picture.size))

    def copied(self) -> Image.Image:
        """Return the picture for the viewing copy: numbers painted over, and upright."""
        masking.paint(self.picture, self.masking)
        turns = 0 if self.sight is None else self.sight.quarters
        return self.picture.transpose(_TURNS[turns]) if turns else self.picture


_TURNS = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}
"""By quarter turns clockwise; Pillow counts the other way round."""


def of_photo(photo: Image.Image, engine: Engine | None) -> Page:
    """Return the one page of a photograph."""
    seen = sight.look(photo, engine, Budget(SECONDS), on_a_table=True)
    return Page(photo, tuple(seen.words(0)), seen.legibility, Bearing.NO_LAYER, _searched(seen), seen)


def of_pdf(drawn: Sequence[pdf.Drawn], engine: Engine | None) -> list[Page]:
    """Return the pages of a PDF."""
    budget = Budget(SECONDS)
    return [_of_pdf(page, number, engine, budget) for number, page in enumerate(drawn)]


def _of_pdf(drawn: pdf.Drawn, number: int, engine: Engine | None, budget: Budget) -> Page:
    said = drawn.layer
    if said is None:
        return Page(drawn.image, (), Legibility.NOT_REACHED, Bearing.NOT_COMPARED, drawn.numbers)
    layered = tuple(in_lines(said.words, number, drawn.image.size))
    if number >= COMPARED_PAGES and said.letters >= ENOUGH_LETTERS:
        return Page(drawn.image, layered, Legibility.READ, Bearing.NOT_COMPARED, drawn.numbers)
    seen = sight.look(drawn.image, engine, budget, on_a_table=False)
    bearing = _bearing(said, seen)
    numbers = drawn.numbers | _searched(seen)
    if bearing in (Bearing.SAME, Bearing.NOT_COMPARED):
        return Page(drawn.image, layered, Legibility.READ, bearing, numbers)
    return Page(drawn.image, tuple(seen.words(number)), seen.legibility, bearing, numbers, seen)


def _searched(seen: Sight) -> Masking:
    """Return the numbers found by looking; a page that could not be read was not searched."""
    if seen.straight is None or not seen.seen:
        blank = seen.legibility is Legibility.BLANK
        return Masking(masking.Masked.NOTHING_FOUND if blank else masking.Masked.NO_TEXT)
    return masking.in_words(seen.words(0), seen.straight.page.size, seen.straight.projection)


def _bearing(said: Layer, seen: Sight) -> Bearing:
    """Return how a layer and the page bear each other out."""
    if not said.words:
        return Bearing.NO_LAYER
    if seen.legibility is not Legibility.READ:
        # Words that a layer spells out and no eye makes out are no words of this page.
        told = seen.legibility in (Legibility.ILLEGIBLE, Legibility.BLANK) and said.letters >= _PLENTY
        return Bearing.DIFFERS if told else Bearing.NOT_COMPARED
    if said.letters < _COVERED * sum(len(word.text) for word in seen.seen):
        return Bearing.DIFFERS
    shown = _Shown(seen)
    pairs = [(plain(word.text).replace(" ", ""), shown.at(word)) for word in said.words]
    pairs = [(text, there) for text, there in pairs if len(text) >= (2 if text.isdigit() else _LETTERS_COMPARED)]
    confirmed = sum(there is not None and not _contradicts(text, there) for text, there in pairs)
    unlike = any(there is not None and _contradicts(text, there) for text, there in pairs)
    return Bearing.DIFFERS if unlike or confirmed < _CONFIRMED * len(pairs) else Bearing.SAME


class _Shown:
    """What was seen, by its place on the picture."""

    def __init__(self, seen: Sight) -> None:
        projection = seen.projection
        self._seen = seen.seen if projection is not None else ()
        corners = [projection.corners(w.left, w.top, w.right, w.bottom) for w in self._seen] if projection else []
        around = np.array(corners, np.float64).reshape(-1, 4, 2)
        (self._left, self._top), (self._right, self._bottom) = around.min(axis=1).T, around.max(axis=1).T

    def at(self, word: Seen) -> Seen | None:
        """Return what stands where ``word`` is said to stand, as one word, as sure as its least sure part."""
        middle = (self._top + self._bottom) / 2
        common = np.minimum(self._right, word.right) - np.maximum(self._left, word.left)
        narrower = np.minimum(self._right - self._left, word.right - word.left)
        here = np.nonzero((middle > word.top) & (middle < word.bottom) & (common > narrower / 2))[0]
        if not here.size:
            return None
        parts = [self._seen[index] for index in sorted(here, key=lambda index: float(self._left[index]))]
        text = "".join(part.text for part in parts)
        return Seen(text, word.left, word.top, word.right, word.bottom, min(part.confidence for part in parts))


def _contradicts(said: str, seen: Seen) -> bool:
    """Tell whether what was surely seen is not what the layer says stands there."""
    shown = plain(seen.text).replace(" ", "")
    if seen.confidence < _SURE or said in shown:
        return False
    if said.isdigit() and shown.isdigit():
        return len(said) == len(shown)
    return Levenshtein.normalized_similarity(said, shown) < _UNLIKE


def findings(pages: Sequence[Page], engine: Engine | None, *, layered: bool) -> Iterable[Finding]:
    """Yield what reading the pages came to: whether they were read, whether their layer holds, what was masked."""
    yield _text_finding(pages, engine)
    if layered:
        bearings = {page.bearing for page in pages}
        worst = next(each for each in _WORST if each in bearings)
        outcome = Outcome.PASSED if worst in (Bearing.SAME, Bearing.NO_LAYER) else Outcome.INCONCLUSIVE
        yield Finding("text_layer", outcome, worst.value)
    yield masking.finding(page.masking for page in pages)
    yield masking.count(page.masking for page in pages)


_WORST = (Bearing.DIFFERS, Bearing.NOT_COMPARED, Bearing.SAME, Bearing.NO_LAYER)


def _text_finding(pages: Sequence[Page], engine: Engine | None) -> Finding:
    """Return whether the document was read; blank pages behind a read one are no loss."""
    version = "" if engine is None else engine.name
    reasons = [page.legibility for page in pages]
    told = [reason for reason in reasons if reason is not Legibility.BLANK] or reasons
    worst = next((reason for reason in told if reason is not Legibility.READ), Legibility.READ)
    return Finding("text", Outcome.PASSED if worst is Legibility.READ else Outcome.INCONCLUSIVE, worst.value, version)


def copy_of(pages: Sequence[Page], *, dpi: int) -> bytes:
    """Return the viewing copy of a PDF, all pages at ``dpi``; paints over what is to be painted."""
    pictures = [page.copied() for page in pages]
    if dpi != pdf.FINE_DPI:
        fine = pictures[: pdf.SEARCHED_PAGES]
        pictures[: pdf.SEARCHED_PAGES] = [_coarser(picture, dpi / pdf.FINE_DPI) for picture in fine]
    return rebuild.pdf_copy(pictures, dpi=dpi)


def _coarser(picture: Image.Image, share: float) -> Image.Image:
    size = max(1, round(picture.width * share)), max(1, round(picture.height * share))
    return picture.resize(size, Image.Resampling.BOX)
