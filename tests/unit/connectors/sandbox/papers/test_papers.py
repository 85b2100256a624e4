"""Demo papers are made of nothing secret, the same each time, and their private keys stay private."""

from datetime import date
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import ExifTags, Image

from connectors.sandbox.papers import (
    Child,
    Parent,
    birth_certificate,
    create_authority,
    create_registry,
    residence_bill,
    tax_notice_photo,
)
from connectors.sandbox.papers.authority import folded, split_name


def made(folder: Path) -> tuple[bytes, bytes]:
    """Return a bill and a photographed notice."""
    authority = create_authority(folder)
    bill = residence_bill(
        authority,
        holder_name="Zoé LE GOFF-ŒUVRARD",
        street="3 bis rue de l'Été",
        postcode="75020",
        town="Paris",
        issued_on=date(2026, 1, 15),
    )
    notice = tax_notice_photo(
        authority,
        declarant="LE GOFF Zoé",
        reference_income=18340,
        parts="1,5",
        income_year=2025,
        issued_on=date(2026, 7, 31),
    )
    return bill, notice


def code_on(image: Image.Image) -> bytes:
    """Return the one Data Matrix of an image."""
    (barcode,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix))
    return bytes(barcode.bytes)


def test_the_same_input_gives_the_same_papers(tmp_path: Path) -> None:
    assert made(tmp_path) == made(tmp_path)


def test_private_keys_are_private_and_not_among_the_certificates(tmp_path: Path) -> None:
    create_authority(tmp_path / "a")
    create_registry(tmp_path / "a")
    keys = list(tmp_path.rglob("*.key.pem"))
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    assert len(keys) == 2
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert not any(b"PRIVATE" in path.read_bytes() for path in (tmp_path / "a" / "trust").rglob("*.pem"))


def test_a_bill_carries_its_seal_and_its_text(tmp_path: Path) -> None:
    bill, _ = made(tmp_path)
    page = pypdfium2.PdfDocument(bill)[0]
    assert "LE GOFF-ŒUVRARD" in page.get_textpage().get_text_range()
    code = code_on(page.render(scale=200 / 72).to_pil())
    assert code.startswith(b"DC04XX000001252725270101FR")
    assert b"10MME/LE GOFF OEUVRARD/ZOE\x1d223 BIS RUE DE L ETE\x1d25PARIS\x1d\x1f" in code


def test_a_photo_has_millions_of_pixels_a_seal_and_a_position(tmp_path: Path) -> None:
    _, notice = made(tmp_path)
    photo = Image.open(BytesIO(notice))
    assert 3_000_000 < photo.width * photo.height < 12_000_000
    assert ExifTags.GPS.GPSLatitude in photo.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert b"46LE GOFF ZOE\x1d4118340\x1d" in code_on(photo)


@pytest.mark.parametrize("signed", [True, False])
def test_a_birth_certificate_names_child_and_parents(tmp_path: Path, signed: bool) -> None:
    registry = create_registry(tmp_path)
    child = Child("Le Goff", "Malo, Jean", date(2019, 11, 2), "Val-des-Tilleuls")
    parents = [Parent("Le Goff", "Zoé"), Parent("Benali", "Samir")]
    pdf = birth_certificate(registry, child=child, parents=parents, issued_on=date(2026, 3, 1), signed=signed)
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert "Date de naissance : 02/11/2019" in text
    assert "Nom du parent 2 : BENALI" in text
    assert (b"/ByteRange" in pdf) is signed


@pytest.mark.parametrize(
    ("written", "split"),
    [
        ("Camille MARTIN", ("MARTIN", "Camille")),
        ("DE LA TOUR Jean Marie", ("DE LA TOUR", "Jean Marie")),
        ("Camille Martin", ("Martin", "Camille")),
        ("CAMILLE MARTIN", ("MARTIN", "CAMILLE")),
    ],
)
def test_names_are_split_as_administrations_write_them(written: str, split: tuple[str, str]) -> None:
    assert split_name(written) == split


def test_values_are_folded_to_the_alphabet_of_the_code() -> None:
    assert folded("  Œuvre d'été, 2,5 n°7 ") == "OEUVRE D ETE, 2,5 N 7"
