"""What a Caisse leaves in its folder is taken in once, line by line, and the Caisse is told what became of each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from connectors.caisse_fichiers.archives import FILE_MAX_BYTES, Kind
from connectors.caisse_fichiers.framing import Charset
from connectors.caisse_fichiers.returning import packed, written
from connectors.caisse_fichiers.returns import Attendance, Presence
from connectors.errors import FolderUnreachable
from connectors.file_drop import FileDropTransport, FolderInbox
from hub.exchanges.files_in import FileTaken, Folder, take_files_in
from hub.exchanges.seen_files import QUIET, STALLED
from tests.assets.families import Made
from tests.system import CAISSE
from tests.unit.hub.decisions.test_taken_in import (  # noqa: F401 - fixtures of another folder
    BINDING,
    CATALOGUE,
    caisse,
    made,
    named,
    tariff,
)
from tests.unit.hub.school_files.conftest import NOW, Place, place, server  # noqa: F401 - the same
from vault.documents.custody import Custody

NAME = f"DEC_{CAISSE}_20260911_001.csv"


@dataclass
class Desk:
    """A Caisse's folder, and the process that looks into it."""

    custody: Custody
    folder: Path
    looks: int = 0

    def look(self, after: timedelta = QUIET) -> list[FileTaken]:
        self.looks += 1
        moment = self.custody.now() + after
        self.custody = replace(self.custody, now=lambda: moment)
        drop = FileDropTransport(self.folder / "drop")
        way = Folder(BINDING, FolderInbox(self.folder / "outbox"), drop)
        return take_files_in(self.custody, CATALOGUE, way, correlation="test")

    def leave(self, body: bytes, name: str = NAME) -> None:
        (self.folder / "outbox" / name).write_bytes(body)

    def left(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "outbox").iterdir())

    def accounts(self) -> list[list[str]]:
        files = sorted((self.folder / "drop").iterdir())
        return [path.read_text(encoding="utf-8").splitlines()[1:-1] for path in files]


@pytest.fixture
def desk(caisse: Custody, tmp_path: Path) -> Desk:  # noqa: F811 - the fixture
    for name in ("drop", "outbox"):
        (tmp_path / name).mkdir()
    return Desk(replace(caisse, now=lambda: NOW), tmp_path)


@pytest.fixture
def line(place: Place, made: Made) -> UUID:  # noqa: F811 - the fixtures
    """What the Caisse calls the family's line."""
    return named(place, made.lines["canteen_tariff"])


def decisions(*lines: UUID, charset: Charset = Charset.ISO_8859_1) -> bytes:
    return written(Kind.DECISIONS, [tariff(one) for one in lines], charset)


def test_a_file_is_taken_once_it_has_stopped_growing(desk: Desk, line: UUID, place: Place, made: Made) -> None:  # noqa: F811 - the fixture
    body = decisions(line)
    desk.leave(body[:100])
    assert desk.look() == []
    desk.leave(body)
    assert desk.look() == []
    (taken,) = desk.look()
    assert (taken.outcome, taken.taken, taken.aside, taken.told) == ("applied", 1, 0, True)
    assert desk.left() == []
    assert desk.accounts() == [[";;pris:1"]]
    (row,) = place.rows(
        "SELECT count(*) AS n FROM hub.line_decision WHERE line_id = %(l)s", l=made.lines["canteen_tariff"]
    )
    assert row["n"] == 1


def test_a_marker_says_that_it_is_whole(desk: Desk, line: UUID) -> None:
    desk.leave(decisions(line))
    desk.leave(b"", NAME + ".ok")
    assert [one.outcome for one in desk.look()] == ["applied"]
    assert desk.left() == []


def test_lines_that_cannot_be_taken_are_told_one_by_one(desk: Desk, line: UUID) -> None:
    body = written(Kind.DECISIONS, [tariff(line), tariff(uuid4()), tariff(line, band="")], Charset.UTF_8)  # type: ignore[arg-type]  # of several shapes
    desk.leave(body)
    desk.look()
    (taken,) = desk.look()
    assert (taken.outcome, taken.taken, taken.aside) == ("partial", 1, 2)
    assert desk.accounts() == [[";;pris:1", "decisions;3;no_such_line", "decisions;4;band"]]


def test_the_same_again_does_nothing_and_other_bytes_amend(desk: Desk, line: UUID, place: Place) -> None:  # noqa: F811 - the fixture
    # Of a name of its own: other tests' files of this Caisse lie in the same tables.
    body, own = decisions(line), NAME.replace("20260911", "20260912")
    desk.leave(body, own)
    desk.look()
    (first,) = desk.look()
    desk.leave(body, own)
    desk.look()
    (again,) = desk.look()
    assert (again.exchange_id, again.repeated, again.taken) == (first.exchange_id, True, 1)
    desk.leave(decisions(line), own)
    desk.look()
    (other,) = desk.look()
    assert (other.amends, other.repeated) == (first.exchange_id, False)
    assert len(place.rows("SELECT 1 FROM hub.file_in WHERE name = %(n)s", n=own)) == 2


def test_half_a_file_waits_and_is_refused_only_when_nothing_more_comes(desk: Desk, line: UUID) -> None:
    desk.leave(decisions(line)[:-20])
    assert desk.look() == desk.look() == []
    assert desk.left() == [NAME]
    (refused,) = desk.look(STALLED)
    assert (refused.outcome, refused.taken) == ("rejected", 0)
    assert desk.accounts() == [[";;refuse:FileTruncated"]]


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        (NAME, lambda body: body.replace(b"tarif", b"tarit"), "FileAltered"),
        (NAME.replace(CAISSE, "91000052000015"), lambda body: body, "sender"),
        (NAME.replace("DEC", "PRE"), lambda body: body, "FileRefused:header"),
        (NAME.replace("DEC", "RET").replace("csv", "zip"), lambda body: body, "ArchiveRefused:not a zip"),
    ],
)
def test_a_broken_frame_refuses_the_file_and_says_why(
    desk: Desk, line: UUID, name: str, change: Callable[[bytes], bytes], why: str
) -> None:
    desk.leave(change(decisions(line)), name)
    desk.look()
    (refused,) = desk.look()
    assert (refused.outcome, refused.told) == ("rejected", True)
    assert desk.accounts() == [[f";;refuse:{why}"]]


def test_a_file_too_large_to_be_read_is_refused_once_with_a_row_and_an_account(desk: Desk, place: Place) -> None:  # noqa: F811 - the fixture
    with (desk.folder / "outbox" / NAME).open("wb") as file:
        # A hole: no byte of it lies on the disk.
        file.truncate(FILE_MAX_BYTES + 1)
    assert desk.look() == []
    (taken,) = desk.look()
    assert (taken.outcome, taken.taken, taken.told) == ("rejected", 0, True)
    assert desk.left() == []
    assert desk.accounts() == [[";;refuse:FileTooLarge"]]
    (row,) = place.rows("SELECT outcome_code FROM hub.exchange WHERE exchange_id = %(e)s", e=taken.exchange_id)
    assert row["outcome_code"] == "FileTooLarge"
    assert desk.look() == []


def test_a_zip_of_several_is_taken_part_by_part(desk: Desk, line: UUID) -> None:
    there = Attendance("B-1", line, date(2026, 9, 7), "canteen_tariff", Presence.PRESENT)
    stranger = replace(there, number="B-2", reference=uuid4())
    parts = {
        Kind.DECISIONS: decisions(line),
        Kind.ATTENDANCE: written(Kind.ATTENDANCE, [there, stranger], Charset.UTF_8),
    }
    desk.leave(packed(parts), NAME.replace("DEC", "RET").replace("csv", "zip"))
    desk.look()
    (taken,) = desk.look()
    assert (taken.taken, taken.aside) == (2, 1)
    assert desk.accounts() == [[";;pris:2", "attendance;3;no_such_line"]]


def test_a_file_stays_until_the_caisse_has_its_account(desk: Desk, line: UUID) -> None:
    desk.leave(decisions(line))
    desk.look()
    (desk.folder / "drop").rename(desk.folder / "gone")
    (untold,) = desk.look()
    assert (untold.taken, untold.told, desk.left()) == (1, False, [NAME])
    (desk.folder / "gone").rename(desk.folder / "drop")
    (told,) = desk.look()
    assert (told.exchange_id, told.told, desk.left()) == (untold.exchange_id, True, [])


def test_a_name_that_the_format_does_not_know_is_neither_taken_nor_kept(desk: Desk, line: UUID) -> None:
    desk.leave(decisions(line), "Vraisemblance-Capucine.csv")
    assert desk.look() == desk.look() == []
    assert desk.left() == ["Vraisemblance-Capucine.csv"]


def test_a_folder_that_is_away_is_not_empty(desk: Desk) -> None:
    (desk.folder / "outbox").rename(desk.folder / "gone")
    with pytest.raises(FolderUnreachable):
        desk.look()
