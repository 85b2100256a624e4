"""The log of erasures is on two disks before anything is gone, and several logs are read as one."""

import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.identifiers import DocumentId, new_uuid
from vault.documents.erasure_log import ErasureLog, LoggedErasure, read_logs
from vault.storage.errors import StoreUnavailable

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def erasure(hours: int = 0) -> LoggedErasure:
    return LoggedErasure(DocumentId(new_uuid()), NOON + timedelta(hours=hours), "asked_by_holder")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_every_line_is_in_both(tmp_path: Path, elsewhere: Path) -> None:
    log, lines = ErasureLog(tmp_path / "erasures.log", copies=elsewhere), [erasure(n) for n in range(3)]
    for one in lines:
        log.append(one)
    assert read_logs([tmp_path / "erasures.log"]) == read_logs([elsewhere]) == lines


def test_what_was_logged_before_there_was_a_copy_follows(tmp_path: Path, elsewhere: Path) -> None:
    first, second = erasure(), erasure(1)
    ErasureLog(tmp_path / "erasures.log").append(first)
    ErasureLog(tmp_path / "erasures.log", copies=elsewhere).append(second)
    assert read_logs([elsewhere]) == [first, second]


def test_without_its_copy_nothing_is_erased(tmp_path: Path, elsewhere: Path) -> None:
    log = ErasureLog(tmp_path / "erasures.log", copies=elsewhere)
    elsewhere.rmdir()
    with pytest.raises(StoreUnavailable, match="the copy of the log of erasures"):
        log.append(erasure())
    elsewhere.mkdir()
    log.append(erasure())
    assert read_logs([elsewhere]) == read_logs([tmp_path / "erasures.log"])


@pytest.mark.parametrize("there_is_room_for", [5, 60])
def test_a_line_that_a_full_disk_cut_stops_its_erasure_and_no_other(tmp_path: Path, there_is_room_for: int) -> None:
    path, later = tmp_path / "erasures.log", erasure()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (there_is_room_for, hard))
    try:
        with pytest.raises(OSError, match="was cut"):
            ErasureLog(path).append(erasure())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    ErasureLog(path).append(later)
    assert read_logs([path]) == [later]


def test_several_logs_are_read_as_one(tmp_path: Path) -> None:
    one, other, both = erasure(2), erasure(1), erasure()
    for name, lines in (("a.log", (both, one)), ("b.log", (other, both))):
        log = ErasureLog(tmp_path / name)
        for line in lines:
            log.append(line)
    assert read_logs([tmp_path / "a.log", tmp_path / "b.log"]) == [both, other, one]
