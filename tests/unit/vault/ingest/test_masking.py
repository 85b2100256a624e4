"""Social security and tax numbers are found in a page's words and codes, and nothing of them is left in the copy."""

from datetime import date
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from connectors.sandbox.papers import SealAuthority
from connectors.sandbox.papers.datamatrix import data_matrix
from contracts.documents import MediaType
from tests.assets.hostile import image
from vault.ingest import codes, masking
from vault.ingest.reader import read
from vault.ingest.reading import Reading
from vault.seals.trust import TrustStore

TODAY = date(2026, 9, 1)


def nir(number: str = "2850578006084") -> str:
    return f"{number}{97 - int(number.replace('2A', '19').replace('2B', '18')) % 97:02d}"


def tax_number(start: str = "3023217600") -> str:
    return f"{start}{int(start) % 511:03d}"


def spaced(digits: str, *groups: int) -> str:
    pieces, at = [], 0
    for size in groups:
        pieces.append(digits[at : at + size])
        at += size
    return " ".join(pieces)


FOUND = [
    (f"Madame Martin, {nir()}, Paris", nir()),
    (f"Madame Martin, {spaced(nir(), 1, 2, 2, 2, 3, 3, 2)} Paris", nir()),
    (f"NSS {' '.join(nir())}", nir()),
    (f"né en Corse {nir('185052A006084')}", nir("185052A006084")),
    ("sans clé 2850578006084.", "2850578006084"),
    ("sans clé 2 85 05 78 006 084", "2850578006084"),
    (f"déclarant 1 : {tax_number()}", tax_number()),
    (f"déclarant 1 : {spaced(tax_number(), 2, 2, 3, 3, 3)}", tax_number()),
    ("Numéro fiscal : 12 345 678", "12345678"),
    ("n° fiscal 99 99 999 999 999", "9999999999999"),
    ("N° de sécurité sociale : 1 85 05 78", "1850578"),
]


@pytest.mark.parametrize(("text", "number"), FOUND)
def test_a_number_is_found(text: str, number: str) -> None:
    start, end = max(masking.numbers(text), key=lambda span: span[1] - span[0])
    assert text[start:end].replace(" ", "") == number


@pytest.mark.parametrize(
    "text",
    [
        "Téléphone 01 40 05 06 07, le 12/03/2026, 75012 Paris",
        "SIRET 910 000 012 00013",
        "IBAN FR76 3000 6000 0112 3456 7890 189",
        "Revenu fiscal de référence : 24 560 euros",
        "Facture 4099887766554 du 4 mai 2026",
        "",
    ],
)
def test_another_number_is_left(text: str) -> None:
    assert list(masking.numbers(text)) == []


def page_saying(*lines: str, turned: int = 0) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    for row, line in enumerate(lines):
        canvas.drawString(60, 700 - 40 * row, line)
    canvas.showPage()
    canvas.save()
    with pypdfium2.PdfDocument(out.getvalue()) as document:
        document[0].set_rotation(turned)
        document.save(done := BytesIO())
    return done.getvalue()


def finding(reading: Reading) -> str:
    return next(each.reason for each in reading.findings if each.step == "masking")


def picture(data: bytes) -> Image.Image:
    with pypdfium2.PdfDocument(data) as document:
        drawn: Image.Image = document[0].render(scale=2).to_pil().convert("L")
        return drawn


def dark_share(drawn: Image.Image) -> float:
    histogram = drawn.histogram()
    return sum(histogram[:40]) / sum(histogram)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_only_the_number_is_painted_over(trust: TrustStore, turned: int) -> None:
    words = page_saying("Madame Martin", spaced(nir(), 1, 2, 2, 2, 3, 3, 2), "75012 Paris", turned=turned)
    reading = read(words, MediaType.PDF, trust=trust, today=TODAY)
    assert finding(reading) == "numbers_masked"
    upright = picture(reading.viewing_copy).rotate(turned, expand=True)
    plain = picture(page_saying("Madame Martin", spaced(nir(), 1, 2, 2, 2, 3, 3, 2), "75012 Paris"))
    upright = upright.resize(plain.size)
    lines = [(110, 2 * (842 - 700 + 40 * row) - 30, 360, 2 * (842 - 700 + 40 * row) + 8) for row in range(3)]
    shares = [(dark_share(plain.crop(box)), dark_share(upright.crop(box))) for box in lines]
    assert shares[1][1] > 4 * shares[1][0] > 0
    assert all(after < 2 * before for before, after in (shares[0], shares[2]))


def test_what_is_typed_into_a_form_is_masked_too(trust: TrustStore) -> None:
    out = BytesIO()
    canvas = Canvas(out)
    canvas.drawString(60, 700, "Formulaire")
    canvas.acroForm.textfield(name="nir", value=nir(), x=60, y=600, width=300, height=24)
    canvas.showPage()
    canvas.save()
    assert finding(read(out.getvalue(), MediaType.PDF, trust=trust, today=TODAY)) == "numbers_masked"


def test_a_code_that_spells_a_tax_number_cannot_be_scanned_in_the_copy(
    authority: SealAuthority, trust: TrustStore
) -> None:
    fields = {"43": "2,5", "44": "2575000024560", "45": "2025", "46": "MARTIN", "47": tax_number(), "41": "24560"}
    code = data_matrix(authority.seal("28", fields, issued_on=TODAY))
    out = BytesIO()
    canvas = Canvas(out)
    canvas.drawString(60, 700, "Avis d'impôt MARTIN 24560 2025")
    canvas.drawImage(ImageReader(code), 80, 80, width=140, height=140)
    canvas.save()
    reading = read(out.getvalue(), MediaType.PDF, trust=trust, today=TODAY)
    assert reading.fields["reference_income"] == "24560"
    assert codes.find(picture(reading.viewing_copy)) == []


def test_a_code_without_one_stays(authority: SealAuthority, trust: TrustStore) -> None:
    sealed = authority.seal("01", {"10": "MME/MARTIN/A", "22": "1 RUE A", "24": "75012", "26": "FR"}, issued_on=TODAY)
    out = BytesIO()
    sheet = Image.new("L", (900, 900), 255)
    sheet.paste(data_matrix(sealed, module=8), (60, 60))
    sheet.save(out, "PNG")
    reading = read(out.getvalue(), MediaType.PNG, trust=trust, today=TODAY)
    assert len(codes.find(Image.open(BytesIO(reading.viewing_copy)))) == 1


def test_a_photo_says_that_it_could_not_be_searched(trust: TrustStore) -> None:
    assert finding(read(image("JPEG"), MediaType.JPEG, trust=trust, today=TODAY)) == "no_text"


def test_masked_copies_are_deterministic(trust: TrustStore) -> None:
    words = page_saying("Madame Martin", nir())
    first, second = (read(words, MediaType.PDF, trust=trust, today=TODAY).viewing_copy for _ in range(2))
    assert first == second
