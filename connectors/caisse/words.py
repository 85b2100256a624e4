"""The French words that our files and REST messages have for what a body decides."""

from contracts.calendar import Parity
from contracts.decisions import AmendmentKind, DecisionKind, RefusalGround, RemedyKind

KINDS_FR = {
    "tarif": DecisionKind.TARIFF,
    "affectation": DecisionKind.ASSIGNMENT,
    "inscription": DecisionKind.REGISTRATION,
    "refus": DecisionKind.REFUSAL,
}
PARITIES_FR = {"": Parity.EVERY, "paires": Parity.EVEN, "impaires": Parity.ODD}
REFUSALS_FR = {
    "": None,
    "incomplet": RefusalGround.INCOMPLETE,
    "sans droit": RefusalGround.NOT_ENTITLED,
    "hors secteur": RefusalGround.OUT_OF_AREA,
    "complet": RefusalGround.NO_PLACE,
    "hors délai": RefusalGround.TOO_LATE,
    "autre": RefusalGround.OTHER,
}
AMENDS_FR = {
    "": None,
    "remplace": AmendmentKind.SUPERSEDES,
    "corrige": AmendmentKind.CORRECTS,
    "retire": AmendmentKind.WITHDRAWS,
}
REMEDIES_FR = {
    "gracieux": RemedyKind.GRACIOUS,
    "hiérarchique": RemedyKind.HIERARCHICAL,
    "médiateur": RemedyKind.MEDIATOR,
    "tribunal": RemedyKind.COURT,
}
