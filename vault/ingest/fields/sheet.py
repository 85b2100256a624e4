"""The words of a paper as rows and columns: where a label stands, and what stands beside, below or after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from vault.ingest.folding import plain
from vault.ingest.words import Box, Word

COLUMN_GAP = 3.2
"""Width of a gap, in letters of the page, from which on two words stand in two columns."""
GLANCE = 70.0
"""How alike a label and the best stretch of a line must be for a closer look; what :func:`alike` takes is at 80."""
SHORT_LABEL = 4
"""Letters below which a label must begin its line: « le » and « du » stand everywhere else too."""
ROWS_BELOW = 2
"""How many rows under a label its value may begin."""
ROW_OVERLAP = 0.5
"""Share of the smaller height by which two pieces of text overlap that stand on one row."""
ROW_REACH = 3.0
"""Distance, in heights of the label, beyond which what stands below is no longer its value."""


@dataclass(frozen=True, slots=True)
class Token:
    """Letters and digits of a word, in capitals without accents; ``at`` is the word's index in its segment."""

    text: str
    at: int


@dataclass(frozen=True)
class Segment:
    """Words that stand together on one row of one column."""

    words: tuple[Word, ...] = field(repr=False)
    row: int

    @property
    def page(self) -> int:
        """The page it stands on, from 0."""
        return self.words[0].page

    @cached_property
    def box(self) -> Box:
        """The rectangle around its words."""
        return around(self.words)

    @cached_property
    def text(self) -> str:
        """Its words as printed."""
        return printed(self.words)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Its words for comparing."""
        return tuple(Token(each, at) for at, word in enumerate(self.words) for each in plain(word.text).split())

    @cached_property
    def squeezed(self) -> str:
        """Its words for a first look: one run of letters and digits."""
        return "".join(token.text for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Label:
    """Where a label was found: the words of ``segment`` from ``start`` up to ``end``."""

    segment: Segment
    start: int
    end: int

    @property
    def box(self) -> Box:
        """The rectangle around the label."""
        return around(self.segment.words[self.start : self.end])


class Sheet:
    """A paper's words, put in rows by where they stand, whatever the engine called a line."""

    def __init__(self, words: Sequence[Word]) -> None:
        """Take the words in the order of their reading."""
        shown = [word for word in words if word.text.strip()]
        letters = [(word.box.right - word.box.left) / len(word.text) for word in shown]
        self._gap = COLUMN_GAP * median(letters) if letters else 0.0
        self.segments: list[Segment] = []
        for page in sorted({word.page for word in shown}):
            self._add_page([word for word in shown if word.page == page])

    def _add_page(self, words: Sequence[Word]) -> None:
        lines: dict[int, list[Word]] = {}
        for word in words:
            lines.setdefault(word.line, []).append(word)
        pieces = [piece for line in lines.values() for piece in self._columns(line)]
        pieces.sort(key=lambda piece: (_middle(piece[0]), piece[0].box.left))
        rows: list[list[list[Word]]] = []
        for piece in pieces:
            row = next((row for row in rows[-3:] if any(_beside(piece, other) for other in row)), None)
            if row is None:
                rows.append([piece])
            else:
                row.append(piece)
        for row in rows:
            number = self.segments[-1].row + 1 if self.segments else 0
            for together in self._columns([word for piece in row for word in piece]):
                self.segments.append(Segment(tuple(together), number))

    def _columns(self, line: Sequence[Word]) -> Iterator[list[Word]]:
        piece: list[Word] = []
        for word in sorted(line, key=lambda word: word.box.left):
            if piece and word.box.left - piece[-1].box.right > self._gap:
                yield piece
                piece = []
            piece.append(word)
        if piece:
            yield piece

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word, row by row."""
        return tuple(word for segment in self.segments for word in segment.words)

    @cached_property
    def _running(self) -> tuple[Segment, ...]:
        """Each page as one line."""
        pages = sorted({segment.page for segment in self.segments})
        return tuple(Segment(tuple(w for w in self.words if w.page == page), -1) for page in pages)

    def labels(self, *texts: str) -> Iterator[Label]:
        """Return where one of ``texts`` stands, best text first; an ending « : » demands the colon or a line's end.

        A very short text is a label only where it begins a line.
        """
        for text in texts:
            wanted = plain(text).replace(" ", "")
            for segment in self.segments:
                for label in _labels_in(segment, wanted, strict=text.endswith(":")):
                    if label.start == 0 or len(wanted) >= SHORT_LABEL:
                        yield label

    def beside(self, label: Label) -> Iterator[tuple[Word, ...]]:
        """Return what may be the value of ``label``: the rest of its line, what stands right of it, what stands below."""
        segment = label.segment
        rest = _begun(segment.words[label.end :])
        if rest:
            yield rest
        for other in self.segments:
            if other.page == segment.page and other.row == segment.row and other.box.left > segment.box.right:
                yield other.words
                break
        yield from self.below(label)

    def below(self, label: Label) -> Iterator[tuple[Word, ...]]:
        """Return the lines under ``label`` that begin under it or cover it, nearest first."""
        box, rows = label.box, 0
        reach = box.bottom + ROW_REACH * (box.bottom - box.top)
        for other in self.segments:
            if other.page != label.segment.page or other.row <= label.segment.row or other.box.top > reach:
                continue
            if other.box.left < box.right and other.box.right > box.left and rows < ROWS_BELOW:
                rows += 1
                yield other.words

    def after(self, *texts: str, words: int) -> Iterator[tuple[Word, ...]]:
        """Return the ``words`` words of running text that follow one of ``texts``, best text first.

        Sentences go on over the end of a line, in the label as in the value; columns are not told apart.
        """
        for text in texts:
            wanted = plain(text).replace(" ", "")
            for page in self._running:
                for label in _labels_in(page, wanted, strict=text.endswith(":")):
                    yield _begun(page.words[label.end : label.end + words])

    def block(self, heading: Label, others: Sequence[Label]) -> "Sheet":
        """Return what stands under ``heading``, down to and left of the next of ``others``."""
        box, page = heading.box, heading.segment.page
        rivals = [other for other in others if other.segment.page == page and other.segment is not heading.segment]
        right = min(
            (o.box.left for o in rivals if o.segment.row == heading.segment.row and o.box.left > box.left), default=2.0
        )
        left = 0.0 if not any(o.segment.row == heading.segment.row for o in rivals) else box.left - self._gap
        # Headings of one row part the columns; those further down end the block.
        below = [o for o in rivals if o.segment.row > heading.segment.row and left <= o.box.left < right]
        bottom = min((o.box.top for o in below), default=2.0)
        inside = (
            word
            for word in self.words
            if word.page == page and left <= word.box.left < right and box.top - 0.005 <= word.box.top < bottom - 0.002
        )
        return Sheet(tuple(inside))

    def above(self, segment: Segment) -> Iterator[Segment]:
        """Return the lines over ``segment`` that begin where it begins, nearest first, as long as they touch."""
        current = segment
        for other in reversed(self.segments[: self.segments.index(segment)]):
            if other.page != segment.page or other.row >= current.row:
                continue
            height = current.box.bottom - current.box.top
            if current.box.top - other.box.bottom > 1.6 * height:
                return
            if abs(other.box.left - segment.box.left) <= self._gap:
                current = other
                yield other


def around(words: Sequence[Word]) -> Box:
    """Return the rectangle around ``words``."""
    boxes = [word.box for word in words]
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def printed(words: Sequence[Word]) -> str:
    """Return ``words`` as printed, one space between them."""
    return " ".join(word.text for word in words)


def alike(one: str, other: str) -> bool:
    """Tell whether two runs of letters may be one, read with the mistakes of OCR.

    One mistake in five to eleven letters, more in longer ones, none in shorter ones and none in a figure of ``one``; no
    more than one letter may be lost or gained.
    """
    allowed = slips(len(one))
    figures = _figures(one)
    if abs(len(one) - len(other)) > min(allowed, 1) or (figures and figures != _figures(other)):
        return False
    return Levenshtein.distance(one, other, score_cutoff=allowed) <= allowed


def slips(letters: int) -> int:
    """Return how many wrong letters are forgiven in a label of so many."""
    return 0 if letters < 5 else min(3, 1 + (letters - 5) // 7)


def _labels_in(segment: Segment, wanted: str, *, strict: bool) -> Iterator[Label]:
    if not _may_hold(segment, wanted):
        return
    tokens = segment.tokens
    start = 0
    while start < len(tokens):
        end = _label_end(tokens, start, wanted)
        if end is not None:
            label = Label(segment, tokens[start].at, tokens[end - 1].at + 1)
            if not strict or _closed(label):
                yield label
                start = end - 1
        start += 1


def _may_hold(segment: Segment, wanted: str) -> bool:
    """Tell at a glance whether a label can stand in ``segment``: most labels stand in none, and pages may be long."""
    if not slips(len(wanted)):
        return wanted in segment.squeezed
    return fuzz.partial_ratio(wanted, segment.squeezed, score_cutoff=GLANCE) > 0


def _label_end(tokens: Sequence[Token], start: int, wanted: str) -> int | None:
    """Return the token after the label that begins at ``start``, where one does: the best of those alike."""
    joined, best, best_distance = "", None, slips(len(wanted)) + 1
    for end in range(start, len(tokens)):
        joined += tokens[end].text
        if len(joined) > len(wanted) + slips(len(wanted)):
            break
        if alike(wanted, joined):
            distance = Levenshtein.distance(wanted, joined)
            if distance < best_distance:
                best, best_distance = end + 1, distance
    return best


def _figures(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _begun(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return ``words`` from the first that has a letter or a digit on."""
    start = next((at for at, word in enumerate(words) if plain(word.text)), len(words))
    return tuple(words[start:])


def _closed(label: Label) -> bool:
    words = label.segment.words
    last = words[label.end - 1].text
    following = words[label.end].text if label.end < len(words) else ":"
    return last.endswith((":", ".")) or following.startswith((":", ".", ";", "-", "–"))


def _middle(word: Word) -> float:
    return (word.box.top + word.box.bottom) / 2


def _beside(piece: Sequence[Word], other: Sequence[Word]) -> bool:
    """Tell whether two pieces stand on one row: they overlap in height, and not in width."""
    left, right = sorted((piece, other), key=lambda words: words[0].box.left)
    one, two = left[-1].box, right[0].box
    if two.left < one.right:
        return False
    shared = min(one.bottom, two.bottom) - max(one.top, two.top)
    return shared > ROW_OVERLAP * min(one.bottom - one.top, two.bottom - two.top)
