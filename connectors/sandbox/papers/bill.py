"""Mints an energy bill that serves as proof of residence."""

from datetime import date

from connectors.sandbox.papers.authority import SealAuthority, split_name
from connectors.sandbox.papers.datamatrix import data_matrix
from connectors.sandbox.papers.sheet import sheet

BILL = "01"


def residence_bill(
    authority: SealAuthority, *, holder_name: str, street: str, postcode: str, town: str, issued_on: date
) -> bytes:
    """Return a one-page PDF bill with a 2D-Doc of type 01.

    ``holder_name`` is written the French way, family name in capitals (« Camille MARTIN »), or family name last.
    """
    family, first = split_name(holder_name)
    fields = {"10": f"MME/{family}/{first}", "22": street, "24": postcode, "25": town, "26": "FR"}
    lines = [
        f"Facture du {issued_on:%d/%m/%Y}",
        "Fourniture d'électricité",
        "",
        "Titulaire du contrat et lieu de consommation :",
        f"{first} {family.upper()}",
        street,
        f"{postcode} {town.upper()}",
        "",
        "Abonnement et consommation : 62,40 euros TTC",
    ]
    code = authority.seal(BILL, fields, issued_on=issued_on)
    return sheet("Lumière de Seine - Facture d'énergie", lines, code=data_matrix(code))
