"""``unefois connector replay``: what each recorded case comes to, and what could not be read, by name."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from tests.unit.connectors.api_particulier import made_up

OPERATION = "api_particulier_v3_cnav_quotient_familial_with_civility"


def run(folder: Path, *more: str, connector: str = "api-particulier") -> Result:
    return CliRunner().invoke(app, ["connector", "replay", connector, "--cases", str(folder), *more])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    place = tmp_path_factory.mktemp("cases")
    return place, made_up.write(place)


def test_one_object_a_line_and_case_sorted(folder: tuple[Path, dict[str, str]]) -> None:
    place, expected = folder
    found = run(place, "--json")
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert found.exit_code == 0
    assert all(list(line) == ["case", "status", "outcome"] for line in lines)
    assert {line["case"]: line["outcome"] for line in lines} == expected
    assert [line["case"] for line in lines] == sorted(expected)


def test_one_operation_alone_is_called_the_same(folder: tuple[Path, dict[str, str]]) -> None:
    place, expected = folder
    lines = [json.loads(line) for line in run(place / OPERATION, "--json").stdout.splitlines()]
    assert {line["case"] for line in lines} == {name for name in expected if name.startswith(f"{OPERATION}/")}


def test_a_table_for_people_says_how_many(folder: tuple[Path, dict[str, str]]) -> None:
    place, expected = folder
    assert run(place).stdout.splitlines()[-1].startswith(f"{len(expected)} cases: ")


def test_nothing_of_a_person_is_told(folder: tuple[Path, dict[str, str]]) -> None:
    place, _ = folder
    (place / OPERATION / "zz.yaml").write_text("params: {nomNaissance: KERJEAN}\nstatus: SOLENE\n", encoding="utf-8")
    told = run(place)
    (place / OPERATION / "zz.yaml").unlink()
    assert "not a case: status" in told.stderr
    for word in ("KERJEAN", "SOLENE", "1988"):
        assert word not in told.output


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"params: [", "not YAML, line 1"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "not a case: no params, status and payload"),
        (b"- 1", "not a case: no params, status and payload"),
        (b"params: {}\npayload: ''", "not a case: status"),
        (b"params: {nomNaissance: {a: b}}\nstatus: 200", "not a case: params"),
        (b"status: 1000", "not a case: status"),
        (b"status: 2026-13-45", "not YAML"),
        (b"[" * 5000, "not YAML"),
        (b'params: {nomNaissance: "\\uD83D"}\nstatus: 404', ""),
        (b"#" * (1 << 21), "too large"),
    ],
)
def test_a_file_that_is_no_case_is_named_with_its_reason(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / OPERATION).mkdir()
    (tmp_path / OPERATION / "bad.yaml").write_bytes(content)
    done = run(tmp_path, "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"{OPERATION}/bad.yaml: {why}" in done.stderr


def test_what_is_no_operation_is_skipped_and_said(tmp_path: Path) -> None:
    (tmp_path / "france_connect").mkdir()
    (tmp_path / "france_connect" / "token.yml").write_text("status: 200", encoding="utf-8")
    done = run(tmp_path, "--json")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "france_connect: skipped" in done.stderr


def test_a_folder_that_is_not_there_or_empty_is_no_success(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 1
    assert "no such folder" in run(tmp_path / "nowhere").stderr
    assert run(tmp_path, connector="webhook").exit_code == 1
