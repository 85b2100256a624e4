"""What a Caisse tells us, line by line: its decisions, who was there, and whom it has on its register."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from connectors.caisse.words import AMENDS_FR, KINDS_FR, PARITIES_FR, REFUSALS_FR, REMEDIES_FR
from connectors.caisse_fichiers.archives import FileName, Kind, parts
from connectors.caisse_fichiers.fields import Fields, WrongField
from connectors.caisse_fichiers.framing import BadLine, Charset, Frame, opened
from contracts.decisions import (
    Amendment,
    Author,
    Decision,
    Payer,
    Remedy,
    School,
)
from contracts.identifiers import PartnerPseudonym, Siret

REPEATED = "repeated"
"""Why a line is left aside whose number another line of the file had before."""


class Presence(StrEnum):
    """Whether a child was there."""

    PRESENT = "présent"
    ABSENT = "absent"
    EXCUSED = "excusé"


class Standing(StrEnum):
    """Where a child stands on a register."""

    REGISTERED = "inscrit"
    WAITING = "en attente"
    STRUCK = "radié"


@dataclass(frozen=True, slots=True, repr=False)
class Attendance:
    """Whether one child was there on one day; ``number`` is the Caisse's own, for two events may share all else."""

    number: str
    reference: UUID
    day: date
    service: str
    presence: Presence


@dataclass(frozen=True, slots=True, repr=False)
class Registration:
    """One child on the Caisse's register, from a day to another; ``days`` are those of the week, Monday 1 to Sunday 7."""

    number: str
    reference: UUID
    school_year: str
    service: str
    standing: Standing
    since: date
    until: date
    days: frozenset[int]


Row = Decision | Attendance | Registration

DECISION_COLUMNS = (
    *("numéro", "nature", "référence", "service", "décidée_le", "notifiée_le", "effet", "fin", "tranche"),
    *("parité", "part", "autre_référence", "autre_tranche", "autre_parité", "autre_part"),
    *("école", "uai", "motif_refus", "modifie", "numéro_modifié", "auteur_service", "auteur_fonction", "recours"),
)
ATTENDANCE_COLUMNS = ("numéro", "référence", "jour", "service", "présence")
REGISTRATION_COLUMNS = ("numéro", "référence", "année_scolaire", "service", "état", "du", "au", "jours")


@dataclass(frozen=True, slots=True)
class Part:
    """One CSV: what it tells, in which charset it was, and its lines."""

    kind: Kind
    sender: Siret
    frame: Frame

    @property
    def charset(self) -> Charset:
        """What its header proves it to be written in."""
        return self.frame.charset

    @property
    def count(self) -> int:
        """How many lines it has."""
        return self.frame.count

    def rows(self) -> Iterator[tuple[int, Row] | BadLine]:
        """Return each line as its number and what it says, or why it is left aside; one after the other."""
        columns, read = _READERS[self.kind]
        seen: set[str] = set()
        for line in self.frame.cells():
            if isinstance(line, BadLine):
                yield line
                continue
            number, cells = line
            try:
                row = read(Fields(dict(zip(columns, cells, strict=True))), self.sender)
            except WrongField as wrong:
                yield BadLine(number, wrong.column)
                continue
            if row.number in seen:
                yield BadLine(number, REPEATED)
                continue
            seen.add(row.number)
            yield number, row


def read_parts(name: FileName, body: bytes) -> Iterator[Part]:
    """Return each part of a file once its frame is found whole; its lines are read when they are asked for.

    Raises:
        FileRefused: as :func:`connectors.caisse_fichiers.archives.parts` and
            :func:`connectors.caisse_fichiers.framing.opened` do: the file is then none of it taken.
    """
    for kind, content in parts(name, body):
        yield Part(kind, name.sender, opened(content, _READERS[kind][0]))


def _decision(said: Fields, sender: Siret) -> Decision:
    until = said.day_or_none("fin")
    ground = said.one_of("motif_refus", REFUSALS_FR)
    return Decision(
        kind=said.one_of("nature", KINDS_FR),
        decided_by=sender,
        service=said.word("service"),
        line=PartnerPseudonym(said.uuid("référence")),
        number=said.number("numéro"),
        decided_on=said.day("décidée_le"),
        valid_from=said.day("effet"),
        valid_until=until,
        author=Author(said.text("auteur_service"), said.text("auteur_fonction")),
        remedies=_remedies(said),
        notified_on=said.day_or_none("notifiée_le"),
        band=said.band("tranche"),
        payers=_payers(said),
        school=_school(said),
        refused_for=ground,
        amends=_amends(said),
    )


def _remedies(said: Fields) -> tuple[Remedy, ...]:
    """Return ``nature,mois,devant qui`` of each, with ``|`` between them."""
    found = []
    for one in said.text("recours").split("|"):
        kind, _, rest = one.partition(",")
        months, _, before = rest.partition(",")
        if kind not in REMEDIES_FR or not (months.isascii() and months.isdigit() and len(months) <= 2) or not before:
            raise WrongField("recours")
        found.append(Remedy(REMEDIES_FR[kind], before, int(months)))
    return tuple(found)


def _payers(said: Fields) -> tuple[Payer, ...]:
    """Return both payers where the line names another one; the columns of the first mean nothing without a second."""
    other = said.uuid_or_none("autre_référence")
    if other is None:
        said.all_empty("parité", "part", "autre_tranche", "autre_parité", "autre_part")
        return ()
    return (
        _payer(said, "référence", "tranche", "parité", "part"),
        _payer(said, "autre_référence", "autre_tranche", "autre_parité", "autre_part"),
    )


def _payer(said: Fields, reference: str, band: str, parity: str, share: str) -> Payer:
    line = PartnerPseudonym(said.uuid(reference))
    return Payer(line, said.band(band), said.one_of(parity, PARITIES_FR), said.percent(share))


def _school(said: Fields) -> School | None:
    if said.is_empty("école") and said.is_empty("uai"):
        return None
    return School(said.text("école"), said.word("uai"))


def _amends(said: Fields) -> Amendment | None:
    kind = said.one_of("modifie", AMENDS_FR)
    if kind is None:
        said.all_empty("numéro_modifié")
        return None
    return Amendment(kind, said.number("numéro_modifié"))


def _attendance(said: Fields, _sender: Siret) -> Attendance:
    words: Mapping[str, Presence] = {one.value: one for one in Presence}
    return Attendance(
        said.number("numéro"),
        said.uuid("référence"),
        said.day("jour"),
        said.word("service"),
        said.one_of("présence", words),
    )


def _registration(said: Fields, _sender: Siret) -> Registration:
    words: Mapping[str, Standing] = {one.value: one for one in Standing}
    since, until = said.day("du"), said.day("au")
    if until < since:
        raise WrongField("au")
    return Registration(
        number=said.number("numéro"),
        reference=said.uuid("référence"),
        school_year=said.school_year("année_scolaire"),
        service=said.word("service"),
        standing=said.one_of("état", words),
        since=since,
        until=until,
        days=said.weekdays("jours"),
    )


Reader = Callable[[Fields, Siret], Row]
_READERS: dict[Kind, tuple[tuple[str, ...], Reader]] = {
    Kind.DECISIONS: (DECISION_COLUMNS, _decision),
    Kind.ATTENDANCE: (ATTENDANCE_COLUMNS, _attendance),
    Kind.REGISTRATIONS: (REGISTRATION_COLUMNS, _registration),
}
