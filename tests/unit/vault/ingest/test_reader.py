"""Reading demo papers and hostile files, in this process: what each must come to."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from connectors.sandbox.papers import (
    Child,
    CivilRegistry,
    Parent,
    SealAuthority,
    birth_certificate,
    residence_bill,
    tax_notice_photo,
)
from connectors.sandbox.papers.datamatrix import data_matrix
from contracts.documents import DocumentState, EvidenceType, Grade, MediaType, Outcome
from tests.assets.hostile import ASSETS, Asset, image, with_attachment
from vault.ingest.ocr import Engine
from vault.ingest.reader import read
from vault.ingest.reading import Reading
from vault.ingest.reasons import Reason
from vault.seals.trust import TrustStore
from vault.seals.verdict import SealReason

TODAY = date(2026, 9, 1)
PARENTS = [Parent("Martin", "Camille"), Parent("Diallo", "Amadou")]
CHILD = Child("Martin", "Lina, Rose", date(2018, 3, 12), "Val-des-Tilleuls")


def bill(authority: SealAuthority, **changed: str) -> bytes:
    """Return a bill of the demo family."""
    values = {"holder_name": "Camille MARTIN", "street": "12 rue des Tilleuls", "postcode": "75012", "town": "Paris"}
    return residence_bill(authority, **{**values, **changed}, issued_on=date(2026, 5, 4))


def notice(authority: SealAuthority, turned_by: float = 2.5) -> bytes:
    """Return a photograph of the tax notice of the demo family."""
    return tax_notice_photo(
        authority,
        declarant="MARTIN Camille",
        second_declarant="DIALLO Amadou",
        reference_income=24560,
        parts="2,5",
        income_year=2025,
        issued_on=date(2026, 7, 31),
        turned_by=turned_by,
    )


def outcome_of(reading: Reading, step: str) -> Outcome:
    """Return the outcome of one finding."""
    return next(finding.outcome for finding in reading.findings if finding.step == step)


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_a_hostile_file_ends_as_it_must(asset: Asset, trust: TrustStore) -> None:
    reading = read(asset.make(), asset.announced, trust=trust, today=TODAY)
    assert reading.reason is asset.reason
    assert bool(reading.viewing_copy) is (asset.reason is Reason.READ)
    assert reading.evidence_type is EvidenceType.UNKNOWN


def test_a_bill_is_read_from_its_seal(authority: SealAuthority, trust: TrustStore) -> None:
    reading = read(bill(authority), MediaType.PDF, trust=trust, today=TODAY)
    assert (reading.verdict, reading.pages, reading.grade) == (DocumentState.AVAILABLE, 1, Grade.SEALED)
    assert reading.evidence_type is EvidenceType.PROOF_OF_ADDRESS
    assert reading.issued_on == date(2026, 5, 4)
    assert reading.fields == {
        "holder_name": "CAMILLE MARTIN",
        "holder_family_name": "MARTIN",
        "holder_first_names": "CAMILLE",
        "street": "12 RUE DES TILLEULS",
        "postcode": "75012",
        "town": "PARIS",
        "issued_on": "2026-05-04",
    }
    assert "MARTIN" not in repr(reading)


@pytest.mark.parametrize("turned_by", [0.0, 2.5, -7.0, 90.0])
def test_a_photo_is_read_from_its_seal(
    authority: SealAuthority, trust: TrustStore, engine: Engine, turned_by: float
) -> None:
    reading = read(notice(authority, turned_by), MediaType.JPEG, trust=trust, today=TODAY, engine=engine)
    assert (reading.evidence_type, reading.grade) == (EvidenceType.TAX_NOTICE, Grade.SEALED)
    assert reading.fields == {
        "declarant_1": "MARTIN CAMILLE",
        "declarant_2": "DIALLO AMADOU",
        "reference_income": "24560",
        "parts": "2.5",
        "income_year": "2025",
        "issued_on": "2026-07-31",
    }
    assert outcome_of(reading, "seal_and_text") is Outcome.PASSED


def test_a_seal_on_a_page_that_nobody_read_vouches_for_nothing(authority: SealAuthority, trust: TrustStore) -> None:
    reading = read(notice(authority), MediaType.JPEG, trust=trust, today=TODAY)
    assert (reading.evidence_type, reading.grade) == (EvidenceType.TAX_NOTICE, Grade.SELF_DECLARED)
    assert dict(reading.fields) == {}
    assert (reading.seal.outcome, reading.seal.reason) == (Outcome.INCONCLUSIVE, SealReason.TEXT_UNREAD)


def test_a_photo_loses_its_position(authority: SealAuthority, trust: TrustStore) -> None:
    photo = notice(authority)
    assert Image.open(BytesIO(photo)).getexif()
    copy = read(photo, MediaType.JPEG, trust=trust, today=TODAY).viewing_copy
    opened = Image.open(BytesIO(copy))
    assert not opened.getexif()
    assert b"Exif" not in copy
    assert b"Demo" not in copy


@pytest.mark.parametrize(("signed", "grade"), [(True, Grade.SEALED), (False, Grade.SELF_DECLARED)])
def test_a_birth_certificate(registry: CivilRegistry, trust: TrustStore, signed: bool, grade: Grade) -> None:
    pdf = birth_certificate(registry, child=CHILD, parents=PARENTS, issued_on=date(2026, 2, 1), signed=signed)
    reading = read(pdf, MediaType.PDF, trust=trust, today=TODAY)
    assert (reading.evidence_type, reading.grade) == (EvidenceType.BIRTH_CERTIFICATE, grade)
    assert reading.fields == {
        "child_family_name": "MARTIN",
        "child_first_names": "Lina, Rose",
        "child_born_on": "2018-03-12",
        "child_birthplace": "Val-des-Tilleuls",
        "parent_1_family_name": "MARTIN",
        "parent_1_first_names": "Camille",
        "parent_2_family_name": "DIALLO",
        "parent_2_first_names": "Amadou",
        "issued_on": "2026-02-01",
    }


def test_a_certificate_altered_after_signing_gives_no_values(registry: CivilRegistry, trust: TrustStore) -> None:
    pdf = birth_certificate(registry, child=CHILD, parents=PARENTS, issued_on=date(2026, 2, 1))
    altered = pdf.replace(b"/Producer", b"/Producor", 1)
    reading = read(altered, MediaType.PDF, trust=trust, today=TODAY)
    assert (reading.seal.outcome, reading.grade) == (Outcome.FAILED, Grade.SELF_DECLARED)
    assert not reading.fields


def test_a_label_given_twice_gives_no_values(registry: CivilRegistry, trust: TrustStore) -> None:
    tricky = replace(CHILD, birthplace="Paris")
    twice = [Parent("Martin", "Camille"), Parent("Diallo", "Amadou"), Parent("X", "Y")]
    pdf = birth_certificate(registry, child=tricky, parents=twice, issued_on=TODAY, signed=False)
    assert "parent_3_family_name" not in read(pdf, MediaType.PDF, trust=trust, today=TODAY).fields
    doubled = pypdfium2.PdfDocument.new()
    doubled.import_pages(pypdfium2.PdfDocument(pdf))
    doubled.import_pages(pypdfium2.PdfDocument(pdf))
    out = BytesIO()
    doubled.save(out)
    assert not read(out.getvalue(), MediaType.PDF, trust=trust, today=TODAY).fields


def test_a_good_seal_on_another_paper_fails(authority: SealAuthority, trust: TrustStore) -> None:
    stolen = authority.seal(
        "01", {"10": "MME/MARTIN/CAMILLE", "22": "12 RUE DES TILLEULS", "24": "75012", "26": "FR"}, issued_on=TODAY
    )
    out = BytesIO()
    canvas = Canvas(out)
    canvas.drawString(80, 700, "Facture d'électricité - Ines VASSEUR - 3 quai Neuf 75019 Paris")
    canvas.drawImage(ImageReader(data_matrix(stolen)), 80, 80, width=90, height=90)
    canvas.save()
    reading = read(out.getvalue(), MediaType.PDF, trust=trust, today=TODAY)
    assert (reading.seal.outcome, reading.seal.reason) == (Outcome.FAILED, SealReason.TEXT_DIFFERS)
    assert (reading.grade, dict(reading.fields)) == (Grade.SELF_DECLARED, {})


def test_two_seals_that_contradict_are_inconclusive(authority: SealAuthority, trust: TrustStore) -> None:
    sheet = Image.new("L", (1600, 900), 255)
    for number, left in enumerate((60, 860)):
        fields = {"10": f"MME/MARTIN/CAMILLE{'AB'[number]}", "22": "1 RUE A", "24": "75012", "26": "FR"}
        sheet.paste(data_matrix(authority.seal("01", fields, issued_on=TODAY), module=8), (left, 60))
    out = BytesIO()
    sheet.save(out, "PNG")
    reading = read(out.getvalue(), MediaType.PNG, trust=trust, today=TODAY)
    assert reading.seal.reason is SealReason.SEVERAL_SEALS
    assert reading.grade is Grade.SELF_DECLARED


def test_a_photo_without_seal_is_available_and_unknown(trust: TrustStore) -> None:
    reading = read(image("JPEG"), MediaType.JPEG, trust=trust, today=TODAY)
    assert reading.verdict is DocumentState.AVAILABLE
    assert (reading.evidence_type, reading.seal.outcome) == (EvidenceType.UNKNOWN, Outcome.INCONCLUSIVE)


def test_a_test_seal_gives_nothing_in_production(authority: SealAuthority, trust: TrustStore) -> None:
    strict = replace(trust, allow_test_authority=False)
    reading = read(bill(authority), MediaType.PDF, trust=strict, today=TODAY)
    assert (reading.seal.reason, reading.grade) == (SealReason.TEST_AUTHORITY, Grade.SELF_DECLARED)
    assert not reading.fields


def test_viewing_copies_are_rebuilt_and_deterministic(authority: SealAuthority, trust: TrustStore) -> None:
    original = bill(authority)
    first = read(original, MediaType.PDF, trust=trust, today=TODAY).viewing_copy
    assert first == read(original, MediaType.PDF, trust=trust, today=TODAY).viewing_copy
    document = pypdfium2.PdfDocument(first)
    assert len(document) == 1
    assert not document[0].get_textpage().get_text_range().strip()
    attached = read(with_attachment(), MediaType.PDF, trust=trust, today=TODAY)
    assert outcome_of(attached, "attachments") is Outcome.INCONCLUSIVE
    assert b"EmbeddedFile" not in attached.viewing_copy


@given(data=st.binary(max_size=2000))
@settings(max_examples=60)
def test_any_bytes_after_a_magic_get_a_reading(data: bytes) -> None:
    nobody = TrustStore((), (), allow_test_authority=False)
    for magic, announced in ((b"%PDF-1.4\n", "PDF"), (b"\xff\xd8\xff\xe0", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG")):
        content = magic + data + b"\n%%EOF"
        assert read(content, MediaType[announced], trust=nobody, today=TODAY).verdict is DocumentState.UNUSABLE
