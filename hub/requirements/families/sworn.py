"""A sworn statement, where the law offers it: it passes at the grade it has, and the grade travels with every use."""

from contracts.readings import Field
from hub.requirements.checks import FAILED, INCONCLUSIVE, Fault, Look, adult, age, good_until, grade, judgement
from hub.requirements.facts import Judgement
from hub.requirements.names import fold

SUBJECTS = {
    "residence": ("DOMICILI", "RESID", "DEMEUR", "HABIT"),
    "child_identity": ("NAISSANCE", "NEE LE", "NE LE", "MON ENFANT", "MA FILLE", "MON FILS"),
    "responsible_identity": ("SOUSSIGNE",),
}
"""Words by which a statement is about a requirement; without one of them an agent reads it."""


def sworn_statement(look: Look) -> Judgement:
    """A dated statement of the payer's about what the requirement asks (code de l'éducation D.131-3-1)."""
    names = (look.evidence.said(Field.HOLDER_NAME),)
    faults = (age(look), adult(look, *names), _about(look), grade(look))
    return judgement(look, faults, "declared_on_honour", good_until=good_until(look))


def _about(look: Look) -> Fault | None:
    text = fold(look.evidence.said(Field.STATEMENT))
    if not text:
        return INCONCLUSIVE, "statement_unreadable"
    if not any(word in text for word in SUBJECTS.get(look.asked, ())):
        return FAILED, "statement_of_something_else"
    if look.asked == "child_identity":
        first = fold(look.case.child.given_names[0]).split()
        return None if set(first) <= set(text.split()) else (FAILED, "other_child")
    return None
