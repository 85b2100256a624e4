"""Pupils to bytes, always the same bytes for the same pupils, with what could not be written as it was."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date

from connectors.caisse_fichiers.framing import END, FIELD_MAX, UNPRINTED, framed
from connectors.caisse_fichiers.pupils import Mark, PupilFile, PupilLine

COLUMNS = (
    "reference",
    "nom",
    "prenom",
    "date_naissance",
    "annee_scolaire",
    "service",
    "etat",
    "tranche_proposee",
    "qualite",
    "date_justificatif",
)
CHARSET = "iso-8859-1"

_SPELLED = str.maketrans(
    {
        "Œ": "OE",
        "œ": "oe",
        "ẞ": "SS",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "\u0131": "i",
        "İ": "I",
        "\u2019": "'",
        "\u2018": "'",
        "\u02bc": "'",
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u202f": " ",
    }
)
_FORMULA = ("=", "+", "@")


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """The file, what was transliterated in it, and which lines were left out and why."""

    name: str
    body: bytes = field(repr=False)
    written: tuple[PupilLine, ...] = field(repr=False)
    losses: tuple[Mark, ...] = ()
    refused: tuple[Mark, ...] = ()


def write(pupils: PupilFile) -> WrittenFile:
    """Return the file of ``pupils``; lines are in the order of reference and service.

    Raises:
        ValueError: the sequence is not between 1 and 999.
    """
    losses: list[Mark] = []
    refused: list[Mark] = []
    written: list[PupilLine] = []
    rows = [";".join(COLUMNS)]
    seen: set[tuple[object, str]] = set()
    for line in sorted(pupils.lines, key=lambda line: (str(line.reference), line.service)):
        row, lost, bad = _row(line)
        if (line.reference, line.service) in seen:
            bad = ["service"]
        seen.add((line.reference, line.service))
        refused += [Mark(line.reference, name) for name in bad]
        if bad:
            continue
        rows.append(row)
        written.append(line)
        losses += [Mark(line.reference, name) for name in lost]
    covered = "".join(row + END for row in rows).encode(CHARSET)
    return WrittenFile(pupils.name, framed(covered, len(written)), tuple(written), tuple(losses), tuple(refused))


def unwritable(line: PupilLine) -> list[str]:
    """Return the columns of a line that the file cannot say; with any, :func:`write` would leave the line out."""
    return _row(line)[2]


def _row(line: PupilLine) -> tuple[str, list[str], list[str]]:
    """Return the row, the names of the columns that lost a character, and those that cannot be written."""
    cells = (
        str(line.reference),
        line.family_name,
        line.first_name,
        as_text(line.birth_date),
        line.school_year,
        line.service,
        line.requirement_status,
        "" if line.proposed_band is None else str(line.proposed_band),
        line.grade,
        "" if line.evidence_date is None else as_text(line.evidence_date),
    )
    texts = [latin(cell) for cell in cells]
    named = list(zip(COLUMNS, cells, texts, strict=True))
    lost = [name for name, cell, text in named if text != unicodedata.normalize("NFC", cell)]
    bad = [name for name, _, text in named if not _writable(text)]
    return ";".join(texts), lost, bad


def as_text(day: date) -> str:
    """Return a date as the format writes it, ``dd/mm/yyyy``."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def _writable(text: str) -> bool:
    plain = ";" not in text and len(text) <= FIELD_MAX and not text.startswith(_FORMULA)
    if text.isascii() and text.isprintable():
        # Nearly every field is: looking each letter up took a third of the time of a night.
        return plain
    return plain and not any(unicodedata.category(letter) in UNPRINTED for letter in text)


def latin(text: str) -> str:
    """Return ``text`` in ISO-8859-1: as it is where it fits, else spelled out, without its accent, or ``?``."""
    if text.isascii():
        return text
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", text))


def _letter(letter: str) -> str:
    # Surrogates and separators stay as they are, so that the line is refused rather than quietly changed.
    if ord(letter) < 256 or unicodedata.category(letter) in UNPRINTED:
        return letter
    spelled = letter.translate(_SPELLED)
    if spelled == letter:
        spelled = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    # A compatibility form may unfold to the separator, or to nothing at all.
    fits = spelled and all(ord(c) < 256 and c.isprintable() and c != ";" for c in spelled)
    return spelled if fits else "?"
