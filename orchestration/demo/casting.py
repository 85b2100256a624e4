"""The family of the story and the papers its test authorities mint for it; all made up."""

from datetime import date, timedelta

from connectors.sandbox.papers import (
    Child,
    Parent,
    birth_certificate,
    create_authority,
    create_registry,
    residence_bill,
    tax_notice_photo,
)
from hub.requirements.rules import expected_income_year
from orchestration.stack.places import Places

MAELLE = Child("OUVRARD", "Maëlle", date(2018, 6, 5), "Paris 13e")
LIV = Child("KERJEAN", "Liv", date(2019, 9, 21), "Paris 12e")
YANN = Child("KERJEAN", "Yann", date(2016, 2, 9), "Paris 14e")
SOLENE = Parent("KERJEAN", "Solène Marie Nadège")
THIBAULT = Parent("OUVRARD", "Thibault")
GONTRAN = Parent("LESCURE", "Gontran")


def birth_certificate_of(places: Places, today: date, child: Child = MAELLE) -> bytes:
    """A child's birth certificate, signed by the test civil registry: Maëlle's, unless told."""
    return birth_certificate(
        create_registry(places.papers),
        child=child,
        parents=[SOLENE, THIBAULT],
        issued_on=today - timedelta(days=200),
    )


def forged_certificate(places: Places, today: date) -> bytes:
    """A certificate that names the stranger as her father and that nobody signed."""
    return birth_certificate(
        create_registry(places.papers),
        child=MAELLE,
        parents=[GONTRAN],
        issued_on=today - timedelta(days=3),
        signed=False,
    )


def bill_of(places: Places, today: date) -> bytes:
    """An energy bill of twenty days, with a 2D-Doc seal."""
    return residence_bill(
        create_authority(places.papers),
        holder_name="Solène KERJEAN",
        street="12 RUE DES PEUPLIERS",
        postcode="75013",
        town="PARIS",
        issued_on=today - timedelta(days=20),
    )


def tax_notice_of(places: Places, today: date) -> bytes:
    """A photo of the sealed page of the tax notice that is current today."""
    return tax_notice_photo(
        create_authority(places.papers),
        declarant="KERJEAN SOLENE",
        reference_income=26_712,
        parts="1,5",
        income_year=expected_income_year(today),
        issued_on=today - timedelta(days=60),
    )
