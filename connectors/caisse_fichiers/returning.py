"""What the Caisse's software writes for us: the same rows as :mod:`connectors.caisse_fichiers.returns` reads, as bytes."""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from io import BytesIO
from typing import TypeVar

from connectors.caisse.words import AMENDS_FR, KINDS_FR, PARITIES_FR, REFUSALS_FR, REMEDIES_FR
from connectors.caisse_fichiers import returns
from connectors.caisse_fichiers.archives import MEMBERS, Kind
from connectors.caisse_fichiers.framing import END, Charset, framed
from connectors.caisse_fichiers.returns import Attendance, Registration, Row
from connectors.caisse_fichiers.writing import as_text
from contracts.calendar import Parity
from contracts.decisions import Decision, Payer

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
WordT = TypeVar("WordT")


def written(kind: Kind, rows: Sequence[Row], charset: Charset) -> bytes:
    """Return a CSV of ``rows``, which are all of one kind.

    Raises:
        ValueError: a field holds what ends a field or a line, or a letter that is none of ``charset``.
    """
    columns, cells = {
        Kind.DECISIONS: (returns.DECISION_COLUMNS, _decision),
        Kind.ATTENDANCE: (returns.ATTENDANCE_COLUMNS, _attendance),
        Kind.REGISTRATIONS: (returns.REGISTRATION_COLUMNS, _registration),
    }[kind]
    lines = [columns, *(cells(row) for row in rows)]  # type: ignore[operator]  # each kind has rows of its own
    if any(mark in cell for line in lines for cell in line for mark in ";\r\n"):
        raise ValueError("a field holds the end of a field or of a line")
    return framed("".join(";".join(line) + END for line in lines).encode(charset), len(rows))


def packed(files: Mapping[Kind, bytes]) -> bytes:
    """Return several CSV as one ZIP, always the same bytes for the same files."""
    names = {kind: name for name, kind in MEMBERS.items()}
    body = BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, content in files.items():
            archive.writestr(zipfile.ZipInfo(names[kind], _LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return body.getvalue()


def _decision(told: Decision) -> tuple[str, ...]:
    own, other = told.payers or (None, None)
    return (
        told.number,
        _word(KINDS_FR, told.kind),
        str(told.line),
        told.service,
        _day(told.decided_on),
        _day(told.notified_on),
        _day(told.valid_from),
        _day(told.valid_until),
        told.band,
        *_parity_and_share(own),
        "" if other is None else str(other.line),
        "" if other is None else other.band,
        *_parity_and_share(other),
        "" if told.school is None else told.school.name,
        "" if told.school is None else told.school.uai,
        _word(REFUSALS_FR, told.refused_for),
        _word(AMENDS_FR, None if told.amends is None else told.amends.kind),
        "" if told.amends is None else told.amends.number,
        told.author.service,
        told.author.function,
        "|".join(f"{_word(REMEDIES_FR, one.kind)},{one.within_months},{one.before}" for one in told.remedies),
    )


def _parity_and_share(payer: Payer | None) -> tuple[str, str]:
    if payer is None:
        return "", ""
    return _word(PARITIES_FR, payer.parity), str(payer.share) if payer.parity is Parity.EVERY else ""


def _attendance(told: Attendance) -> tuple[str, ...]:
    return told.number, str(told.reference), _day(told.day), told.service, _plain(told.presence)


def _registration(told: Registration) -> tuple[str, ...]:
    days = "".join(str(day) for day in sorted(told.days))
    start = (told.number, str(told.reference), told.school_year, told.service, _plain(told.standing))
    return (*start, _day(told.since), _day(told.until), days)


def _word(words: Mapping[str, WordT], meant: WordT) -> str:
    return next(word for word, value in words.items() if value == meant)


def _plain(word: StrEnum) -> str:
    return word.value


def _day(day: date | None) -> str:
    return "" if day is None else as_text(day)
