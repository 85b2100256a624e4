"""Fields that stand beside a label: which labels, and what the value must look like."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.readings import Field
from vault.ingest.fields import shapes
from vault.ingest.fields.found import Found, Run
from vault.ingest.fields.shapes import Shape
from vault.ingest.fields.sheet import Sheet
from vault.ingest.words import Word

NEAR = 9
"""Words after a label of running text among which its value must begin."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field, the shape of its value, and the labels it may stand beside, the best first.

    With ``running`` the value follows in a sentence, also over the end of a line; else it stands right of its label
    or below.
    """

    field: Field
    shape: Shape
    labels: tuple[str, ...]
    running: bool = False


def take(sheet: Sheet, wanted: Iterable[Wanted]) -> dict[Field, Found]:
    """Return what is found of ``wanted``; where a field is wanted twice, the first found counts."""
    found: dict[Field, Found] = {}
    for each in wanted:
        if each.field not in found:
            value = one(sheet, each.shape, *each.labels, running=each.running)
            if value is not None:
                found[each.field] = value
    return found


def one(sheet: Sheet, shape: Shape, *labels: str, running: bool = False) -> Found | None:
    """Return the first value of ``shape`` that stands beside one of ``labels``."""
    places: Iterable[Sequence[Word]]
    if running:
        places = sheet.after(*labels, words=NEAR)
    else:
        places = (words for label in sheet.labels(*labels) for words in sheet.beside(label))
    return next((value for words in places if (value := shape(words)) is not None), None)


def signed_on(sheet: Sheet) -> Found | None:
    """Return the day a paper is signed: the last « à Paris, le 3 mars 2026 », or what follows a « le : »."""
    run = Run(sheet.words)
    days = (shapes.day(run.group(match, "day")) for match in _SIGNED.finditer(run.text))
    return next(reversed([day for day in days if day]), None) or one(sheet, shapes.day, "Le :")


_SIGNED = re.compile(r"(?:^| )A [A-Z][A-Z' \-]{2,40}?,? LE :? ?(?P<day>[A-Z0-9/. ]{8,24})")
