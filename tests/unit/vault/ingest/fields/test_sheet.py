"""Rows, columns and labels, however an engine numbered its lines."""

from dataclasses import replace

import pytest

from tests.assets.papers.reading import lined
from vault.ingest.fields import shapes
from vault.ingest.fields.sheet import Sheet, alike
from vault.ingest.fields.wanted import one

TABLE = ("Nombre de parts          Revenu fiscal de référence", "2,5                      24 560")


def test_columns_are_told_apart() -> None:
    texts = [segment.text for segment in Sheet(lined(*TABLE)).segments]
    assert texts == ["Nombre de parts", "Revenu fiscal de référence", "2,5", "24 560"]


def test_a_value_stands_below_its_own_label() -> None:
    sheet = Sheet(lined(*TABLE))
    found = [
        one(sheet, shape, label)
        for shape, label in ((shapes.parts, "Nombre de parts"), (shapes.euros, "Revenu fiscal de référence"))
    ]
    assert [each.value for each in found if each] == ["2.5", "24560"]


def test_rows_do_not_rest_on_the_numbers_of_lines() -> None:
    shuffled = [replace(word, line=number) for number, word in enumerate(lined(*TABLE))]
    assert [segment.row for segment in Sheet(shuffled).segments][-1] == 1
    assert one(Sheet(shuffled), shapes.parts, "Nombre de parts") is not None


@pytest.mark.parametrize(
    ("label", "printed", "same"),
    [
        ("REVENUFISCALDEREFERENCE", "REVENUFISCA1DEREFERFNCE", True),
        ("DECLARANT2", "DECLARANT1", False),
        ("NOM", "NON", False),
        ("GARANTIEDU", "GARANTIES", False),
        ("DATEDENAISSANCE", "DATEDENAISANCE", True),
    ],
)
def test_labels_are_read_with_the_slips_of_engines(label: str, printed: str, *, same: bool) -> None:
    assert alike(label, printed) is same


def test_a_short_label_begins_its_line() -> None:
    sheet = Sheet(lined("Né(e) le : 12/03/2018", "Le : 01/09/2026"))
    found = one(sheet, shapes.day, "Le :")
    assert found is not None
    assert found.value == "2026-09-01"


def test_a_sentence_goes_on_over_the_end_of_a_line() -> None:
    sheet = Sheet(lined("atteste que, ce mois, votre quotient", "familial s'élève à", "612 euros"))
    found = one(sheet, shapes.euros, "quotient familial s'élève à", running=True)
    assert found is not None
    assert found.value == "612"


def test_no_words_make_an_empty_sheet() -> None:
    assert not Sheet([]).segments
    assert one(Sheet([]), shapes.day, "Le :") is None
