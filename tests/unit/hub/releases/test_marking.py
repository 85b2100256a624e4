"""A mark stands under every page and covers nothing; what is not in our own form is not marked, and does not leave."""

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, PdfParser

from contracts.documents import MediaType
from hub.errors import CopyNotMarked
from hub.releases.marking import marked, marked_type
from vault.ingest import rebuild

WORDS = r"Copie remise à : Caisse des écoles (SIRET 91000001200013). Motif : Tarif \de la cantine (aperçu), n° 0b4e8f6e"


def page(width: int = 620, height: int = 877, mode: str = "RGB") -> Image.Image:
    return Image.effect_noise((width, height), 60).convert(mode)


def pdf(*pages: Image.Image) -> bytes:
    return rebuild.pdf_copy(pages, dpi=75)


def opened(content: bytes) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(content)


@pytest.mark.parametrize("pages", [(page(),), (page(), page(900, 500, "L"), page(50, 700))])
def test_each_page_says_it_and_is_taller_by_a_strip_that_holds_it(pages):
    before, after = opened(pdf(*pages)), opened(marked(pdf(*pages), MediaType.PDF, WORDS))
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert "".join(new.get_textpage().get_text_range().split()) == "".join(WORDS.split())
        (width, height), (_, taller) = old.get_size(), new.get_size()
        assert (new.get_size()[0], taller > height) == (width, True)


def test_the_picture_above_the_strip_is_the_same():
    smooth = Image.linear_gradient("L").resize((620, 800)).convert("RGB")
    plain = opened(pdf(smooth))[0].render().to_pil()
    shown = opened(marked(pdf(smooth), MediaType.PDF, WORDS))[0].render().to_pil().crop((0, 0, *plain.size))
    assert max(high for _, high in ImageChops.difference(plain, shown).getextrema()) <= 8


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_photograph_becomes_a_page_whose_picture_is_byte_for_byte_the_copy(mode):
    copy = rebuild.jpeg_copy(page(mode=mode))
    content = marked(copy, MediaType.JPEG, WORDS)
    assert (marked_type(MediaType.JPEG), copy in content) == ("application/pdf", True)
    assert "remise" in opened(content)[0].get_textpage().get_text_range()


def test_a_record_is_no_page_and_stays_as_it_is():
    assert marked(b'{"a": 1}', MediaType.RECORD, WORDS) == b'{"a": 1}'


def turned(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new, 1)


WRONG = {
    "another's table": turned(pdf(page()), b"/Size ", b"/Size 1"),
    "a page more than said": turned(pdf(page()), b"/Count 1", b"/Count 2"),
    "a box that begins elsewhere": turned(pdf(page()), b"[ 0 0 ", b"[ 9 0 "),
    "cut off": pdf(page())[:-40],
    "updated already": marked(pdf(page()), MediaType.PDF, WORDS),
    "nothing": b"",
}


@pytest.mark.parametrize("name", WRONG)
def test_another_form_is_refused(name):
    with pytest.raises(CopyNotMarked):
        marked(WRONG[name], MediaType.PDF, WORDS)


def test_a_page_hidden_in_a_picture_is_not_taken_for_one():
    honest = pdf(page())
    start = honest.index(b"/Type /Page\n")
    body = honest[honest.rindex(b"obj<<", 0, start) - 4 : honest.index(b"endobj", start) + 6]
    picture = honest.index(b"stream") + 2000
    hiding = honest[:picture] + body + honest[picture + len(body) :]
    assert hiding.count(b"/Type /Page\n") == 2
    assert len(opened(marked(hiding, MediaType.PDF, WORDS))) == 1


@given(st.binary(max_size=400))
def test_whatever_comes_is_marked_or_refused(junk):
    for media_type in (MediaType.PDF, MediaType.JPEG):
        for content in (junk, b"\xff\xd8" + junk, junk + pdf_tail()):
            try:
                marked(content, media_type, WORDS)
            except CopyNotMarked:
                continue


def pdf_tail() -> bytes:
    return b"trailer\n<<\n/Root 1 0 R\n/Size 3\n>>\nstartxref\n0\n%%EOF\n"


def test_pillow_opens_the_marked_copy_too():
    parsed = PdfParser.PdfParser(buf=marked(pdf(page(), page()), MediaType.PDF, WORDS))
    assert len(parsed.pages) == 2
