"""Nothing that was attached to a paper, or hidden in it, is in what people and agencies look at."""

import secrets
from io import BytesIO

import pypdfium2
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo
from pypdfium2 import raw
from reportlab.pdfgen.canvas import Canvas

from contracts.documents import MediaType
from tests.assets.heic import with_position
from tests.assets.hostile import image, with_attachment
from tests.journeys.hunting import Hunt
from tests.unit.vault.ingest.test_masking import TODAY
from vault.ingest.reader import read
from vault.ingest.reasons import Reason
from vault.seals.trust import TrustStore

WORD = b"MARQUE" + secrets.token_hex(8).upper().encode()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>" + WORD + b"</a></x:xmpmeta>"
KEPT_BY_NO_COPY = (b"Exif", b"http://ns.adobe.com", b"xmpmeta", b"ICC_PROFILE", b"Photoshop", b"tEXt", b"eXIf")
NO_KEY_OF_A_COPY = (
    b"/AA",
    b"/OpenAction",
    b"/JavaScript",
    b"/Names",
    b"/Annots",
    b"/AcroForm",
    b"/EmbeddedFile",
    b"/URI",
)


def jpeg() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = WORD.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 23.0)
    out = BytesIO()
    options = {"exif": exif, "comment": WORD, "xmp": XMP, "icc_profile": WORD * 9}
    Image.open(BytesIO(image("JPEG"))).save(out, "JPEG", **options)
    return out.getvalue() + WORD


def png() -> bytes:
    words = PngInfo()
    words.add_text("Comment", WORD.decode())
    words.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    out = BytesIO()
    Image.open(BytesIO(image("PNG"))).save(out, "PNG", pnginfo=words)
    return out.getvalue() + WORD


def pdf() -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pageCompression=0)
    for tell in (canvas.setAuthor, canvas.setTitle, canvas.setSubject, canvas.setKeywords):
        tell(WORD.decode())
    canvas.bookmarkPage(WORD.decode())
    canvas.addOutlineEntry(WORD.decode(), WORD.decode())
    canvas.linkURL(f"https://example.org/{WORD.decode()}", (80, 690, 200, 720))
    canvas.drawString(80, 700, "Facture")
    canvas.acroForm.textfield(name="nom", value=WORD.decode(), x=80, y=600, width=300, height=24)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


MADE = {
    "jpeg": (jpeg, MediaType.JPEG),
    "png": (png, MediaType.PNG),
    "heic": (lambda: with_position(WORD.decode()), MediaType.HEIC),
    "pdf": (pdf, MediaType.PDF),
    "attachment": (lambda: with_attachment(WORD), MediaType.PDF),
}


@pytest.mark.parametrize("name", MADE)
def test_no_word_survives_rebuilding(trust: TrustStore, name: str) -> None:
    make, announced = MADE[name]
    original = make()
    first, second = (read(original, announced, trust=trust, today=TODAY) for _ in range(2))
    assert first.reason is Reason.READ
    assert first.viewing_copy == second.viewing_copy
    hunt = Hunt({"word": WORD})
    hunt.in_bytes(first.viewing_copy, name)
    assert hunt.found == set()
    assert [mark for mark in KEPT_BY_NO_COPY if mark in first.viewing_copy] == []


@pytest.mark.parametrize("make", [pdf, lambda: with_attachment(WORD)])
def test_a_rebuilt_pdf_has_pixels_and_nothing_else(trust: TrustStore, make) -> None:
    copy = read(make(), MediaType.PDF, trust=trust, today=TODAY).viewing_copy
    assert [key for key in NO_KEY_OF_A_COPY if key in copy] == []
    with pypdfium2.PdfDocument(copy) as document:
        assert document.get_metadata_dict(skip_empty=True) == {}
        assert raw.FPDFDoc_GetAttachmentCount(document) == 0
        assert [each.type for page in document for each in page.get_objects()] == [raw.FPDF_PAGEOBJ_IMAGE]
        assert list(document.get_toc()) == []


@pytest.mark.parametrize("name", ["jpeg", "png", "heic"])
def test_a_rebuilt_photo_has_no_metadata_at_all(trust: TrustStore, name: str) -> None:
    make, announced = MADE[name]
    opened = Image.open(BytesIO(read(make(), announced, trust=trust, today=TODAY).viewing_copy))
    assert not opened.getexif()
    assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
