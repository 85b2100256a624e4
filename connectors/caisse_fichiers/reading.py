"""Bytes to pupils: the Caisse's side of the same format, refusing anything that is not exactly it."""

import hashlib
import re
from datetime import date
from uuid import UUID

from connectors.caisse_fichiers.pupils import PupilFile, PupilLine, split_name
from connectors.caisse_fichiers.writing import CHARSET, COLUMNS, END, TRAILER
from connectors.errors import FileAltered, FileRefused, FileTruncated
from contracts.identifiers import Siret

_TRAILER = re.compile(TRAILER + r";([0-9]{1,9});([0-9a-f]{64})")
_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_BAND = re.compile(r"[0-9]{1,2}")


def read(name: str, body: bytes) -> PupilFile:
    """Return what the file called ``name`` says.

    Raises:
        FileTruncated: it has no trailer, or fewer or more lines than the trailer counts.
        FileAltered: the digest is not that of the lines.
        FileRefused: a name, header or field is not what the format prescribes; the detail gives the line number.
    """
    parts = split_name(name)
    if parts is None:
        raise FileRefused("file name")
    text = body.decode(CHARSET)
    if not text.endswith(END):
        raise FileTruncated
    rows = text.removesuffix(END).split(END)
    found = _TRAILER.fullmatch(rows[-1])
    if found is None:
        raise FileTruncated
    header, lines = rows[0], rows[1:-1]
    if len(rows) < 2 or header != ";".join(COLUMNS):
        raise FileRefused("header")
    if int(found[1]) != len(lines):
        raise FileTruncated
    covered = body[: -len(rows[-1] + END)]
    if hashlib.sha256(covered).hexdigest() != found[2]:
        raise FileAltered
    recipient, day, sequence = parts
    return PupilFile(
        Siret(recipient), day, sequence, tuple(_line(number, row) for number, row in enumerate(lines, start=2))
    )


def _line(number: int, row: str) -> PupilLine:
    cells = row.split(";")
    if len(cells) != len(COLUMNS):
        raise FileRefused(f"line {number}: {len(cells)} fields")
    reference, family, first, born, year, service, status, band, grade, evidence = cells
    if band and not _BAND.fullmatch(band):
        raise FileRefused(f"line {number}: tranche_proposee")
    try:
        return PupilLine(
            reference=UUID(reference),
            family_name=family,
            first_name=first,
            birth_date=_day(born),
            school_year=year,
            service=service,
            requirement_status=status,
            proposed_band=int(band) if band else None,
            grade=grade,
            evidence_date=_day(evidence) if evidence else None,
        )
    except ValueError:
        raise FileRefused(f"line {number}: a date or the reference") from None


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError("not dd/mm/yyyy")
    return date(int(found[3]), int(found[2]), int(found[1]))
