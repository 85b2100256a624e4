"""Papers about income: tax notice, quotient familial, payslip, statement of France Travail."""

import re
from collections.abc import Iterator

from contracts.readings import Field
from vault.ingest.fields import address, shapes
from vault.ingest.fields.found import Found, Run, Values
from vault.ingest.fields.names import parted
from vault.ingest.fields.sheet import Sheet
from vault.ingest.fields.wanted import Wanted, one, take

_TAX = (
    Wanted(Field.REFERENCE_INCOME, shapes.euros, ("Revenu fiscal de référence", "RFR :")),
    Wanted(Field.PARTS, shapes.parts, ("Nombre de parts", "Parts :", "Nombre de part(s)")),
    Wanted(
        Field.INCOME_YEAR,
        shapes.year,
        (
            "sur les revenus de l'année",
            "revenus de l'année",
            "sur les revenus de",
            "impôt sur les revenus de",
            "revenus",
        ),
        running=True,
    ),
    Wanted(
        Field.ISSUED_ON,
        shapes.day,
        ("Date de mise en recouvrement", "Mise en recouvrement", "Date d'établissement", "Établi le", "Avis établi le"),
    ),
    Wanted(Field.DECLARANT_1, shapes.name, ("Déclarant 1", "Déclarant(s) :", "Déclarant :", "Vos nom et prénom")),
    Wanted(Field.DECLARANT_2, shapes.name, ("Déclarant 2", "Conjoint ou partenaire")),
)
_QUOTIENT = (
    Wanted(
        Field.QUOTIENT_FAMILIAL,
        shapes.euros,
        ("quotient familial s'élève à", "quotient familial est de", "Montant du quotient familial"),
        running=True,
    ),
    Wanted(
        Field.QUOTIENT_FAMILIAL,
        shapes.euros,
        ("Quotient familial :", "QF :", "Votre quotient familial", "Quotient familial"),
    ),
    Wanted(
        Field.QUOTIENT_MONTH, shapes.month, ("pour le mois de", "au titre du mois de", "Mois de référence", "mois de")
    ),
    Wanted(Field.QUOTIENT_MONTH, shapes.month, ("pour le mois de", "au titre du mois de"), running=True),
    Wanted(
        Field.ISSUED_ON,
        shapes.day,
        ("Attestation établie le", "Établie le", "Fait à", "Fait le", "Date d'édition", "Paris, le"),
        running=True,
    ),
)
_PAY = (
    Wanted(
        Field.PAY_MONTH,
        shapes.month,
        ("Période de paie", "Période :", "Paie du mois de", "Mois de paie", "Bulletin de paie de", "mois de"),
    ),
    Wanted(Field.PAY_MONTH, shapes.month_of_period, ("Période du", "Période", "Du")),
    Wanted(
        Field.NET_PAY,
        shapes.euros,
        (
            "Net payé",
            "Net à payer au salarié",
            "Net à payer avant impôt sur le revenu",
            "Net à payer",
            "Net payé en euros",
        ),
    ),
    Wanted(Field.ISSUED_ON, shapes.day, ("Date de paiement", "Payé le", "Paiement le", "Virement le")),
    Wanted(Field.HOLDER_NAME, shapes.name, ("Nom du salarié", "Salarié :", "Nom et prénom", "Salarié")),
)
_JOB_SEEKER = (
    Wanted(
        Field.ISSUED_ON,
        shapes.day,
        ("Fait à", "Édité le", "Date d'édition", "Fait le", "Paris, le"),
        running=True,
    ),
    Wanted(
        Field.VALID_FROM,
        shapes.day,
        (
            "demandeurs d'emploi depuis le",
            "demandeur d'emploi depuis le",
            "Date d'inscription",
            "inscrite depuis le",
            "inscrit depuis le",
            "depuis le",
        ),
        running=True,
    ),
    Wanted(Field.HOLDER_NAME, shapes.name, ("Nom et prénom", "Nom, prénom", "Demandeur d'emploi :", "Identité :")),
    Wanted(Field.HOLDER_NAME, shapes.name, ("atteste que", "certifie que", "nous attestons que"), running=True),
)
_CHILD = re.compile(r"(?P<name>[A-Z][A-Z' \-]{3,60}?),? ?(?:NEE?|NE\(E\)) ?LE (?P<born>\d{1,2}[/.]\d{1,2}[/.]\d{4})")


def tax_notice(sheet: Sheet) -> Values:
    """Return income, parts, year and declarants; never a tax number."""
    values = take(sheet, _TAX)
    home = address.of_holder(sheet)
    if Field.DECLARANT_1 not in values and home and home.name:
        values[Field.DECLARANT_1] = home.name
    return {**values, **(home.fields() if home else {})}


def quotient_familial(sheet: Sheet) -> Values:
    """Return the quotient, its month, the household."""
    values = take(sheet, _QUOTIENT)
    home = address.of_holder(sheet)
    holder = one(sheet, shapes.name, "Allocataire :", "Nom et prénom", "Responsable du dossier", "Allocataire")
    children = _children(sheet)
    return {
        **values,
        **(home.fields() if home else {}),
        Field.HOLDER_NAME: holder or (home.name if home else None),
        Field.CHILDREN: children,
    }


def payslip(sheet: Sheet) -> Values:
    """Return who was paid what for which month; never the NIR."""
    values = take(sheet, _PAY)
    home = address.of_holder(sheet)
    if Field.HOLDER_NAME not in values and home and home.name:
        values[Field.HOLDER_NAME] = home.name
    return {**values, **(home.fields() if home else {})}


def unemployment_statement(sheet: Sheet) -> Values:
    """Return who is registered since when."""
    home = address.of_holder(sheet)
    values = take(sheet, _JOB_SEEKER)
    if Field.HOLDER_NAME not in values and home and home.name:
        values[Field.HOLDER_NAME] = home.name
    return {**values, **(home.fields() if home else {})}


def _children(sheet: Sheet) -> Found | None:
    """Return the children of a household, as « FAMILY/given names/born on » separated by « | »."""
    found = list(_each_child(sheet))
    if not found:
        return None
    return Found("|".join(child.value for child in found), tuple(word for child in found for word in child.words))


def _each_child(sheet: Sheet) -> Iterator[Found]:
    for row in sorted({segment.row for segment in sheet.segments}):
        words = tuple(word for segment in sheet.segments if segment.row == row for word in segment.words)
        run = Run(words)
        for match in _CHILD.finditer(run.text):
            named, born = run.group(match, "name"), shapes.day(run.group(match, "born"))
            parts = parted(named)
            if born and parts:
                yield Found(f"{parts[0].value}/{parts[1].value}/{born.value}", run.group(match))
