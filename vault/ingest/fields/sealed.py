"""What a 2D-Doc says in the names of our fields, and whether the paper around it says the same."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import IntEnum
from statistics import fmean

from rapidfuzz.distance import Levenshtein

from contracts.documents import EvidenceType, Outcome
from contracts.readings import Field
from vault.ingest.fields import money, shapes
from vault.ingest.fields.sheet import Sheet, alike, around
from vault.ingest.folding import plain
from vault.ingest.words import Place, Word
from vault.seals.verdict import SealVerdict

SEALED_TYPES: Mapping[str, EvidenceType] = {
    "00": EvidenceType.PROOF_OF_ADDRESS,
    "01": EvidenceType.PROOF_OF_ADDRESS,
    "04": EvidenceType.TAX_NOTICE,
    "18": EvidenceType.TAX_NOTICE,
    "28": EvidenceType.TAX_NOTICE,
}
"""2D-Doc document types read in this release (specification v3.3, list of document types)."""

COMPARED = ("10", "12", "13", "46", "48", "22", "24", "41", "45")
"""Identifiers that must stand on the page too: the names, and the numbers that matter."""
WELL_READ_WORDS, WELL_READ = 10, 0.75
"""Words, and how sure they are on average, from which on what OCR does not find is not there."""
SURELY_READ = 0.9
"""How sure an engine is of a figure that is held against a seal."""
ABSENT_SHARE = 1 / 3
"""Share of missing words from which on a page speaks of something else, rather than being read badly."""

_NOT_COMPARED = frozenset(
    {"M", "MME", "MLLE", "MR", "RUE", "R", "AVENUE", "AV", "AVE", "BOULEVARD", "BD", "BLD", "PLACE", "PL", "ALLEE", "ALL",
     "IMPASSE", "IMP", "CHEMIN", "CHE", "SQUARE", "SQ", "PASSAGE", "PAS", "QUAI", "ROUTE", "RTE", "RES", "RESIDENCE"}
)  # fmt: skip
"""Civilities and kinds of street: written in full on some pages, shortened or not at all on others."""


class _Seen(IntEnum):
    ABSENT = 0
    NEARLY = 1
    THERE = 2


def values_of(evidence_type: EvidenceType, seal: SealVerdict) -> dict[Field, str]:
    """Return the sealed values of a paper of this kind, empty where the seal leaves them out."""
    if evidence_type is EvidenceType.PROOF_OF_ADDRESS:
        values = _address_values(seal.fields)
    elif evidence_type is EvidenceType.TAX_NOTICE:
        values = _tax_values(seal.fields)
    else:
        return {}
    issued_on = seal.issued_on or _day(values.pop(Field.ISSUED_ON, ""))
    if issued_on is not None:
        values[Field.ISSUED_ON] = issued_on.isoformat()
    return values


def agrees(seal: SealVerdict, words: Sequence[Word]) -> Outcome:
    """Tell whether the page says what its seal says: the names, and the numbers that matter.

    Spaces, accents and case do not count. ``failed`` is said of a page that says something else (an altered page, a
    seal pasted on another paper), ``inconclusive`` of one that was read too badly to tell, or not at all.
    """
    page = _Page(words)
    tokens = list(_tokens(seal.fields))
    if not page.tokens or not tokens:
        return Outcome.INCONCLUSIVE
    seen = [page.sees(token) for token in tokens]
    if all(each is _Seen.THERE for each in seen):
        return Outcome.PASSED
    if page.certain:
        return Outcome.FAILED
    if all(
        each is _Seen.THERE or (each is _Seen.NEARLY and not token.isdigit())
        for token, each in zip(tokens, seen, strict=True)
    ):
        return Outcome.PASSED
    missing = seen.count(_Seen.ABSENT) / len(seen)
    elsewhere = page.well_read and (missing >= ABSENT_SHARE or _another_income(seal, words))
    return Outcome.FAILED if elsewhere else Outcome.INCONCLUSIVE


def _another_income(seal: SealVerdict, words: Sequence[Word]) -> bool:
    """Tell whether the page surely prints another reference income than the sealed one, by more than one figure."""
    sealed = _whole_number(seal.fields.get("41", ""))
    printed = money.tax_notice(Sheet(words)).get(Field.REFERENCE_INCOME) if sealed else None
    if printed is None or printed.place.confidence < SURELY_READ:
        return False
    return Levenshtein.distance(sealed, printed.value) > 1


def located(fields: Mapping[str, str], words: Sequence[Word]) -> dict[str, Place]:
    """Return where ``words`` say the values of ``fields``; a value that is not found has no place."""
    sheet = Sheet(words)
    places: dict[str, Place] = {}
    for name, value in fields.items():
        if name == Field.ISSUED_ON:
            days = (found for segment in sheet.segments if (found := shapes.day(segment.words)))
            here = next((found.place for found in days if found.value == value), None)
        else:
            label = next(sheet.labels(value), None) if len(plain(value)) > 1 else None
            said = label.segment.words[label.start : label.end] if label else ()
            here = Place(said[0].page, around(said), min(word.confidence for word in said)) if said else None
        if here is not None:
            places[name] = here
    return places


def _tokens(sealed: Mapping[str, str]) -> Iterator[str]:
    for name in COMPARED:
        for token in plain(sealed.get(name, "").replace("/", " ")).split():
            if token not in _NOT_COMPARED:
                yield token


class _Page:
    """The words of a page for finding sealed ones among them."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.tokens: list[str] = []
        for segment in Sheet(words).segments:
            # A break that nothing joins: a number is never put together from two columns.
            self.tokens += [*(token.text for token in segment.tokens), ""]
        self._letters = "".join(self.tokens)
        confidences = [word.confidence for word in words]
        self.certain = bool(confidences) and min(confidences) >= 1
        self.well_read = len(confidences) >= WELL_READ_WORDS and fmean(confidences) >= WELL_READ

    def sees(self, token: str) -> _Seen:
        """Tell whether a sealed word or number stands on the page, or nearly."""
        if token.isdigit():
            runs = set(self._joined(len(token)))
            if token in runs:
                return _Seen.THERE
            near = len(token) >= 4 and any(_one_slip(token, run) for run in runs)
            return _Seen.NEARLY if near else _Seen.ABSENT
        if token in self.tokens or (len(token) >= 4 and token in self._letters):
            return _Seen.THERE
        near = any(alike(token, each) for each in self._joined(len(token)))
        return _Seen.NEARLY if near else _Seen.ABSENT

    def _joined(self, letters: int) -> Iterator[str]:
        """Return the runs of neighbouring words that have about so many letters together."""
        for start in range(len(self.tokens)):
            run = ""
            for token in self.tokens[start : start + 5]:
                run += token
                if not token or len(run) > letters + 2:
                    break
                if len(run) >= letters - 2:
                    yield run


def _one_slip(one: str, other: str) -> bool:
    return len(one) == len(other) and Levenshtein.distance(one, other) == 1


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
        Field.PARTS: shapes.parts_of(sealed.get("43", "")),
        Field.INCOME_YEAR: _whole_number(sealed.get("45", "")),
        Field.ISSUED_ON: sealed.get("4A", "") or sealed.get("4B", ""),
    }


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
