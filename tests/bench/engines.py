"""What each engine reads of the made papers' words, and what that costs in processor time."""

import time
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import chain

import pypdfium2
from PIL import Image

from tests.assets.papers.corpus import HELD_BACK, LAYOUTS, Specimen, specimens
from tests.assets.papers.forms import Form, pages_of
from tests.bench.measuring import Row
from vault.ingest import ocr
from vault.ingest.engines import Choice, Wanted
from vault.ingest.ocr import Engine
from vault.ingest.sight import Budget, look

SEED = 301
EVERY = 4
"""One layout of so many: an engine of the processor takes seconds a page."""


def engines_compared() -> Iterator[Row]:
    """Read the first page of one layout in four, drawn, scanned and photographed, with each engine there is."""
    ocr._PAGE_MILLISECONDS = 60_000
    chosen = [name for number, name in enumerate(chain(LAYOUTS, HELD_BACK)) if number % EVERY == 0]
    made = list(specimens(layouts=chosen, first=SEED))
    for choice in (Choice.TESSERACT, Choice.PACKAGED):
        engine = ocr.engine(Wanted(choice))
        if engine is not None:
            for form in Form:
                yield _row(engine, form, [one for one in made if one.form is form])


def _row(engine: Engine, form: Form, made: list[Specimen]) -> Row:
    words = found = letters = lost = 0
    spent = 0.0
    for one in made:
        truth = _truth(one.paper.pdf)
        begun = time.process_time()
        sight = look(_picture(one), engine, Budget(600), on_a_table=form is Form.PHOTO)
        spent += time.process_time() - begun
        got = Counter(chain.from_iterable(word.text.split() for word in sight.seen))
        words, found = words + truth.total(), found + (truth & got).total()
        letters += sum(len(word) * count for word, count in truth.items())
        lost += sum(len(word) * count for word, count in (truth - got).items())
    note = f"{100 * lost / letters:.1f} % of letters stand in a word not read exactly; {spent / len(made):.1f} s of processor time a page"
    name = f"words_{engine.name.split('/')[0]}_{form}"
    return Row(name, round(100 * found / words, 1), "%", repetitions=len(made), note=note)


def _truth(pdf: bytes) -> Counter[str]:
    """Return the words of the first page as its text layer has them; their order does not count."""
    with pypdfium2.PdfDocument(pdf) as document:
        return Counter(document[0].get_textpage().get_text_bounded().split())


def _picture(one: Specimen) -> Image.Image:
    if one.form is Form.PHOTO:
        return Image.open(BytesIO(one.content()))
    return pages_of(one.content())[0]
