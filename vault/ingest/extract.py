"""Say what kind of paper it is and take its typed values, from the seal where one holds, else from plain text."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from contracts.documents import EvidenceType
from contracts.readings import Field
from vault.seals.verdict import SealVerdict


@dataclass(frozen=True, slots=True)
class Extract:
    """A kind of paper and its values."""

    evidence_type: EvidenceType = EvidenceType.UNKNOWN
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def issued_on(self) -> date | None:
        """The paper's own date, where it was read."""
        text = self.fields.get(Field.ISSUED_ON)
        return date.fromisoformat(text) if text else None


SEALED_TYPES: Mapping[str, EvidenceType] = {
    "00": EvidenceType.PROOF_OF_ADDRESS,
    "01": EvidenceType.PROOF_OF_ADDRESS,
    "04": EvidenceType.TAX_NOTICE,
    "28": EvidenceType.TAX_NOTICE,
}
"""2D-Doc document types read in this release (specification v3.3, list of document types)."""

_CLUES: tuple[tuple[EvidenceType, re.Pattern[str]], ...] = (
    (EvidenceType.BIRTH_CERTIFICATE, re.compile(r"\bACTE DE NAISSANCE\b")),
    (EvidenceType.TAX_NOTICE, re.compile(r"\bAVIS D IMPOT\b")),
    (
        EvidenceType.PROOF_OF_ADDRESS,
        re.compile(r"\b(FACTURE|QUITTANCE)\b.*\b(ELECTRICITE|GAZ|EAU|ENERGIE|INTERNET|TELEPHONE|LOYER)\b", re.DOTALL),
    ),
)
_BIRTH_LINES: Mapping[Field, re.Pattern[str]] = {
    name: re.compile(rf"^{label} ?: ?(?P<value>\S.{{0,119}}?)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
    for name, label in (
        (Field.CHILD_FAMILY_NAME, "Nom de l'enfant"),
        (Field.CHILD_FIRST_NAMES, r"Prénom\(s\) de l'enfant"),
        (Field.CHILD_BORN_ON, "Date de naissance"),
        (Field.CHILD_BIRTHPLACE, "Lieu de naissance"),
        (Field.PARENT_1_FAMILY_NAME, "Nom du parent 1"),
        (Field.PARENT_1_FIRST_NAMES, r"Prénom\(s\) du parent 1"),
        (Field.PARENT_2_FAMILY_NAME, "Nom du parent 2"),
        (Field.PARENT_2_FIRST_NAMES, r"Prénom\(s\) du parent 2"),
        (Field.ISSUED_ON, "Délivré le"),
    )
}
_BIRTH_DATES = frozenset({Field.CHILD_BORN_ON, Field.ISSUED_ON})


def from_seal(seal: SealVerdict) -> Extract:
    """Return what a seal that holds says; an unknown kind where its document type is not one we read."""
    evidence_type = SEALED_TYPES.get(seal.document_type, EvidenceType.UNKNOWN)
    if evidence_type is EvidenceType.PROOF_OF_ADDRESS:
        values = _address_values(seal.fields)
    elif evidence_type is EvidenceType.TAX_NOTICE:
        values = _tax_values(seal.fields)
    else:
        return Extract()
    issued_on = seal.issued_on or _day(values.pop(Field.ISSUED_ON, ""))
    if issued_on is not None:
        values[Field.ISSUED_ON] = issued_on.isoformat()
    return Extract(evidence_type, {name.value: value for name, value in values.items() if value})


def from_text(text: str) -> Extract:
    """Return the kind that the words of ``text`` show, and the values of a birth certificate's labelled lines.

    A birth certificate that lacks one of the child's four values, or gives a label twice, yields no value at all.
    """
    words = plain(text)
    evidence_type = next((kind for kind, clue in _CLUES if clue.search(words)), EvidenceType.UNKNOWN)
    if evidence_type is not EvidenceType.BIRTH_CERTIFICATE:
        return Extract(evidence_type)
    return Extract(evidence_type, _birth_values(text.replace("\u2019", "'")))


def agrees(seal: SealVerdict, text: str) -> bool:
    """Tell whether the page says what its seal says: the names, and the numbers that matter.

    Spaces, accents and case do not count. It guards against a good seal pasted on another paper.
    """
    page = squeezed(text)
    values = (seal.fields.get(name, "") for name in ("10", "12", "13", "46", "48", "22", "24", "41", "45"))
    tokens = (token for value in values for token in re.split(r"[ /]+", plain(value)))
    # Civilities are written in full on some pages and not at all on others.
    return all(token in page for token in tokens if token not in {"M", "MME", "MLLE", "MR"})


def plain(text: str) -> str:
    """Return ``text`` in capitals without accents, everything but letters, digits and slashes as one space."""
    unpacked = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE")).upper()
    bare = "".join(letter for letter in unpacked if not unicodedata.combining(letter))
    return re.sub(r"[^A-Z0-9/]+", " ", bare).strip()


def squeezed(text: str) -> str:
    """Return :func:`plain` text without its spaces, since pages group digits as they like."""
    return plain(text).replace(" ", "").replace("/", "")


def _address_values(sealed: Mapping[str, str]) -> dict[Field, str]:
    parts = [part.strip() for part in sealed.get("10", "").split("/")]
    if len(parts) == len(("civility", "family name", "first names")):
        family, first = parts[1], parts[2]
    else:
        family, first = sealed.get("12", ""), sealed.get("13", "")
    name = " ".join(filter(None, (first, family))) or sealed.get("10", "").replace("/", " ").strip()
    return {
        Field.HOLDER_NAME: name,
        Field.HOLDER_FAMILY_NAME: family,
        Field.HOLDER_FIRST_NAMES: first,
        Field.STREET: sealed.get("22", ""),
        Field.POSTCODE: sealed.get("24", ""),
        Field.TOWN: sealed.get("25", ""),
    }


def _tax_values(sealed: Mapping[str, str]) -> dict[Field, str]:
    return {
        Field.DECLARANT_1: sealed.get("46", ""),
        Field.DECLARANT_2: sealed.get("48", ""),
        Field.REFERENCE_INCOME: _whole_number(sealed.get("41", "")),
        Field.PARTS: _parts(sealed.get("43", "")),
        Field.INCOME_YEAR: _whole_number(sealed.get("45", "")),
        Field.ISSUED_ON: sealed.get("4A", ""),
    }


def _birth_values(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, line in _BIRTH_LINES.items():
        found = [match["value"].strip() for match in line.finditer(text)]
        if len(found) > 1:
            return {}
        value = found[0] if found else ""
        if name in _BIRTH_DATES:
            day = _day(value.replace("/", ""))
            value = day.isoformat() if day else ""
        if value:
            values[name.value] = value
    needed = (Field.CHILD_FAMILY_NAME, Field.CHILD_FIRST_NAMES, Field.CHILD_BORN_ON, Field.CHILD_BIRTHPLACE)
    return values if all(name in values for name in needed) else {}


def _day(text: str) -> date | None:
    """Read JJMMAAAA."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


def _whole_number(text: str) -> str:
    return str(int(text)) if text.isascii() and text.isdigit() else ""


def _parts(text: str) -> str:
    number = text.replace(",", ".")
    return number if re.fullmatch(r"\d{1,2}(\.\d{1,2})?", number) else ""
