"""A letter is one page that shows an address in its window and nothing else there, and one file in the drop."""

import hashlib
import json
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp

from connectors.file_drop import FileDropTransport
from connectors.post.codec import ORDER, SHEET, PrintCodec, file_name
from connectors.post.sheet import WINDOW, PrintedLetter, drawn, writable
from contracts.outcomes import OutcomeKind, Phase
from tests.unit.connectors.wire import answer, binding, broken

CODEC = PrintCodec()
LETTER = PrintedLetter(
    message=UUID(int=9),
    to=("Nora BELKACEM-ŒUVRARD", "BÂTIMENT C", "8 RUE DES PEUPLIERS", "75013 PARIS"),
    sender=("Ville de Paris", "1 place Imaginaire", "75000 PARIS"),
    dated="Paris, le 23 novembre 2026",
    subject="Un document vous est demandé",
    paragraphs=("Bonjour,", "Un document vous est demandé pour une démarche que vous avez faite."),
    code="K7QF-2M9X-4RTD-8HJ3",
    link="https://porte.example/courrier/K7QF2M9X4RTD8HJ3",
    code_words=("Votre code",),
    slip_words=("Talon",),
)


def text_in(pdf: bytes, box: tuple[float, float, float, float]) -> str:
    left, bottom, width, height = box
    with pypdfium2.PdfDocument(pdf) as document:
        return str(document[0].get_textpage().get_text_bounded(left, bottom, left + width, bottom + height))


def test_the_window_shows_name_and_address_and_nothing_else():
    shown = text_in(drawn(LETTER), WINDOW)
    assert shown.split("\r\n") == list(LETTER.to)


def test_the_letter_is_one_page_of_a4_with_its_fonts_inside():
    with pypdfium2.PdfDocument(drawn(LETTER)) as document:
        assert len(document) == 1
        assert tuple(map(round, document[0].get_size())) == (595, 842)
    assert b"/FontFile2" in drawn(LETTER)
    assert b"/BaseFont /Helvetica" not in drawn(LETTER)


def test_the_code_reads_by_eye_and_by_camera_on_the_letter_and_on_its_slip():
    with pypdfium2.PdfDocument(drawn(LETTER)) as document:
        page = document[0]
        assert page.get_textpage().get_text_bounded().count(LETTER.code) == 2
        seen = zxingcpp.read_barcodes(page.render(scale=2).to_pil())
    assert [one.text for one in seen] == [LETTER.link] * 2


def test_letters_that_the_font_lacks_lose_their_marks_only():
    assert writable("Łukasz DŹWIĘK, Œuvrard, Ÿ") == writable("Łukasz DŹWIĘK, Œuvrard, Ÿ")
    assert "?" not in writable("Łukasz DŹWIĘK, Œuvrard, Ÿ")
    assert writable("日") == "?"


@pytest.mark.parametrize("lines", [1, 7])
def test_an_address_that_no_envelope_takes_is_refused(lines):
    with pytest.raises(ValueError, match="address"):
        drawn(replace(LETTER, to=("x",) * lines))


def test_a_text_that_would_run_into_the_slip_is_refused():
    with pytest.raises(ValueError, match="too long"):
        drawn(replace(LETTER, paragraphs=("mot " * 400,)))


def test_the_parcel_holds_the_sheet_and_an_order_that_names_nobody():
    request = CODEC.encode(LETTER, binding())
    with zipfile.ZipFile(BytesIO(request.body)) as parcel:
        order, sheet = json.loads(parcel.read(ORDER)), parcel.read(SHEET)
    assert order["sha256"] == hashlib.sha256(sheet).hexdigest()
    assert not [line for line in LETTER.to if line in json.dumps(order, ensure_ascii=False) + request.url]
    assert request == CODEC.encode(LETTER, binding())


def test_a_letter_lies_in_the_drop_once_however_often_it_is_dropped(tmp_path: Path):
    drop = FileDropTransport(tmp_path)
    first = CODEC.decode(LETTER, drop.send(CODEC.encode(LETTER, binding())))
    assert first.kind is OutcomeKind.APPLIED
    # A second try has a code of its own: it is the same letter all the same.
    other = replace(LETTER, code="0000-0000-0000-0000")
    assert CODEC.decode(other, drop.send(CODEC.encode(other, binding()))).kind is OutcomeKind.DUPLICATE
    assert drop.holds(file_name(LETTER.message))
    assert not drop.holds(file_name(UUID(int=10)))
    assert not drop.holds("../else")


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        (broken(Phase.NOT_SENT), OutcomeKind.UNAVAILABLE),
        (broken(Phase.SENT), OutcomeKind.IN_DOUBT),
        (answer(500), OutcomeKind.CONTRACT_BREACH),
    ],
)
def test_what_became_of_a_drop_that_failed(exchange, kind):
    assert CODEC.decode(LETTER, exchange).kind is kind
