"""What looks like a date, an amount, a name; and what does not."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.assets.papers.people import figures, in_words, letters, spelled
from tests.assets.papers.reading import lined
from vault.ingest.fields import shapes
from vault.ingest.fields.numerals import number_of
from vault.ingest.fields.shapes import Shape
from vault.ingest.folding import plain

DAYS = st.dates(date(1921, 1, 1), date(2079, 12, 31))


def read(shape: Shape, text: str) -> str | None:
    """Return the value of a shape in a line of text."""
    found = shape(lined(text))
    return found.value if found else None


@given(DAYS)
def test_a_day_is_read_however_it_is_written(day: date) -> None:
    for printed in (
        figures(day),
        figures(day, "."),
        figures(day, " "),
        letters(day),
        letters(day).upper(),
        in_words(day),
    ):
        assert read(shapes.day, f"Fait à Paris, le {printed}.") == day.isoformat(), printed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("le ler mars 2026", "2026-03-01"),
        ("3 septernbre 2026", "2026-09-03"),
        ("12 févr. 2026", "2026-02-12"),
        ("31/02/2026", None),
        ("45/13/2026", None),
        ("12/03/26", None),
        ("3 mots 2026", None),
        ("12/03/20261", None),
        ("il y a deux mille ans", None),
    ],
)
def test_days_that_are_none_and_days_misread(text: str, value: str | None) -> None:
    assert read(shapes.day, text) == value


@given(st.integers(1, 99))
def test_numbers_in_words(number: int) -> None:
    assert number_of(plain(spelled(number)).split()) == number


def test_words_that_are_no_number() -> None:
    assert number_of(["PARIS"]) == 0
    assert number_of(["DEUX", "MILLE", "DIX", "HUIT"]) == 2018
    assert number_of(["MIL", "NEUF", "CENT", "QUATRE", "VINGT", "DIX", "NEUF"]) == 1999


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("24\u202f560 €", "24560"),
        ("24\u00a0560 euros", "24560"),
        ("24 560,99 €", "24560"),
        ("n° 12 : 1 845,27 €", "1845"),
        ("1.234.567", "1234567"),
        ("612", "612"),
        ("sans objet", None),
        ("0 €", "0"),
    ],
)
def test_amounts_are_whole_euros(text: str, value: str | None) -> None:
    assert read(shapes.euros, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2,5", "2.5"),
        ("2,75", "2.75"),
        ("3,00", "3"),
        ("2", "2"),
        ("2,3", None),
        ("0", None),
        ("25", None),
        ("1/2", None),
    ],
)
def test_parts_are_quarters(text: str, value: str | None) -> None:
    assert read(shapes.parts, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Mme Inès de LA TOUR-D'AUVERGNE née le 3", "Inès de LA TOUR-D'AUVERGNE"),
        ("Monsieur Loïc LE GOFF, né", "Loïc LE GOFF"),
        ("N'GUESSAN Marie-Hélène demeurant 3 rue", "N'GUESSAN Marie-Hélène"),
        ("M. OUSMANE DIALLO est inscrit", "OUSMANE DIALLO"),
        ("l'enfant Zoé ORME", "Zoé ORME"),
        ("Contrat n° 3", None),
        ("12 rue des Tilleuls", None),
        ("est titulaire", None),
        ("de famille", None),
    ],
)
def test_names_end_where_no_name_goes_on(text: str, value: str | None) -> None:
    assert read(shapes.name, text) == value


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (shapes.month, "août 2026", "2026-08"),
        (shapes.month, "08/2026", "2026-08"),
        (shapes.month, "13/2026", None),
        (shapes.school_year, "2026/2027", "2026-2027"),
        (shapes.school_year, "2026 - 2027", "2026-2027"),
        (shapes.school_year, "2026-2028", None),
        (shapes.month_of_period, "01/08/2026 au 31/08/2026", "2026-08"),
        (shapes.month_of_period, "01/08/2026 au 30/09/2026", None),
        (shapes.reference, "n° 2026", None),
        (shapes.reference, "RG 25/12345", "25/12345"),
        (shapes.given_names, "Lina, Rose", "Lina, Rose"),
        (shapes.school, "à l'École élémentaire des Tilleuls, en classe", "École élémentaire des Tilleuls"),
        (shapes.town, "Val-des-Tilleuls le 3", "Val-des-Tilleuls"),
    ],
)
def test_other_shapes(shape: Shape, text: str, value: str | None) -> None:
    assert read(shape, text) == value


@given(DAYS, st.integers(0, 40))
def test_the_first_of_two_days_is_taken(day: date, later: int) -> None:
    assert read(shapes.day, f"du {figures(day)} au {letters(day + timedelta(days=later))}") == day.isoformat()
