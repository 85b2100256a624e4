"""What a Caisse leaves for us: one CSV or a ZIP of up to three, named and packed as the format prescribes, or refused."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import BytesIO

from connectors.errors import ArchiveRefused, FileRefused, FileTooLarge
from contracts.identifiers import Siret, is_siret

FILE_MAX_BYTES = 32 * 1024 * 1024
"""A file as it lies in the folder, and all that a ZIP unfolds to."""
_NAME = re.compile(r"(DEC|PRE|INS|RET)_([0-9]{14})_([0-9]{8})_([0-9]{3})\.(csv|zip)")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class Kind(StrEnum):
    """What the lines of a file are."""

    DECISIONS = "decisions"
    ATTENDANCE = "attendance"
    REGISTRATIONS = "registrations"


PREFIXES = {"DEC": Kind.DECISIONS, "PRE": Kind.ATTENDANCE, "INS": Kind.REGISTRATIONS}
MEMBERS = {"decisions.csv": Kind.DECISIONS, "presences.csv": Kind.ATTENDANCE, "inscriptions.csv": Kind.REGISTRATIONS}
ALL = "RET"
"""What a ZIP is called, whichever of the three it holds."""


@dataclass(frozen=True, slots=True)
class FileName:
    """What a name says: who sends it, of which day, and the how manieth."""

    prefix: str
    sender: Siret
    day: date
    sequence: int
    zipped: bool


def named(name: str) -> FileName:
    """Return what the name of a file says.

    Raises:
        FileRefused: it is not what the format prescribes.
    """
    found = _NAME.fullmatch(name)
    if found is None or (found[1] == ALL) is not (found[5] == "zip") or not is_siret(found[2]):
        raise FileRefused("file name")
    prefix, siret, day, sequence, ending = found.groups()
    try:
        on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        raise FileRefused("file name") from None
    return FileName(prefix, Siret(siret), on, int(sequence), ending == "zip")


def parts(name: FileName, body: bytes) -> Iterator[tuple[Kind, bytes]]:
    """Return each CSV of a file and what its lines are, one after the other.

    Raises:
        FileTooLarge: it is over :data:`FILE_MAX_BYTES`, packed or unfolded; no byte beyond that is ever held.
        ArchiveRefused: the ZIP is broken, locked, doubled, packed in another way, or holds anything that is not one of
            :data:`MEMBERS`: a path, a folder, another archive.
    """
    if len(body) > FILE_MAX_BYTES:
        raise FileTooLarge
    if not name.zipped:
        yield PREFIXES[name.prefix], body
        return
    yield from _unfolded(body)


def _unfolded(body: bytes) -> Iterator[tuple[Kind, bytes]]:
    if not body.startswith(b"PK\x03\x04"):
        raise ArchiveRefused("not a zip")
    room = FILE_MAX_BYTES
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            members = archive.infolist()
            _check(members)
            for member in members:
                with archive.open(member) as stream:
                    # What the archive says of its sizes is the sender's word; what is held is counted.
                    content = stream.read(room + 1)
                room -= len(content)
                if room < 0:
                    raise FileTooLarge
                yield MEMBERS[member.filename], content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise ArchiveRefused(type(error).__name__) from None


def _check(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if not names or len(set(names)) != len(names):
        raise ArchiveRefused("nothing in it, or one name twice")
    for member in members:
        # `orig_filename` too: the library cuts a name at a zero byte.
        if member.filename not in MEMBERS or member.orig_filename != member.filename:
            raise ArchiveRefused("a name that the format does not know")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            raise ArchiveRefused("locked, or packed in another way")
        if member.file_size > FILE_MAX_BYTES:
            raise FileTooLarge
