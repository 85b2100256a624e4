"""ClamAV's daemon decides; whatever is not a clear word from it, in time, is « not scanned »."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.documents import DocumentState, MediaType
from tests.assets.daemons import VERSION, Answer, pretended, saying, version
from tests.assets.hostile import image, with_attachment
from tests.assets.pdfs import pages
from tests.assets.programs import EICAR
from tests.debian import debian
from vault.ingest.child import ReaderChild
from vault.ingest.clamd import ClamdScanner
from vault.ingest.reasons import Reason
from vault.seals.trust import TrustStore

SIGNATURE = f"Made.Up.Eicar:0:*:{EICAR.hex()}\n"
"""One line of a folder of our own (name, any kind of file, any place, the bytes): Debian ships no signatures."""
SETTINGS = """
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
Foreground yes
StreamMaxLength 2M
MaxScanSize 2M
MaxFileSize 2M
AlertExceedsMax yes
LogFile {folder}/clamd.log
"""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Path]:
    """Run Debian's daemon on a folder of signatures of our own."""
    clamd = debian("clamd", package="clamav-daemon")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        # As root the daemon becomes another account.
        folder.chmod(0o777)
        (folder / "signatures").mkdir(mode=0o755)
        (folder / "signatures" / "made-up.ndb").write_text(SIGNATURE, encoding="ascii")
        (folder / "clamd.conf").write_text(SETTINGS.format(folder=folder), encoding="utf-8")
        running = subprocess.Popen([clamd, "-c", folder / "clamd.conf"], stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 30
            while ClamdScanner(folder / "clamd.sock").scan(b"x").reason is not Reason.READ:
                assert running.poll() is None, (folder / "clamd.log").read_text()
                assert time.monotonic() < until
                time.sleep(0.05)
            yield folder / "clamd.sock"
        finally:
            running.terminate()
            running.wait(10)


def test_a_clean_paper_passes_and_names_its_engine(daemon: Path) -> None:
    scan = ClamdScanner(daemon).scan(pages(1))
    assert (scan.reason, scan.version.split()[0]) == (Reason.READ, "ClamAV")


@pytest.mark.parametrize("content", [EICAR, image("PNG") + EICAR, with_attachment(EICAR)], ids=["bare", "png", "pdf"])
def test_the_test_virus_is_found(daemon: Path, content: bytes) -> None:
    assert ClamdScanner(daemon).scan(content).reason is Reason.MALWARE


def test_what_is_over_the_daemons_limit_is_not_scanned(daemon: Path) -> None:
    assert ClamdScanner(daemon).scan(os.urandom(3_000_000)).reason is Reason.NOT_SCANNED


def test_the_reader_quarantines_what_the_daemon_finds(daemon: Path, trust: TrustStore) -> None:
    with ReaderChild(trust, scanners=[ClamdScanner(daemon)]) as child:
        well = child.read(image("PNG"), MediaType.PNG, today=date(2026, 9, 1))
        assert well.verdict is DocumentState.AVAILABLE
        assert [each.step for each in well.findings if each.step.startswith("scan.")] == ["scan.rules", "scan.clamd"]
        assert all(each.version for each in well.findings if each.step.startswith("scan."))


OTHERWISE: dict[str, Answer] = {
    "silence": lambda _: None,
    "nothing": lambda _: b"",
    "noise": lambda _: b"\xff\xfe\0",
    "an error": saying(b"stream: lost ERROR"),
    "a limit": saying(b"stream: Heuristics.Limits.Exceeded FOUND"),
    "another word": saying(b"stream: OKAY"),
    "half an answer": lambda command: version() if command == VERSION else b"stream: O",
    "old signatures": lambda command: version(timedelta(days=15)) if command == VERSION else b"stream: OK\0",
}


@pytest.mark.parametrize("answer", OTHERWISE.values(), ids=OTHERWISE)
def test_anything_but_a_clear_word_is_not_scanned(answer: Answer) -> None:
    with pretended(answer) as path:
        assert ClamdScanner(path, seconds=0.5).scan(pages(1)).reason is Reason.NOT_SCANNED


def test_a_clear_word_counts() -> None:
    with pretended(saying(b"stream: OK")) as path:
        assert ClamdScanner(path).scan(pages(1)).reason is Reason.READ


def test_no_daemon_means_not_scanned_and_quarantined(tmp_path: Path, trust: TrustStore) -> None:
    with ReaderChild(trust, scanners=[ClamdScanner(tmp_path / "none.sock")]) as child:
        reading = child.read(image("PNG"), MediaType.PNG, today=date(2026, 9, 1))
    assert (reading.verdict, reading.reason) == (DocumentState.QUARANTINED, Reason.NOT_SCANNED)
    assert not reading.viewing_copy


@pytest.mark.parametrize(
    ("word", "limit"),
    [
        (b"INSTREAM size limit exceeded. ERROR", "StreamMaxLength"),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", "MaxFileSize"),
        (b"stream: OK", ""),
    ],
)
def test_a_limit_below_ours_is_named_for_the_operator(word: bytes, limit: str) -> None:
    with pretended(saying(word)) as place:
        words = ClamdScanner(place).refuses(1000)
    assert (limit in words, bool(words)) == (True, bool(limit))


def test_too_long_a_stream_is_not_scanned_and_the_finding_says_why() -> None:
    with pretended(saying(b"INSTREAM size limit exceeded. ERROR")) as place:
        scan = ClamdScanner(place).scan(b"x" * 1000)
    assert (scan.reason, scan.version.endswith("over StreamMaxLength")) == (Reason.NOT_SCANNED, True)


def test_a_daemon_that_is_away_names_no_version_and_no_limit(tmp_path: Path) -> None:
    away = ClamdScanner(tmp_path / "nobody")
    assert (away.scanned_with(), away.refuses(10)) == (None, "")


def test_the_real_daemon_names_the_limit_it_was_given(daemon: Path) -> None:
    scanner = ClamdScanner(daemon)
    assert "StreamMaxLength" in scanner.refuses(3_000_000)
    assert scanner.refuses(1_000_000) == ""
    assert (scanner.scanned_with() or "").startswith("scan.clamd ClamAV ")
