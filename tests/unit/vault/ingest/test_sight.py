"""A page is read from its pixels, however it lies; what cannot be read says why, and is never taken for anything."""

from datetime import date

import pytest
from PIL import Image, ImageOps

from connectors.sandbox.papers.datamatrix import data_matrix
from contracts.documents import EvidenceType, MediaType, Outcome
from tests.assets import looked_at
from tests.unit.vault.ingest.test_masking import nir, spaced, tax_number
from vault.ingest import pages
from vault.ingest.engines import Choice, Wanted
from vault.ingest.ocr import Engine, engine
from vault.ingest.reader import read
from vault.ingest.reading import Reading
from vault.ingest.reasons import Reason
from vault.ingest.sight import Budget, Legibility, look
from vault.ingest.words import text_of
from vault.seals.trust import TrustStore

NOBODY = TrustStore((), (), allow_test_authority=False)
TODAY = date(2026, 11, 2)
PAPER = looked_at.page()


@pytest.fixture(scope="module")
def french() -> Engine:
    """Tesseract with its French data."""
    found = engine(Wanted(Choice.TESSERACT))
    if found is None:
        pytest.skip("no French data for Tesseract on this machine: reading of pixels was not tried")
    return found


def said(picture: Image.Image, french: Engine, *, on_a_table: bool = True) -> str:
    seen = look(picture, french, Budget(60), on_a_table=on_a_table)
    return text_of(seen.words(0))


def reading_of(data: bytes, kind: MediaType, french: Engine | None) -> Reading:
    return read(data, kind, trust=NOBODY, today=TODAY, engine=french)


def finding(reading: Reading, step: str) -> tuple[Outcome, str]:
    return next((each.outcome, each.reason) for each in reading.findings if each.step == step)


@pytest.mark.parametrize("lean", [0.0, 4.0, -9.0, 90.0, 180.0, 270.0, 184.0])
def test_a_photograph_is_read_however_it_lies(french: Engine, lean: float) -> None:
    picture = looked_at.on_a_table(PAPER, lean=lean)
    assert said(picture, french).splitlines() == list(looked_at.LINES)


@pytest.mark.parametrize("lean", [2.5, 182.5])
@pytest.mark.parametrize("number", range(6))
def test_a_code_with_more_ink_than_the_lines_turns_no_page_round(french: Engine, number: int, lean: float) -> None:
    paper = PAPER.copy()
    paper.paste(data_matrix(f"{number}-AVIS-".encode() * 60, module=5), (300, 1900))
    assert looked_at.LINES[1] in said(looked_at.on_a_table(paper, lean=lean), french)


def test_a_photograph_whose_edges_cannot_be_seen_is_read(french: Engine) -> None:
    assert looked_at.LINES[2] in said(looked_at.on_a_table(PAPER, wood=250), french)


@pytest.mark.parametrize("turned", [0.0, 1.7, -3.0, 90.0, 180.0])
def test_a_scan_is_read(french: Engine, turned: float) -> None:
    sheet = PAPER.rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=250)
    assert said(sheet, french, on_a_table=False).splitlines() == list(looked_at.LINES)


def test_the_copy_of_a_photograph_on_its_side_is_upright(french: Engine) -> None:
    sideways = looked_at.on_a_table(PAPER).transpose(Image.Transpose.ROTATE_90)
    page = pages.of_photo(sideways, french)
    assert page.copied().size == looked_at.TABLE
    assert said(page.copied(), french).startswith(looked_at.LINES[0])


def test_a_place_is_told_as_it_lies_on_the_copy(french: Engine) -> None:
    picture = looked_at.on_a_table(PAPER, lean=180.0)
    seen = look(picture, french, Budget(60), on_a_table=True)
    word = next(word for word in seen.words(0) if word.text == "MARTIN,")
    box = seen.in_view(word.box, picture.size)
    upright = picture.transpose(Image.Transpose.ROTATE_180)
    sides = [box.left * upright.width, box.top * upright.height, box.right * upright.width, box.bottom * upright.height]
    crop = ImageOps.expand(upright.crop(tuple(map(round, sides))), 60, 220).resize((1200, 500))
    assert "MARTIN" in "".join(one.text for one in french.words(crop))


UNREAD = {
    "blank": (lambda: Image.new("L", looked_at.TABLE, 246), Legibility.BLANK),
    "blank on a table": (lambda: looked_at.on_a_table(Image.new("L", (1000, 1414), 255)), None),
    "black": (lambda: Image.new("L", (2000, 3000), 3), Legibility.BLANK),
    "tiny": (lambda: PAPER.resize((150, 212)), Legibility.TOO_SMALL),
    "out of focus": (lambda: looked_at.on_a_table(PAPER, blur=14), Legibility.ILLEGIBLE),
    "noise": (lambda: Image.effect_noise((2000, 2600), 120), Legibility.ILLEGIBLE),
    "a screen": (lambda: looked_at.on_a_screen(looked_at.page(size=20)), Legibility.PHOTO_OF_SCREEN),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_cannot_be_read_says_why(french: Engine, name: str) -> None:
    make, legibility = UNREAD[name]
    reading = reading_of(looked_at.jpeg(make()), MediaType.JPEG, french)
    outcome, reason = finding(reading, "text")
    assert reading.reason is Reason.READ
    assert (outcome, reading.evidence_type) == (Outcome.INCONCLUSIVE, EvidenceType.UNKNOWN)
    assert reason == legibility or (legibility is None and reason in (Legibility.BLANK, Legibility.ILLEGIBLE))
    assert not reading.fields
    assert finding(reading, "kind")[0] is Outcome.INCONCLUSIVE


def test_without_an_engine_a_photograph_is_inconclusive() -> None:
    reading = reading_of(looked_at.jpeg(looked_at.on_a_table(PAPER)), MediaType.JPEG, None)
    assert (reading.reason, reading.evidence_type) == (Reason.READ, EvidenceType.UNKNOWN)
    assert finding(reading, "text") == (Outcome.INCONCLUSIVE, "no_engine")
    assert finding(reading, "masking")[0] is Outcome.INCONCLUSIVE


def test_a_spent_budget_leaves_pages_unread(french: Engine) -> None:
    assert look(PAPER, french, Budget(0), on_a_table=False).legibility is Legibility.NOT_REACHED


NUMBERS = [spaced(nir(), 1, 2, 2, 2, 3, 3, 2), nir("185052A006084"), spaced(tax_number(), 2, 2, 3, 3, 3), tax_number()]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("form", ["photo", "photo upside down", "scan"])
def test_a_number_is_painted_over_in_pixels_too(french: Engine, number: str, form: str) -> None:
    sheet = looked_at.page(*looked_at.LINES[:3], f"Numéro : {number}", *looked_at.LINES[3:])
    if form == "scan":
        data, kind = looked_at.scanned(sheet.rotate(1.5, Image.Resampling.BICUBIC, fillcolor=255)), MediaType.PDF
    else:
        lean = 183.0 if form.endswith("down") else 3.0
        data, kind = looked_at.jpeg(looked_at.on_a_table(sheet, lean=lean)), MediaType.JPEG
    reading = reading_of(data, kind, french)
    assert finding(reading, "masking") == (Outcome.PASSED, "numbers_masked")
    assert finding(reading, "numbers") == (Outcome.PASSED, "1")
    again = reading_of(reading.viewing_copy, kind, french)
    assert finding(again, "numbers") == (Outcome.PASSED, "0")
    assert finding(again, "text") == (Outcome.PASSED, "read")
    assert not any(number.replace(" ", "") in value.replace(" ", "") for value in reading.fields.values())
