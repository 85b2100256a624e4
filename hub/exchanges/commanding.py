"""What is said of lines, as the commands of the connectors: under the body's own names of everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from connectors.caisse.commands import Child, Family, Line, Register, SynchroniseFamilies
from connectors.errors import MessageOutsideContract, SecretMissing
from connectors.paris_familles.commands import Content as Said
from connectors.paris_familles.commands import Create, Update
from contracts.identifiers import Siret
from hub.exchanges.contents import Content
from hub.exchanges.ways import Way
from hub.partners.pseudonyms import Named, pseudonyms
from vault.db import WriteTx

NO_STAMP = "0"
"""Given back where a body told no date of its last change: it answers with the one that it has."""


@dataclass(frozen=True, slots=True)
class Names:
    """What one body calls lines, children and those who pay, by our identifiers."""

    lines: Mapping[UUID, UUID]
    children: Mapping[UUID, UUID]
    payers: Mapping[UUID, UUID]

    @classmethod
    def coined(cls, tx: WriteTx, siret: Siret, contents: Sequence[Content]) -> "Names":
        """Return the names of all that is in ``contents``, coined where it is the first time."""
        return cls(
            pseudonyms(tx, siret, Named.FILE, [one.line_id for one in contents]),
            pseudonyms(tx, siret, Named.CHILD, list({one.child_id for one in contents})),
            pseudonyms(tx, siret, Named.PAYER, list({one.payer_id for one in contents})),
        )


@dataclass(frozen=True, slots=True)
class Telling:
    """One line that a body is told of: what is said, and what the body is known to call it."""

    content: Content
    reference: UUID
    child: UUID
    family: UUID
    revision: int = 1
    goes_by: UUID | None = None
    number: str = ""
    stamp: str = ""

    @property
    def digest(self) -> bytes:
        """What is said, in one number: what is as it was told is not told again."""
        return self.content.digest(self.reference)

    def line(self) -> Line:
        """Return it as every Caisse and agency is told; raises ``pydantic.ValidationError``."""
        said = self.content
        child = Child(
            reference=self.child,
            family_name=said.family_name,
            first_name=said.first_name,
            birth_date=said.born_on,
        )
        return Line(
            line=self.reference,
            child=child,
            service=said.service,
            school_year=said.school_year,
            proposed_band=said.band,
        )

    def registration(self) -> Said:
        """Return it as Paris Familles is told; raises ``pydantic.ValidationError``."""
        said = self.content
        return Said(
            line=self.reference,
            child=self.child,
            family_name=said.family_name,
            first_name=said.first_name,
            birth_date=said.born_on,
            service=said.service,
            school_year=said.school_year,
            tariff=said.tariff,
        )


def writable(way: Way, telling: Telling) -> bool:
    """Tell whether the dialect of a body has a way to say this: found out before anything of it is released."""
    try:
        # One line alone: whether it fits does not depend on the message it goes in.
        way.codec.encode(one_line(way, telling), way.binding)
    except (ValidationError, MessageOutsideContract):
        return False
    except SecretMissing:
        # What plans holds no partner's secret; a message is held against its schema before its headers are written.
        return True
    return True


def one_line(way: Way, telling: Telling) -> Any:
    """Return the command that tells of one line: an enrolment, or a registration that is made or changed."""
    if "create" not in way.codec.manifest.operations:
        line = telling.line()
        if telling.goes_by is not None:
            line = line.model_copy(update={"line": telling.goes_by})
        return Register(line=line, revision=telling.revision)
    content = telling.registration()
    if not telling.number:
        return Create(content=content, revision=telling.revision)
    return Update(
        registration=telling.number,
        last_update_date=telling.stamp or NO_STAMP,
        content=content,
        revision=telling.revision,
    )


def families(
    day: date, sequence: int, told: Sequence[Telling], gone: Mapping[UUID, Sequence[UUID]]
) -> SynchroniseFamilies:
    """Return one message about families, each under what the body calls it now; ``gone`` are lines it is rid of."""
    by_family: dict[UUID, list[Line]] = {reference: [] for reference in gone}
    for one in told:
        by_family.setdefault(one.goes_by or one.family, []).append(one.line())
    return SynchroniseFamilies(
        day=day,
        sequence=sequence,
        families=tuple(
            Family(reference=reference, lines=tuple(lines), gone=tuple(gone.get(reference, ())))
            for reference, lines in by_family.items()
        ),
    )
