"""The words of a made paper as the text layer of its file gives them."""

from functools import cache

from tests.assets.papers.corpus import paper
from tests.assets.papers.drawing import Paper
from vault.ingest import pages, pdf
from vault.ingest.words import Box, Word


def words_of(content: bytes) -> list[Word]:
    """Return the words of a digital PDF."""
    with pdf.opened(content) as document:
        drawn = pdf.drawn(document, dpi=pdf.COARSE_DPI)
        return [word for page in pages.of_pdf(drawn, None) for word in page.words]


@cache
def made(layout: str, seed: int = 1) -> tuple[Paper, tuple[Word, ...]]:
    """Return one paper of a layout, and its words."""
    one = paper(layout, seed)
    return one, tuple(words_of(one.pdf))


def lined(*lines: str, confidence: float = 1.0) -> list[Word]:
    """Return words as they stand on lines one below the other; wide gaps are kept as they are typed."""
    words = []
    for number, line in enumerate(lines):
        at = 0
        for text in line.split():
            start = line.index(text, at)
            at = start + len(text)
            box = Box(0.05 + start / 110, 0.05 + number * 0.02, 0.05 + at / 110, 0.064 + number * 0.02)
            words.append(Word(text, 0, box, confidence, number))
    return words
