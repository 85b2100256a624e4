"""Proofs of address: bills, rent receipts, home insurance."""

from contracts.readings import Field
from vault.ingest.fields import address, shapes
from vault.ingest.fields.found import Values
from vault.ingest.fields.sheet import Sheet
from vault.ingest.fields.wanted import Wanted, one, take

_WANTED = (
    Wanted(
        Field.ISSUED_ON,
        shapes.day,
        (
            "Facture du",
            "Date de facture",
            "Date de la facture",
            "Date d'émission",
            "Émise le",
            "Établie le",
            "Fait le",
            "Quittance établie le",
            "Date d'édition",
            "Date :",
            "Facture internet",
            "Fait à",
        ),
    ),
    Wanted(Field.ISSUED_ON, shapes.day, ("Fait à", "Délivrée le", "Paris, le", "en date du"), running=True),
    Wanted(
        Field.REFERENCE,
        shapes.reference,
        (
            "Numéro de contrat",
            "N° de contrat",
            "Contrat n°",
            "Référence client",
            "Numéro de facture",
            "Facture n°",
            "N° de facture",
            "Référence du contrat",
            "Quittance n°",
            "Référence locataire",
            "Référence :",
        ),
    ),
    Wanted(
        Field.VALID_FROM,
        shapes.day,
        ("valable à compter du", "valable du", "garanti à compter du", "Date d'effet", "Période du", "à effet du"),
        running=True,
    ),
    Wanted(Field.VALID_UNTIL, shapes.day, ("jusqu'au", "échéance du contrat", "Valable jusqu'au"), running=True),
)
_HOLDER = ("Titulaire du contrat :", "Titulaire :", "Locataire :", "Souscripteur :", "Assuré :", "Nom du titulaire")
_CERTIFIED = ("attestons que", "atteste que", "certifions que", "certifie que", "garantit")
_PLACE = (
    "Lieu de consommation",
    "Adresse du logement",
    "Logement assuré",
    "Adresse du logement assuré",
    "Logement loué",
    "Adresse de consommation",
    "Adresse d'installation",
    "Adresse de la location",
    "Locataire",
    "Titulaire du contrat",
)


def proof_of_address(sheet: Sheet) -> Values:
    """Return whose home it is, where, and since when the paper says so."""
    values = dict(take(sheet, _WANTED))
    home = address.of_holder(sheet, *_PLACE)
    holder = (
        one(sheet, shapes.name, *_HOLDER)
        or (home.name if home else None)
        or one(sheet, shapes.name, *_CERTIFIED, running=True)
    )
    return {**values, **(home.fields() if home else {}), Field.HOLDER_NAME: holder}
