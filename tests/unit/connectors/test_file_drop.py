"""A dropped file appears whole, once, under its name or not at all."""

import hashlib
import threading
from pathlib import Path

import pytest

from connectors.drops import OTHER_FILE_THERE, SAME_FILE_THERE, WRITTEN
from connectors.file_drop import FileDropTransport
from connectors.port import Exchange, WireRequest
from contracts.outcomes import Phase


def drop(folder: Path, name: str = "a.csv", body: bytes = b"one") -> Exchange:
    return FileDropTransport(folder).send(WireRequest("PUT", name, (), body))


def test_a_file_is_written_and_nothing_else_stays(tmp_path: Path) -> None:
    exchange = drop(tmp_path)
    assert (exchange.phase, exchange.status) == (Phase.COMPLETE, WRITTEN)
    assert exchange.header("x-sha256") == hashlib.sha256(b"one").hexdigest()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.csv": b"one"}


def test_the_same_file_again_is_a_duplicate(tmp_path: Path) -> None:
    drop(tmp_path)
    assert drop(tmp_path).status == SAME_FILE_THERE


def test_another_file_of_that_name_is_never_overwritten(tmp_path: Path) -> None:
    drop(tmp_path)
    assert drop(tmp_path, body=b"two").status == OTHER_FILE_THERE
    assert (tmp_path / "a.csv").read_bytes() == b"one"


def test_what_a_crash_left_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".a.csv.part").write_bytes(b"half a file that is longer")
    drop(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_bytes() == b"one"


@pytest.mark.parametrize("name", ["../a.csv", "a/b", ".hidden", "", "a\x00b", "é.csv", "x" * 300])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    exchange = drop(tmp_path, name)
    assert (exchange.phase, exchange.fault) == (Phase.NOT_SENT, "name_refused")


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    exchange = drop(tmp_path / "gone")
    assert exchange.phase is Phase.NOT_SENT
    assert not (tmp_path / "gone").exists()


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"one")
    (tmp_path / "a.csv").symlink_to(tmp_path / "target")
    assert drop(tmp_path).phase is Phase.NOT_SENT


def test_of_many_at_once_one_writes(tmp_path: Path) -> None:
    found: list[int | None] = []
    threads = [threading.Thread(target=lambda: found.append(drop(tmp_path).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == ["200"] * 7 + ["201"]
