"""What is written is read back; what is not the format is refused; what could not be written is told."""

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.caisse_fichiers.codec import PupilFileCodec
from connectors.caisse_fichiers.pupils import Mark, PupilFile, PupilLine
from connectors.caisse_fichiers.reading import read
from connectors.caisse_fichiers.writing import latin, write
from connectors.errors import FileAltered, FileRefused, FileTruncated
from connectors.port import Exchange
from contracts.outcomes import OutcomeKind, Phase
from tests.unit.connectors.wire import SIRET, answer, binding, broken, exchanges

CODEC = PupilFileCodec()


def line(number: int = 1, **changes: Any) -> PupilLine:
    whole: dict[str, Any] = {
        "reference": UUID(int=number),
        "family_name": "OUVRARD",
        "first_name": "Maëlle",
        "birth_date": date(2018, 6, 5),
        "school_year": "2026-2027",
        "service": "canteen_tariff",
        "requirement_status": "satisfied",
        "proposed_band": 4,
        "grade": "sealed",
        "evidence_date": date(2026, 9, 1),
    }
    return PupilLine(**(whole | changes))


def pupils(*lines: PupilLine, sequence: int = 1) -> PupilFile:
    return PupilFile(SIRET, date(2026, 9, 14), sequence, lines)


def test_the_file_is_what_the_format_says() -> None:
    file = write(pupils(line()))
    assert file.name == "DSU_13002526500013_20260914_001.csv"
    rows = file.body.split(b"\r\n")
    assert rows[1].decode("iso-8859-1") == (
        f"{UUID(int=1)};OUVRARD;Maëlle;05/06/2018;2026-2027;canteen_tariff;satisfied;4;sealed;01/09/2026"
    )
    covered = b"\r\n".join(rows[:2]) + b"\r\n"
    assert rows[2].decode() == f"FIN;1;{hashlib.sha256(covered).hexdigest()}"
    assert rows[3] == b""


latin_text = st.text(st.characters(codec="iso-8859-1", exclude_characters=";", exclude_categories=["Cc"]), max_size=40)
lines = st.builds(
    line,
    number=st.integers(1, 2**64),
    family_name=latin_text.filter(lambda text: not text.startswith(("=", "+", "@"))),
    first_name=latin_text.filter(lambda text: not text.startswith(("=", "+", "@"))),
    birth_date=st.dates(),
    proposed_band=st.one_of(st.none(), st.integers(1, 10)),
    evidence_date=st.one_of(st.none(), st.dates()),
)


@given(st.lists(lines, max_size=6, unique_by=lambda line: line.reference), st.integers(1, 999))
def test_what_is_written_is_read_back(some: list[PupilLine], sequence: int) -> None:
    told = pupils(*some, sequence=sequence)
    file = write(told)
    assert (file.losses, file.refused) == ((), ())
    back = read(file.name, file.body)
    assert (back.recipient, back.day, back.sequence) == (told.recipient, told.day, told.sequence)
    assert sorted(back.lines, key=lambda x: str(x.reference)) == sorted(some, key=lambda x: str(x.reference))


@given(st.permutations([line(n) for n in range(1, 6)]))
def test_the_same_pupils_in_any_order_are_the_same_bytes(some: list[PupilLine]) -> None:
    assert write(pupils(*some)).body == write(pupils(*sorted(some, key=lambda x: str(x.reference)))).body


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_name_is_written_or_refused_and_never_breaks_the_file(family: str, first: str) -> None:
    file = write(pupils(line(family_name=family, first_name=first)))
    assert len(read(file.name, file.body).lines) + bool(file.refused) == 1


@pytest.mark.parametrize("name", ["A;B", "A\nB", "A\rB", "A\x85B", "=1+1", "@x", "A\u2028B", "x" * 121, "\ud800"])
def test_a_name_that_would_break_the_file_leaves_its_line_out(name: str) -> None:
    file = write(pupils(line(1, family_name=name), line(2)))
    assert file.refused == (Mark(UUID(int=1), "nom"),)
    assert [row.reference for row in read(file.name, file.body).lines] == [UUID(int=2)]


@pytest.mark.parametrize(
    ("name", "written"),
    [("ŒUVRARD", "OEUVRARD"), ("N’Diaye", "N'Diaye"), ("Łukasz", "Lukasz"), ("Ÿ", "Y"), ("Đặng", "Dang"), ("王", "?")],
)
def test_what_latin_lacks_is_spelled_out_and_told(name: str, written: str) -> None:
    file = write(pupils(line(family_name=name)))
    assert latin(name) == written
    assert file.losses == (Mark(UUID(int=1), "nom"),)
    assert read(file.name, file.body).lines[0].family_name == written


def test_a_decomposed_accent_is_no_loss() -> None:
    assert write(pupils(line(first_name="Mae\u0308lle"))).losses == ()


def test_a_line_twice_is_told() -> None:
    assert write(pupils(line(), line())).refused == (Mark(UUID(int=1), "service"),)


def test_every_cut_is_seen() -> None:
    file = write(pupils(line(1), line(2)))
    for end in range(len(file.body)):
        with pytest.raises(FileTruncated):
            read(file.name, file.body[:end])


def test_every_changed_byte_is_seen() -> None:
    file = write(pupils(line()))
    for at in range(len(file.body)):
        changed = file.body[:at] + bytes([file.body[at] ^ 1]) + file.body[at + 1 :]
        with pytest.raises(FileRefused):
            read(file.name, changed)


def test_an_altered_line_is_called_altered() -> None:
    file = write(pupils(line()))
    with pytest.raises(FileAltered):
        read(file.name, file.body.replace(b";4;", b";1;"))


@pytest.mark.parametrize("name", ["x.csv", "DSU_1_20260914_001.csv", "DSU_13002526500013_20261399_001.csv"])
def test_another_file_name_is_refused(name: str) -> None:
    with pytest.raises(FileRefused):
        read(name, write(pupils(line())).body)


@pytest.mark.parametrize("sequence", [0, 1000])
def test_a_sequence_has_three_digits(sequence: int) -> None:
    with pytest.raises(ValueError, match="sequence"):
        write(pupils(line(), sequence=sequence))


def test_a_file_for_another_body_is_not_written() -> None:
    with pytest.raises(ValueError, match="another body"):
        CODEC.encode(PupilFile(SIRET[::-1], date(2026, 9, 14), 1, ()), binding())  # type: ignore[arg-type]  # no SIRET, which is what is tried


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        (answer(201, x_sha256="ab"), OutcomeKind.APPLIED),
        (answer(200), OutcomeKind.DUPLICATE),
        (answer(409), OutcomeKind.CONFLICT),
        (answer(500), OutcomeKind.CONTRACT_BREACH),
        (broken(Phase.NOT_SENT), OutcomeKind.UNAVAILABLE),
        (broken(Phase.SENT), OutcomeKind.UNAVAILABLE),
    ],
)
def test_each_hand_over_has_its_outcome(exchange: Exchange, kind: OutcomeKind) -> None:
    assert CODEC.decode(pupils(line()), exchange).kind is kind


def test_a_refused_line_makes_it_partial_and_shows_references_only() -> None:
    outcome = CODEC.decode(pupils(line(1, family_name="A;B"), line(2)), answer(201))
    assert outcome.kind is OutcomeKind.PARTIAL
    assert outcome.data["written"] == [str(UUID(int=2))]
    assert outcome.data["refused"] == [{"reference": str(UUID(int=1)), "field": "nom"}]
    assert "OUVRARD" not in str(outcome.data) + repr(write(pupils(line())))


@given(exchanges(st.binary(max_size=10)))
def test_decode_is_total(exchange: Exchange) -> None:
    assert CODEC.decode(pupils(line()), exchange).kind
