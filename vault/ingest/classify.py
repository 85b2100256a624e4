"""Say what kind of paper it is from the words on it: weighted phrases, added up, with a margin over the second kind."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from contracts.documents import EvidenceType
from vault.ingest.clues import CLUES, Clue
from vault.ingest.fields.sheet import Sheet
from vault.ingest.folding import plain
from vault.ingest.words import Word

ENOUGH = 10.0
"""Points from which on more of them do not make a kind any surer."""
NEEDED = 5.0
"""Points below which nothing is said: one phrase that many papers carry is no kind of paper."""
MARGIN = 2.5
"""Lead over the second kind below which nothing is said."""
LIKENESS = 88.0
"""How alike a phrase and what OCR made of it must be, between 0 and 100 (indel distance over length)."""
LOOSE_FROM = 8
"""Letters from which on a phrase is looked for loosely; a shorter one stands as written, as whole words."""
NAMING, LISTED = 5.0, 3
"""Points of a phrase that is the name of a kind; a paper that names so many kinds is a list of them."""
_BULLETS = frozenset("-–—•*·▪□o>")
MAX_LETTERS = 20_000
"""Letters looked at: what a paper is, its first pages say."""
HEADING = 0.4
"""Share of the first page, from its top, where a paper gives its name."""
HEADING_SHARE = 0.5
"""Share of a heading that a phrase fills which does not begin it: « Objet : avis de situation »."""
HEADING_TALL = 1.25
"""How much taller than the usual line of the page a line outside the heading is that counts as one."""


@dataclass(frozen=True, slots=True)
class Classification:
    """A kind of paper, how sure that is (0 to 1), the kind that came second, and the phrases that decided.

    ``confidence`` is the points of the kind, ``ENOUGH`` counting as full, times its lead over the second.
    """

    evidence_type: EvidenceType
    confidence: float
    runner_up: EvidenceType
    because: tuple[str, ...] = ()
    """Phrases of our own table, never words of the paper."""


NOTHING = Classification(EvidenceType.UNKNOWN, 0.0, EvidenceType.UNKNOWN)


def classify(words: Sequence[Word]) -> Classification:
    """Return the kind of paper that ``words`` show; :attr:`EvidenceType.UNKNOWN` rather than a guess.

    Papers we do not take (a letter, an advertisement, a menu, a list of papers to bring) have phrases of their own,
    which speak for :attr:`EvidenceType.UNKNOWN`.
    """
    text = _Text(words)
    if not text.squeezed:
        return NOTHING
    points: dict[EvidenceType, float] = {}
    because: dict[EvidenceType, list[str]] = {}
    named: dict[EvidenceType, float] = {}
    for clue in CLUES:
        weight = text.weight_of(clue)
        if not weight:
            continue
        because.setdefault(clue.evidence_type, []).append(clue.phrase)
        if clue.heading and weight > 0:
            # A paper has one name, however many of ours are like it.
            weight, had = max(weight, named.get(clue.evidence_type, 0.0)), named.get(clue.evidence_type, 0.0)
            named[clue.evidence_type] = weight
            weight -= had
        points[clue.evidence_type] = points.get(clue.evidence_type, 0.0) + weight
    ranked = sorted(points, key=lambda kind: (-points[kind], kind))
    listed = sum(weight >= NAMING for kind, weight in named.items() if kind is not EvidenceType.UNKNOWN)
    if not ranked or listed >= LISTED:
        return NOTHING
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else EvidenceType.UNKNOWN
    lead = points[best] - (max(points[second], 0.0) if second in points and second is not best else 0.0)
    if points[best] < NEEDED or lead < MARGIN or best is EvidenceType.UNKNOWN:
        runner_up = second if best is EvidenceType.UNKNOWN else best
        return Classification(EvidenceType.UNKNOWN, 0.0, runner_up, tuple(because[best]))
    confidence = min(1.0, points[best] / ENOUGH) * min(1.0, lead / NEEDED)
    return Classification(best, round(confidence, 2), second, tuple(because[best]))


def contradicts(sealed: EvidenceType, said: Classification) -> bool:
    """Tell whether the words say with some confidence that the paper is of another kind than its seal says."""
    known = EvidenceType.UNKNOWN not in {sealed, said.evidence_type}
    return known and said.evidence_type is not sealed


class _Text:
    """The words of a paper as one run of letters, and the lines that may be its headings."""

    def __init__(self, words: Sequence[Word]) -> None:
        sheet = Sheet(words)
        self.spaced = f" {' '.join(filter(None, (plain(segment.text) for segment in sheet.segments)))} "[:MAX_LETTERS]
        self.squeezed = self.spaced.replace(" ", "")
        heights = sorted(segment.box.bottom - segment.box.top for segment in sheet.segments)
        tall = heights[len(heights) // 2] * HEADING_TALL if heights else 0.0
        self._headings = [
            plain(segment.text)
            for segment in sheet.segments
            if segment.page == 0
            and (segment.box.top < HEADING or segment.box.bottom - segment.box.top > tall)
            and segment.words[0].text not in _BULLETS
        ]

    def weight_of(self, clue: Clue) -> float:
        """Return what a phrase is worth here: nothing where it does not stand, less where OCR garbled it."""
        wanted = plain(clue.phrase)
        if len(wanted) < LOOSE_FROM:
            places = (f" {heading} " for heading in self._headings) if clue.heading else (self.spaced,)
            return clue.weight if any(f" {wanted} " in place for place in places) else 0.0
        wanted = wanted.replace(" ", "")
        if clue.heading:
            return clue.weight * max((_heads(wanted, line.replace(" ", "")) for line in self._headings), default=0.0)
        if len(self.squeezed) < len(wanted):
            return 0.0
        return clue.weight * fuzz.partial_ratio(wanted, self.squeezed, score_cutoff=LIKENESS) / 100


def _heads(wanted: str, line: str) -> float:
    """Tell how far ``wanted`` is what ``line`` is about (0 to 1): the line begins with it, or says little else."""
    if len(line) < len(wanted):
        return 0.0
    found = fuzz.partial_ratio_alignment(wanted, line, score_cutoff=LIKENESS)
    if found is None or (found.dest_start > 1 and len(wanted) < HEADING_SHARE * len(line)):
        return 0.0
    return float(found.score) / 100
