"""Papers of a pupil: school insurance, school certificate, certificate of removal."""

from contracts.readings import Field
from vault.ingest.fields import shapes
from vault.ingest.fields.found import Values
from vault.ingest.fields.sheet import Sheet
from vault.ingest.fields.wanted import Wanted, take

_PUPIL = (
    Wanted(
        Field.HOLDER_NAME,
        shapes.name,
        (
            "Nom et prénom de l'élève",
            "Nom et prénom de l'enfant",
            "Élève assuré",
            "Enfant assuré",
            "Nom de l'élève",
            "Élève :",
            "Enfant :",
            "Assuré :",
            "Nom et prénom",
        ),
    ),
    Wanted(
        Field.HOLDER_NAME,
        shapes.name,
        (
            "certifie que l'élève",
            "certifie que l'enfant",
            "atteste que l'élève",
            "atteste que l'enfant",
            "garantit l'élève",
            "garantit l'enfant",
            "certifie que",
            "que l'élève",
            "que l'enfant",
            "atteste que",
        ),
        running=True,
    ),
    Wanted(Field.HOLDER_BORN_ON, shapes.day, ("Date de naissance", "Né(e) le", "Née le", "Né le"), running=True),
    Wanted(Field.SCHOOL_YEAR, shapes.school_year, ("année scolaire", "Année :", "rentrée"), running=True),
    Wanted(
        Field.ISSUED_ON,
        shapes.day,
        (
            "Fait à",
            "Fait le",
            "Délivré le",
            "Date d'édition",
            "Établie le",
            "Établi le",
            "Paris, le",
            "A Paris, le",
        ),
        running=True,
    ),
)
_SCHOOL = (
    Wanted(
        Field.SCHOOL_NAME,
        shapes.text,
        ("Établissement :", "École :", "Nom de l'établissement", "Nom de l'école", "Établissement scolaire :"),
    ),
    Wanted(
        Field.SCHOOL_NAME,
        shapes.school,
        (
            "inscrite à",
            "inscrit à",
            "scolarisé à",
            "scolarisée à",
            "fréquenté",
            "directrice de",
            "directeur de",
            "registres de",
        ),
        running=True,
    ),
)
_COVER = (
    Wanted(
        Field.VALID_FROM,
        shapes.day,
        ("valable du", "Période de garantie", "garantie du", "à compter du", "Date d'effet", "du :"),
        running=True,
    ),
    Wanted(Field.VALID_UNTIL, shapes.day, ("jusqu'au", "Date d'échéance", "expire le", "au :"), running=True),
    Wanted(
        Field.REFERENCE,
        shapes.reference,
        ("Contrat n°", "N° de contrat", "Numéro de contrat", "N° de sociétaire", "Police n°", "Référence :"),
    ),
)
_REMOVAL = (
    Wanted(
        Field.VALID_FROM,
        shapes.day,
        (
            "Date de radiation",
            "radié des registres",
            "radiée des registres",
            "est radié",
            "est radiée",
            "a été radié",
            "a été radiée",
            "radié à compter du",
            "radiée à compter du",
            "a quitté l'établissement le",
            "à compter du",
        ),
        running=True,
    ),
)


def insurance(sheet: Sheet) -> Values:
    """Return which pupil is insured for which school year."""
    return take(sheet, (*_PUPIL, *_COVER))


def certificate(sheet: Sheet) -> Values:
    """Return which pupil goes to which school."""
    return take(sheet, (*_PUPIL, *_SCHOOL))


def removal(sheet: Sheet) -> Values:
    """Return which pupil left which school when."""
    return take(sheet, (*_PUPIL, *_SCHOOL, *_REMOVAL))
