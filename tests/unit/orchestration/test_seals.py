"""``unefois seal``: one line a file, whatever the file is; 0 only when all passed."""

import json
import os
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tddoc.header import Header
from typer.testing import CliRunner

from connectors.sandbox.papers import Child, CivilRegistry, Parent, SealAuthority, birth_certificate, residence_bill
from connectors.sandbox.papers.datamatrix import data_matrix
from orchestration.cli import app
from orchestration.seals import MAX_FILE_BYTES, believed
from tests.assets import sealed_photos
from tests.assets.authorities import authority, folder, registry
from vault.seals.trust import TrustStore

__all__ = ["authority", "folder", "registry"]

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "2d-doc"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the outside corpus shared/corpora/2d-doc is not here")
FIELDS = {"46": "MARTIN CAMILLE", "47": "3012345678901", "44": "2575000024000", "45": "2025"}


@pytest.fixture
def code(authority: SealAuthority) -> str:
    """Return a code as somebody writes it down."""
    code = authority.seal("28", FIELDS, issued_on=date(2026, 7, 1)).decode()
    return code.replace("\x1d", "<GS>").replace("\x1f", "<US>")


def run(*arguments: object) -> tuple[int, list[dict[str, Any]]]:
    """Return exit code and lines of ``unefois seal verify --json``."""
    done = CliRunner().invoke(app, ["seal", "verify", "--json", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@needs_corpus
@pytest.mark.parametrize("spelled", [True, False])
def test_the_reference_codes_verify_without_any_other_file(tmp_path: Path, spelled: bool) -> None:
    entries = json.loads((CORPUS / "reference-codes.json").read_text("utf-8"))
    marks = {} if spelled else {"<GS>": "\x1d", "<RS>": "\x1e", "<US>": "\x1f"}
    for number, entry in enumerate(entries):
        message = entry["message"]
        for name, mark in marks.items():
            message = message.replace(name, mark)
        status, [line] = run(written(tmp_path / f"{number}.txt", message), "--test-ca")
        assert (status, line["verdict"], line["reason"]) == (0, "passed", "verified")
        assert (line["authority"], line["certificate"], line["test"]) == ("FR00", "0001", True)
        assert (line["document_type"], line["fields"].get("40")) == (entry["documentTypeId"], None)


@needs_corpus
def test_altered_reference_codes_do_not_verify(tmp_path: Path) -> None:
    for entry in json.loads((CORPUS / "reference-codes.json").read_text("utf-8")):
        message = entry["message"]
        lines = [message[:at] + ("A" if message[at] != "A" else "B") + message[at + 1 :] for at in range(len(message))]
        paths = [written(tmp_path / f"{number}.txt", line) for number, line in enumerate(lines)]
        status, checked = run(*paths, "--test-ca")
        assert status == 1
        assert [line["verdict"] for line in checked if line["verdict"] == "passed" or line["fields"]] == []


def test_a_written_code_is_told_with_names_and_without_tax_number(code: str, folder: Path, tmp_path: Path) -> None:
    status, [line] = run(written(tmp_path / "a.txt", code), "--test-ca", "--trust", folder / "trust")
    assert (status, line["verdict"], line["issued_on"]) == (0, "passed", "2026-07-01")
    assert line["fields"] == {name: value for name, value in FIELDS.items() if name != "47"}
    assert line["field_names"]["45"] == "Année des revenus"
    assert line["masked"] == {"47": "Numéro fiscal du déclarant 1"}
    assert "Avis d’impôt" in line["document_name"]


def test_a_social_security_number_in_another_field_is_masked(
    authority: SealAuthority, folder: Path, tmp_path: Path
) -> None:
    sealed = authority.seal("28", FIELDS | {"46": "MARTIN 2 55 08 14 168 025 38"}, issued_on=date(2026, 7, 1))
    _, [line] = run(written(tmp_path / "a.txt", sealed), "--test-ca", "--trust", folder / "trust")
    assert line["fields"]["46"].startswith("MARTIN •")
    assert "168" not in line["fields"]["46"]


def test_a_test_seal_fails_unless_asked_for(code: str, folder: Path, tmp_path: Path) -> None:
    status, [line] = run(written(tmp_path / "a.txt", code), "--trust", folder / "trust")
    assert (status, line["verdict"], line["reason"], line["fields"]) == (1, "failed", "test_authority", {})


def test_several_codes_in_a_text_are_as_good_as_the_worst(code: str, folder: Path, tmp_path: Path) -> None:
    good, bad = code, code.replace("CAMILLE", "CAMILLA")
    for text, verdict in ((f"{good}\n{good}\n", "passed"), (f"{good}\n{bad}\n", "failed")):
        _, [line] = run(written(tmp_path / "a.txt", text), "--test-ca", "--trust", folder / "trust")
        assert line["verdict"] == verdict
        assert [seal["verdict"] for seal in line["seals"]] == ["passed", verdict]
        assert line["fields"] == {}


def test_papers_are_checked_in_the_child(
    authority: SealAuthority, registry: CivilRegistry, folder: Path, tmp_path: Path
) -> None:
    child, parents = Child("Martin", "Lina", date(2018, 3, 12), "Val-des-Tilleuls"), [Parent("Martin", "Camille")]
    extract = birth_certificate(registry, child=child, parents=parents, issued_on=date(2026, 7, 1))
    address = {"street": "12 rue des Tilleuls", "postcode": "75012", "town": "Paris"}
    bill = residence_bill(authority, holder_name="MARTIN Camille", **address, issued_on=date(2026, 5, 4))
    photo = BytesIO()
    sealed_photos.page(authority.seal("28", FIELDS, issued_on=date(2026, 7, 1))).save(photo, "JPEG")
    papers = {"extract.pdf": extract, "bill.pdf": bill, "photo.jpg": photo.getvalue()}
    paths = [written(tmp_path / name, content) for name, content in papers.items()]
    status, lines = run(*paths, "--test-ca", "--trust", folder / "trust")
    assert (status, [line["verdict"] for line in lines]) == (0, ["passed"] * 3)
    assert [line["reason"] for line in lines] == ["verified_revocation_unchecked", "verified", "verified"]
    assert [line["document_type"] for line in lines] == ["", "01", "28"]
    assert [line["test"] for line in lines] == [True] * 3
    assert "3012345678901" not in json.dumps(lines)


def odd_files(folder: Path) -> dict[str, Path]:
    """Return files that nobody should hand in, by what is said of each."""
    huge = folder / "huge.pdf"
    with huge.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    os.mkfifo(folder / "pipe")
    picture = BytesIO()
    Image.new("L", (300, 300), 255).save(picture, "PNG")
    other = BytesIO()
    data_matrix(b"LA POSTE").save(other, "PNG")
    return {
        "no_such_file": folder / "nowhere.pdf",
        "not_a_file": folder / "pipe",
        "too_large": huge,
        "empty": written(folder / "empty.txt", " \n"),
        "empty but for a mark": written(folder / "mark.txt", b"\xef\xbb\xbf"),
        "unsupported_type": written(folder / "some.zip", b"PK\x03\x04\0\0"),
        "unreadable": written(folder / "broken.png", b"\x89PNG\r\n\x1a\n"),
        "truncated": written(folder / "cut.pdf", b"%PDF-1.7\nnothing"),
        "no_seal": written(folder / "blank.png", picture.getvalue()),
        "malformed": written(folder / "words.txt", "Bonjour."),
        "binary": written(folder / "binary.bin", b"\xdc\x04\0\0\0"),
    }


def test_no_file_breaks_it_and_none_passes(tmp_path: Path) -> None:
    odd = odd_files(tmp_path)
    status, lines = run(*odd.values(), tmp_path, "--test-ca")
    told = {Path(line["file"]).name: line["reason"] for line in lines}
    assert status == 1
    for reason, path in odd.items():
        assert told[path.name] == reason.partition(" ")[0]
    assert {line["verdict"] for line in lines} == {"inconclusive", "failed"}
    assert [line["verdict"] for line in lines if line["reason"] == "malformed"] == ["failed"]


def test_a_binary_code_on_a_picture_is_left_to_a_person(tmp_path: Path) -> None:
    header = Header(4, "FR03", "EDF0", date(2026, 5, 4), date(2026, 5, 5), 1, 1, "FRA").to_code()
    code, picture = header + b"\x80message" + b"\xff\x40" + bytes(range(64)), BytesIO()
    data_matrix(code).save(picture, "PNG")
    paper, alone = written(tmp_path / "paper.png", picture.getvalue()), written(tmp_path / "code.bin", code)
    status, lines = run(paper, alone)
    assert status == 1
    assert [(line["verdict"], line["reason"], line["authority"]) for line in lines] == [
        ("inconclusive", "binary", "FR03")
    ] * 2


def test_a_name_that_is_no_text_and_steers_terminals_is_told_harmlessly(tmp_path: Path) -> None:
    path = written(Path(os.fsdecode(bytes(tmp_path) + b"/\xff\x1b[2J.txt")), "Bonjour.")
    assert run(path)[1][0]["file"].endswith("\ufffd\x1b[2J.txt")
    done = CliRunner().invoke(app, ["seal", "verify", str(path)])
    assert "\x1b" not in done.stdout
    assert "·[2J.txt" in done.stdout


def test_a_reader_is_told_in_words(code: str, folder: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", code)
    done = CliRunner().invoke(app, ["seal", "verify", str(path), "--test-ca", "--trust", str(folder / "trust")])
    assert done.exit_code == 0
    for words in ("passed", "TEST SEAL", "Déclarant 1: MARTIN CAMILLE", "masked", "XX00 0001"):
        assert words in done.stdout


@pytest.mark.parametrize("arguments", [[], ["a.txt", "--nonsense"], ["a.txt", "--trust", "/nowhere/at/all"]])
def test_wrong_use_is_told_apart(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["seal", "verify", *arguments]).exit_code == 2


def test_the_trust_list_is_shown() -> None:
    done = CliRunner().invoke(app, ["seal", "trust", "--json"])
    shown = json.loads(done.stdout)
    assert shown["sequence"] >= 23
    assert {"FR03", "FR06"} <= {each["authority"] for each in shown["authorities"]}
    assert shown["certificates"] > 200
    assert done.exit_code == int(shown["out_of_date"])
    assert f"trust list {shown['sequence']}" in CliRunner().invoke(app, ["seal", "trust"]).stdout


def test_a_list_past_its_day_is_said_to_be() -> None:
    store = TrustStore.load(None, allow_test_authority=False)
    assert not believed(store, today=store.listed.next_update.date())["out_of_date"]
    assert believed(store, today=date(2099, 1, 1))["out_of_date"]
