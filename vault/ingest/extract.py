"""Take the typed values of a paper, each with its place: from the seal where one holds, else from the words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from contracts.documents import EvidenceType
from contracts.readings import Field
from vault.ingest.fields import civil, health, housing, identity, money, school, statements
from vault.ingest.fields.found import Values
from vault.ingest.fields.sealed import SEALED_TYPES, agrees, located, values_of
from vault.ingest.fields.sheet import Sheet
from vault.ingest.fields.wanted import signed_on
from vault.ingest.masking import numbers
from vault.ingest.words import Box, Place, Word
from vault.seals.verdict import SealVerdict

__all__ = ["SEALED_TYPES", "Extract", "Place", "agrees", "from_seal", "from_words", "laid_out"]

MAX_VALUE = 400
"""Letters of a value; what is longer is no value of a field."""
MAX_WORDS = 4_000
"""Words read for values: what counts stands on the first pages."""
CERTAIN = 1.0
"""How sure a value of a text layer is; nothing an engine made out of pixels is as sure."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A kind of paper, its values by name of :class:`~contracts.readings.Field`, and where they stand."""

    evidence_type: EvidenceType = EvidenceType.UNKNOWN
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)

    @property
    def issued_on(self) -> date | None:
        """The paper's own date, where it was read."""
        text = self.fields.get(Field.ISSUED_ON)
        return date.fromisoformat(text) if text else None

    @property
    def exact(self) -> bool:
        """Whether no value was made out of pixels: only then may a signature over the file vouch for the values."""
        return all(place.confidence >= CERTAIN for place in self.places.values())


_READERS: Final[Mapping[EvidenceType, Callable[[Sheet], Values]]] = {
    EvidenceType.PROOF_OF_ADDRESS: housing.proof_of_address,
    EvidenceType.TAX_NOTICE: money.tax_notice,
    EvidenceType.QUOTIENT_FAMILIAL: money.quotient_familial,
    EvidenceType.PAYSLIP: money.payslip,
    EvidenceType.UNEMPLOYMENT_STATEMENT: money.unemployment_statement,
    EvidenceType.BIRTH_CERTIFICATE: civil.birth_certificate,
    EvidenceType.DEATH_CERTIFICATE: civil.death_certificate,
    EvidenceType.FAMILY_RECORD_BOOK: civil.family_record_book,
    EvidenceType.IDENTITY_PAPER: identity.identity_paper,
    EvidenceType.VACCINATION_RECORD: health.vaccination,
    EvidenceType.CUSTODY_JUDGMENT: statements.judgment,
    EvidenceType.HOSTING_STATEMENT: statements.hosting,
    EvidenceType.SWORN_STATEMENT: statements.sworn,
    EvidenceType.SCHOOL_INSURANCE: school.insurance,
    EvidenceType.SCHOOL_CERTIFICATE: school.certificate,
    EvidenceType.CERTIFICATE_OF_REMOVAL: school.removal,
}

_SIGNED: Final = frozenset(
    {
        EvidenceType.PROOF_OF_ADDRESS,
        EvidenceType.QUOTIENT_FAMILIAL,
        EvidenceType.UNEMPLOYMENT_STATEMENT,
        EvidenceType.HOSTING_STATEMENT,
        EvidenceType.SWORN_STATEMENT,
        EvidenceType.SCHOOL_INSURANCE,
        EvidenceType.SCHOOL_CERTIFICATE,
        EvidenceType.CERTIFICATE_OF_REMOVAL,
    }
)
"""Kinds whose own date stands with a signature at their foot."""


def from_words(evidence_type: EvidenceType, words: Sequence[Word]) -> Extract:
    """Return what a paper of this kind says, as far as it is found; a value that holds a NIR or tax number is left out."""
    reader = _READERS.get(evidence_type)
    if reader is None or not words:
        return Extract(evidence_type)
    sheet = Sheet(words[:MAX_WORDS])
    said = dict(reader(sheet))
    if evidence_type in _SIGNED and said.get(Field.ISSUED_ON) is None:
        said[Field.ISSUED_ON] = signed_on(sheet)
    found = {
        name: value
        for name, value in said.items()
        if value is not None and value.value and len(value.value) <= MAX_VALUE and not any(numbers(value.value))
    }
    fields = {name.value: value.value for name, value in found.items()}
    return Extract(evidence_type, fields, {name.value: value.place for name, value in found.items()})


def from_seal(seal: SealVerdict, words: Sequence[Word] = ()) -> Extract:
    """Return what a seal that holds says, and where ``words`` say the same; an unknown kind where we read none such."""
    evidence_type = SEALED_TYPES.get(seal.document_type, EvidenceType.UNKNOWN)
    values = values_of(evidence_type, seal)
    fields = {name.value: value for name, value in values.items() if value}
    return Extract(evidence_type, fields, located(fields, words))


def laid_out(text: str) -> list[Word]:
    """Return the words of plain ``text`` one line below the other, for text whose places are not known."""
    lines = text.splitlines()
    height = 1 / max(len(lines), 60)
    words: list[Word] = []
    for number, line in enumerate(lines):
        at = 0
        for word in line.split():
            start = line.index(word, at)
            at = start + len(word)
            box = Box(start / 200, number * height, at / 200, (number + 0.8) * height)
            words.append(Word(word, 0, box, CERTAIN, number))
    return words
