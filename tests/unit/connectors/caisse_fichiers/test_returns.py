"""What a Caisse leaves for us is read as it was meant or refused with a reason, one line at a time, and never guessed."""

import struct
import zipfile
from contextlib import suppress
from datetime import date
from io import BytesIO
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.caisse_fichiers import archives
from connectors.caisse_fichiers.archives import FILE_MAX_BYTES, Kind, named, parts
from connectors.caisse_fichiers.framing import BadLine, Charset, framed
from connectors.caisse_fichiers.returning import packed, written
from connectors.caisse_fichiers.returns import Attendance, Presence, Registration, Row, Standing, read_parts
from connectors.errors import ArchiveRefused, FileAltered, FileRefused, FileTooLarge, FileTruncated
from contracts.calendar import Parity
from contracts.decisions import (
    Amendment,
    AmendmentKind,
    Author,
    Decision,
    DecisionKind,
    Payer,
    Remedy,
    RemedyKind,
    School,
)
from contracts.identifiers import PartnerPseudonym, Siret
from tests.unit.connectors.caisse_fichiers.golden import make
from tests.unit.connectors.wire import mutations

SENDER = Siret(make.SIRET)
NAMES = {Kind.DECISIONS: "DEC", Kind.ATTENDANCE: "PRE", Kind.REGISTRATIONS: "INS"}
GOLDEN = make.files()


def file_name(kind: Kind) -> str:
    return f"{NAMES[kind]}_{SENDER}_20260903_001.csv"


def read(name: str, body: bytes) -> dict[Kind, list[tuple[int, Row] | BadLine]]:
    return {part.kind: list(part.rows()) for part in read_parts(named(name), body)}


def rows(name: str, body: bytes) -> list[Row]:
    found = [line for lines in read(name, body).values() for line in lines]
    assert not any(isinstance(line, BadLine) for line in found)
    return [line[1] for line in found if not isinstance(line, BadLine)]


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_the_golden_files_are_what_their_generator_writes(name: str) -> None:
    assert (make.HERE / name).read_bytes() == GOLDEN[name]


@pytest.mark.parametrize(
    ("start", "charset", "count"),
    [("DEC", Charset.UTF_8, 2), ("PRE", Charset.ISO_8859_1, 2), ("INS", Charset.UTF_8_BOM, 2)],
)
def test_the_header_proves_the_charset(start: str, charset: Charset, count: int) -> None:
    name = next(name for name in sorted(GOLDEN) if name.startswith(start))
    (part,) = read_parts(named(name), GOLDEN[name])
    assert (part.charset, part.count) == (charset, count)


def test_the_golden_decisions_say_what_they_say() -> None:
    plain, corrected = rows(f"DEC_{SENDER}_20260903_001.csv", GOLDEN[f"DEC_{SENDER}_20260903_001.csv"])
    assert isinstance(plain, Decision)
    assert isinstance(corrected, Decision)
    assert (plain.kind, plain.band, plain.decided_by) == (DecisionKind.TARIFF, "4", SENDER)
    assert (plain.valid_from, plain.valid_until) == (date(2026, 9, 5), date(2027, 8, 31))
    assert [one.kind for one in plain.remedies] == [RemedyKind.GRACIOUS, RemedyKind.COURT]
    assert [(one.band, one.parity) for one in corrected.payers] == [("4", Parity.EVEN), ("9", Parity.ODD)]
    assert corrected.amends == Amendment(AmendmentKind.CORRECTS, "T-1")


def test_bad_lines_are_named_one_by_one_and_the_good_one_is_read() -> None:
    name = f"PRE_{SENDER}_20260908_002.csv"
    lines = read(name, GOLDEN[name])[Kind.ATTENDANCE]
    bad = [(line.number, line.why) for line in lines if isinstance(line, BadLine)]
    assert bad == [(2, "jour"), (3, "fields"), (4, "présence"), (5, "référence"), (7, "repeated"), (8, "fields")]
    assert [line[0] for line in lines if not isinstance(line, BadLine)] == [6]


def test_a_zip_holds_several() -> None:
    name = f"RET_{SENDER}_20260909_001.zip"
    assert {kind: len(lines) for kind, lines in read(name, GOLDEN[name]).items()} == {
        Kind.DECISIONS: 2,
        Kind.ATTENDANCE: 2,
    }


number = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z ./_-]{0,30}", fullmatch=True)
words = st.text(st.characters(codec="iso-8859-1", exclude_characters=";|", exclude_categories=["C", "Z"]), min_size=1)
words = words.map(lambda text: text[:60])
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
service = st.sampled_from(["canteen_tariff", "canteen_enrolment"])
band = st.integers(1, 10).map(str)
author = st.builds(Author, words, words)
remedies = st.lists(st.builds(Remedy, st.sampled_from(RemedyKind), words, st.integers(1, 24)), min_size=1, max_size=2)
decisions = st.builds(
    Decision,
    kind=st.sampled_from([DecisionKind.TARIFF, DecisionKind.REGISTRATION]),
    decided_by=st.just(SENDER),
    service=service,
    line=st.uuids().map(PartnerPseudonym),
    number=number,
    decided_on=days,
    valid_from=days,
    valid_until=st.none() | days,
    author=author,
    remedies=remedies.map(tuple),
    notified_on=st.none() | days,
    band=band,
    school=st.none() | st.builds(School, words, st.just("0750001A")),
    amends=st.none() | st.builds(Amendment, st.sampled_from(AmendmentKind), number),
)
attendance = st.builds(
    Attendance, number=number, reference=st.uuids(), day=days, service=service, presence=st.sampled_from(Presence)
)
registrations = st.builds(
    Registration,
    number=number,
    reference=st.uuids(),
    school_year=st.just("2026-2027"),
    service=service,
    standing=st.sampled_from(Standing),
    since=st.just(date(2026, 9, 1)),
    until=st.dates(date(2026, 9, 1), date(2027, 8, 31)),
    days=st.sets(st.integers(1, 7), min_size=1).map(frozenset),
)
charsets = st.sampled_from(Charset)


@pytest.mark.parametrize(
    ("kind", "told"),
    [(Kind.DECISIONS, decisions), (Kind.ATTENDANCE, attendance), (Kind.REGISTRATIONS, registrations)],
)
def test_what_is_written_is_read_back_in_each_charset(kind: Kind, told: st.SearchStrategy[Row]) -> None:
    @given(st.lists(told, max_size=5, unique_by=lambda row: row.number), charsets)
    def holds(some: list[Row], charset: Charset) -> None:
        assert rows(file_name(kind), written(kind, some, charset)) == some

    holds()


@given(st.sampled_from([(Parity.EVEN, Parity.ODD, 100, 100), (Parity.EVERY, Parity.EVERY, 40, 60)]), decisions)
def test_two_payers_are_read_back(how: tuple[Parity, Parity, int, int], plain: Decision) -> None:
    own = Payer(plain.line, plain.band, how[0], how[2])
    other = Payer(PartnerPseudonym(UUID(int=7)), "9", how[1], how[3])
    said = Decision(**{name: getattr(plain, name) for name in plain.__slots__} | {"payers": (own, other)})
    assert rows(file_name(Kind.DECISIONS), written(Kind.DECISIONS, [said], Charset.UTF_8)) == [said]


def one(presence: str = "présent", number: str = "B-1") -> str:
    return f"{number};{make.CHILD};08/09/2026;canteen_tariff;{presence}"


def mixed(charset: str, *lines: bytes) -> list[tuple[int, str]]:
    covered = b"".join(line + b"\r\n" for line in (make.ATTENDANCE[0].encode(charset), *lines))
    found = read(file_name(Kind.ATTENDANCE), framed(covered, len(lines)))[Kind.ATTENDANCE]
    return [(line.number, line.why) for line in found if isinstance(line, BadLine)]


@pytest.mark.parametrize(("file", "line"), [("utf-8", "iso-8859-1"), ("iso-8859-1", "utf-8")])
def test_a_line_in_another_charset_than_its_file_is_left_aside_alone(file: str, line: str) -> None:
    assert mixed(file, one(number="A").encode(file), one().encode(line)) == [(3, "charset")]


def test_a_byte_that_only_windows_has_is_no_latin() -> None:
    assert mixed("iso-8859-1", one("pr\u0153sent").encode("cp1252")) == [(2, "charset")]


@pytest.mark.parametrize("between", ["\t", "\x00", "\n", "\u2028"])
def test_a_character_that_no_field_has_is_left_aside(between: str) -> None:
    assert mixed("utf-8", one(f"pré{between}sent").encode()) == [(2, "control")]


@pytest.mark.parametrize("charset", ["utf-16", "cp437"])
def test_a_header_that_proves_nothing_refuses_the_file(charset: str) -> None:
    covered = make.ATTENDANCE[0].encode(charset) + b"\r\n"
    with pytest.raises(FileRefused, match="header"):
        read(file_name(Kind.ATTENDANCE), framed(covered, 0))


@given(st.sampled_from(sorted(GOLDEN)).flatmap(lambda name: st.tuples(st.just(name), mutations(GOLDEN[name]))))
def test_whatever_the_bytes_it_is_read_or_refused(given_file: tuple[str, bytes]) -> None:
    with suppress(FileRefused):
        read(*given_file)


def test_every_cut_is_seen() -> None:
    name = f"PRE_{SENDER}_20260908_001.csv"
    for end in range(len(GOLDEN[name])):
        with pytest.raises(FileTruncated):
            read(name, GOLDEN[name][:end])


def test_a_changed_line_is_called_altered() -> None:
    name = f"DEC_{SENDER}_20260903_001.csv"
    with pytest.raises(FileAltered):
        read(name, GOLDEN[name].replace(b";4;", b";1;"))


@pytest.mark.parametrize(
    "name",
    [
        "../DEC_91000052000015_20260903_001.csv",
        "DEC_91000052000015_20260903_001.zip",
        "RET_91000052000015_20260903_001.csv",
        "DEC_91000052000016_20260903_001.csv",
        "DEC_91000052000015_20261303_001.csv",
        "DEC_91000052000015_20260903_001.csv.part",
    ],
)
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(FileRefused, match="name"):
        named(name)


def zipped(**files: bytes) -> bytes:
    return zipped_as({f"{name}.csv": content for name, content in files.items()})


def zipped_as(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    body = BytesIO()
    with zipfile.ZipFile(body, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


INNER = zipped(decisions=b"x")
LOCKED = bytearray(INNER)
for start in (6, INNER.index(b"PK\x01\x02") + 8):
    LOCKED[start] |= 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PK\x03\x04",
        b"MZ" + INNER,
        INNER[:-10],
        bytes(LOCKED),
        zipped_as({"../decisions.csv": b"x"}),
        zipped_as({"/etc/decisions.csv": b"x"}),
        zipped_as({"decisions.csv/": b""}),
        zipped_as({"sub/decisions.csv": b"x"}),
        zipped_as({"decisions.csvX.exe": b"x"}).replace(b"csvX.exe", b"csv\0.exe"),
        zipped_as({"retours.zip": INNER}),
        zipped_as({"decisions.csv": b"x" * 100}, zipfile.ZIP_LZMA),
        zipped_as({}),
    ],
)
def test_a_zip_that_holds_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(ArchiveRefused):
        list(parts(named(f"RET_{SENDER}_20260903_001.zip"), body))


def test_an_archive_in_the_place_of_a_file_is_no_file() -> None:
    with pytest.raises(FileRefused):
        read(f"RET_{SENDER}_20260903_001.zip", zipped(decisions=INNER))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused() -> None:
    body = BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("decisions.csv", b"1")
        archive.writestr("decisions.csv", b"2")
    with pytest.raises(ArchiveRefused):
        list(parts(named(f"RET_{SENDER}_20260903_001.zip"), body.getvalue()))


def test_what_unfolds_beyond_all_measure_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FILE_MAX_BYTES", 100_000)
    honest = zipped(decisions=b"\0" * 100_001)
    name = named(f"RET_{SENDER}_20260903_001.zip")
    with pytest.raises(FileTooLarge):
        list(parts(name, honest))
    # The same, whose directory says that it unfolds to ten bytes.
    at = honest.index(b"PK\x01\x02") + 24
    lying = honest[:at] + struct.pack("<I", 10) + honest[at + 4 :]
    with pytest.raises(FileRefused):
        list(parts(name, lying))


def test_several_that_are_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FILE_MAX_BYTES", 100_000)
    files = {Kind.DECISIONS: b"\0" * 60_000, Kind.ATTENDANCE: b"\0" * 60_000}
    with pytest.raises(FileTooLarge):
        list(parts(named(f"RET_{SENDER}_20260903_001.zip"), packed(files)))


def test_a_file_that_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(FileTooLarge):
        list(parts(named(f"DEC_{SENDER}_20260903_001.csv"), b"\0" * (FILE_MAX_BYTES + 1)))


def test_what_cannot_be_written_is_not_written() -> None:
    row = Attendance("B-1", UUID(int=1), date(2026, 9, 7), "a;b", Presence.PRESENT)
    with pytest.raises(ValueError, match="end of a field"):
        written(Kind.ATTENDANCE, [row], Charset.UTF_8)


def test_nothing_of_a_child_is_shown() -> None:
    row = Registration(
        "I-1",
        UUID(make.CHILD),
        "2026-2027",
        "canteen_enrolment",
        Standing.STRUCK,
        date(2026, 9, 1),
        date(2026, 9, 2),
        frozenset(),
    )
    assert make.CHILD not in repr(row)
