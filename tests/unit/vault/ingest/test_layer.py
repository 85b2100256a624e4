"""A text layer is believed as far as a person sees the same words; a layer that lies is left out."""

from datetime import date
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image

from contracts.documents import MediaType, Outcome
from tests.assets import looked_at
from tests.unit.vault.ingest.test_sight import NOBODY, finding, french, reading_of
from vault.ingest import layer, pages, pdf
from vault.ingest.ocr import Engine
from vault.ingest.reader import read
from vault.ingest.words import text_of

__all__ = ["french"]
SEEN, SAID = "Madame Ines VASSEUR, 75019 Paris", "Madame Lucie BERNARD, 69003 Lyon"
WAYS = ["invisible", "white", "tiny", "off the page", "behind a picture"]


def words_of(data: bytes, engine: Engine | None) -> str:
    with pdf.opened(data) as document:
        drawn = pdf.drawn(document, dpi=200)
    return text_of([word for page in pages.of_pdf(drawn, engine) for word in page.words])


def test_a_layer_is_read_in_lines() -> None:
    assert words_of(looked_at.pdf(), None).splitlines() == list(looked_at.LINES)


@pytest.mark.parametrize("way", WAYS)
def test_a_lying_layer_is_not_believed(french: Engine, way: str) -> None:
    text = words_of(looked_at.liar(SEEN, SAID, way=way), french)
    assert "VASSEUR" in text
    assert "BERNARD" not in text


@pytest.mark.parametrize("way", WAYS[:4])
def test_what_nobody_sees_is_left_out_without_an_engine_too(way: str) -> None:
    text = words_of(looked_at.liar(SEEN, SAID, way=way), None)
    assert "VASSEUR" in text
    assert "BERNARD" not in text


def test_a_lie_where_something_else_is_seen_is_told(french: Engine) -> None:
    data = looked_at.liar(SEEN, SAID, way="behind a picture")
    assert finding(reading_of(data, MediaType.PDF, french), "text_layer") == (Outcome.INCONCLUSIVE, "differs_from_page")


def test_letters_that_mean_others_are_not_believed(french: Engine) -> None:
    lying = looked_at.with_other_letters("MADAME INES VASSEUR", "HABITE PARIS DEPUIS TOUJOURS")
    assert "VASSEUR" in words_of(lying, french)
    assert finding(reading_of(lying, MediaType.PDF, french), "text_layer")[1] == "differs_from_page"


def test_an_honest_paper_is_confirmed(french: Engine) -> None:
    reading = reading_of(looked_at.pdf(), MediaType.PDF, french)
    assert finding(reading, "text_layer") == (Outcome.PASSED, "same")
    bare = read(looked_at.pdf(), MediaType.PDF, trust=NOBODY, today=date(2026, 1, 1))
    assert finding(bare, "text_layer") == (Outcome.INCONCLUSIVE, "not_compared")


def test_words_of_a_page_that_is_turned_lie_on_its_drawing() -> None:
    with pypdfium2.PdfDocument(looked_at.pdf()) as document:
        document[0].set_rotation(90)
        drawn: Image.Image = document[0].render(scale=2).to_pil().convert("RGB")
        found = layer.read(document[0], drawn)
    assert found.letters > 100
    assert all(word.right <= drawn.width and word.bottom <= drawn.height for word in found.words)


def test_many_pages_are_looked_at_within_bounds(french: Engine) -> None:
    sheet = looked_at.page(dpi=150)
    out = BytesIO()
    sheet.save(out, "PDF", save_all=True, append_images=[sheet] * 30, resolution=150)
    reading = reading_of(out.getvalue(), MediaType.PDF, french)
    assert finding(reading, "text") == (Outcome.INCONCLUSIVE, "not_reached")
    assert finding(reading, "masking")[0] is Outcome.INCONCLUSIVE
    assert reading.pages == 31
