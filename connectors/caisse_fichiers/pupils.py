"""What the file says, in our words: children, their services, the state of their papers, a proposed band."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from contracts.identifiers import Siret

SEQUENCE_MAX = 999
_FILE_NAME = re.compile(r"DSU_([0-9]{14})_([0-9]{8})_([0-9]{3})\.csv")


@dataclass(frozen=True, slots=True, repr=False)
class PupilLine:
    """One child and one service; ``reference`` is the child's pseudonym for this Caisse and no other body."""

    reference: UUID
    family_name: str
    first_name: str
    birth_date: date
    school_year: str
    service: str
    requirement_status: str
    proposed_band: int | None
    grade: str
    evidence_date: date | None

    def __repr__(self) -> str:
        """Show the pseudonym and nothing of the child."""
        return f"PupilLine(reference={self.reference})"


@dataclass(frozen=True, slots=True)
class PupilFile:
    """The lines of one day for one Caisse; a correction takes the next ``sequence`` (1 to 999)."""

    recipient: Siret
    day: date
    sequence: int
    lines: Sequence[PupilLine]

    @property
    def name(self) -> str:
        """The file's name.

        Raises:
            ValueError: the sequence is not between 1 and 999.
        """
        if not 1 <= self.sequence <= SEQUENCE_MAX:
            raise ValueError("a sequence is between 1 and 999")
        return f"DSU_{self.recipient}_{self.day:%Y%m%d}_{self.sequence:03d}.csv"


@dataclass(frozen=True, slots=True)
class Mark:
    """A field of a line that could not be written as it is; never the value."""

    reference: UUID
    field: str


def split_name(name: str) -> tuple[str, date, int] | None:
    """Return recipient, day and sequence of a file name, or None when it is not one of ours."""
    found = _FILE_NAME.fullmatch(name)
    if found is None:
        return None
    siret, day, sequence = found.groups()
    try:
        return siret, date(int(day[:4]), int(day[4:6]), int(day[6:])), int(sequence)
    except ValueError:
        return None
