"""Bytes to pupils: the Caisse's side of the same format, refusing anything that is not exactly it."""

import re
from datetime import date
from uuid import UUID

from connectors.caisse_fichiers.fields import as_day
from connectors.caisse_fichiers.framing import END, whole
from connectors.caisse_fichiers.pupils import PupilFile, PupilLine, split_name
from connectors.caisse_fichiers.writing import CHARSET, COLUMNS
from connectors.errors import FileRefused
from contracts.identifiers import Siret

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
    covered, _ = whole(body)
    header, *lines = covered.decode(CHARSET).removesuffix(END).split(END)
    if header != ";".join(COLUMNS):
        raise FileRefused("header")
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
    found = as_day(text)
    if found is None:
        raise ValueError("not dd/mm/yyyy")
    return found
