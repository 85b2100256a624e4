"""How a proposed tariff was computed, in French and with the family's own figures (CRPA L.311-3-1, R.311-3-1-2).

For the family's eyes only: the figures come from their opened evidence and are written nowhere.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from contracts.documents import EvidenceType
from contracts.readings import Field
from hub.requirements.catalogue import Catalogue
from hub.requirements.checks import amount
from hub.requirements.couples import figures_in
from hub.requirements.facts import EvidenceFacts
from hub.requirements.families.income import HIGHEST_QUOTIENT, NoticeFigures, together

_ = "\N{NO-BREAK SPACE}"
MENTION = (
    "Cette proposition de tarif a été calculée par un traitement algorithmique. La Caisse des écoles décide. Vous pouvez "
    "lui demander les règles de ce traitement et comment elles s'appliquent à vous (code des relations entre le public et "
    "l'administration, articles L.311-3-1 et R.311-3-1-2)."
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a family may ask to know, point by point of R.311-3-1-2, after the mention of L.311-3-1."""

    mention: str
    contribution: str
    """1° the degree and the manner in which the processing contributes to the decision."""
    data: tuple[str, ...]
    """2° the data processed and their sources."""
    parameters: tuple[str, ...]
    """3° the parameters and their weight, applied to the family's situation."""
    operations: tuple[str, ...]
    """4° the operations carried out."""
    band: str


def explain(
    catalogue: Catalogue, evidence: EvidenceFacts, reference_date: date, second: EvidenceFacts | None = None
) -> Explanation | None:
    """Explain the band proposed from one piece of evidence; nothing where it gives no quotient or no grid is in force.

    ``second`` is the notice of the other adult of the household, where both are summed.
    """
    grid = catalogue.tariff_on(reference_date)
    notice = evidence.evidence_type is EvidenceType.TAX_NOTICE
    found = _from_notice(evidence, second) if notice else _from_quotient(evidence)
    if grid is None or found is None:
        return None
    quotient, data, operations = found
    low, high = grid.bounds(quotient)
    band = grid.band(quotient)
    span = f"de {_euros(low)} à {_euros(high)}" if high is not None else f"de {_euros(low)} et plus"
    price = next((one.meal_cents for one in grid.bands if one.band == band), None)
    return Explanation(
        mention=MENTION,
        contribution="Le calcul propose une tranche. Il ne décide rien : la Caisse des écoles vérifie, décide et vous écrit.".replace(
            " :", f"{_}:"
        ),
        data=data,
        parameters=(
            f"Grille des tarifs du Conseil de Paris, en vigueur depuis le {grid.in_force_from:%d/%m/%Y}.",
            f"Votre tranche{_}: {band} ({span} de quotient familial par mois).",
            *((f"Prix d'un repas dans cette tranche{_}: {_cents(price)}.",) if price is not None else ()),
        ),
        operations=(
            *operations,
            f"Les centimes ne comptent pas{_}: {_cents(round_cents(quotient))} donne {_euros(int(quotient))}, donc la tranche {band}.",
        ),
        band=band,
    )


def round_cents(quotient: Decimal) -> int:
    """Return an amount of euros in whole cents, half a cent up."""
    return int((quotient * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


_Found = tuple[Decimal, tuple[str, ...], tuple[str, ...]]


def _from_notice(evidence: EvidenceFacts, second: EvidenceFacts | None) -> _Found | None:
    own = figures_in(evidence)
    other = None if second is None else figures_in(second)
    if own is None or (second is not None and other is None):
        return None
    data = _figures(own, "votre avis d'impôt", evidence.said(Field.INCOME_YEAR))
    if second is None or other is None:
        return own.quotient, data, (_division(own),)
    both = together(own, other)
    added = (
        f"Deux avis d'impôt pour un foyer{_}: {_euros(own.reference_income)} + {_euros(other.reference_income)} = "
        f"{_euros(both.reference_income)} et {_number(own.parts)} + {_number(other.parts)} = {_number(both.parts)} parts."
    )
    data += _figures(other, "le second avis d'impôt", second.said(Field.INCOME_YEAR))
    return both.quotient, data, (added, _division(both))


def _figures(figures: NoticeFigures, source: str, year: str) -> tuple[str, ...]:
    return (
        f"Revenu fiscal de référence{_}: {_euros(figures.reference_income)} ({source}, revenus de {year}).",
        f"Nombre de parts{_}: {_number(figures.parts)} (le même avis).",
    )


def _division(figures: NoticeFigures) -> str:
    result = _cents(round_cents(figures.quotient))
    parts = f"{_number(figures.parts)}{_}{'part' if figures.parts < 2 else 'parts'}"
    return (
        f"Sans dossier à la CAF, quotient = revenu de référence ÷ 12 mois ÷ parts{_}: "
        f"{_euros(figures.reference_income)} ÷ 12 ÷ {parts} = {result} par mois."
    )


def _from_quotient(evidence: EvidenceFacts) -> _Found | None:
    value = amount(evidence.said(Field.QUOTIENT_FAMILIAL), at_most=HIGHEST_QUOTIENT)
    if evidence.evidence_type is not EvidenceType.QUOTIENT_FAMILIAL or value is None:
        return None
    month = evidence.issued_on
    when = "" if month is None else f", mois de {month:%m/%Y}"
    data = (f"Quotient familial{_}: {_euros(value)} (CAF ou MSA{when}).",)
    return (
        Decimal(value),
        data,
        ("La CAF ou la MSA calcule le quotient ; nous ne le changeons pas.".replace(" ;", f"{_};"),),
    )


def _euros(value: int) -> str:
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") + f"{_}€"


def _cents(value: int) -> str:
    whole, cents = divmod(value, 100)
    return f"{whole:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") + f",{cents:02d}{_}€"


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")
