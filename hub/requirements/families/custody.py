"""A judgment on parental authority or residence: words a machine reads, and only an agent decides what they mean."""

from contracts.documents import Grade
from contracts.readings import Field
from hub.requirements.checks import FAILED, INCONCLUSIVE, Fault, Look, grade, judgement, possible_date
from hub.requirements.facts import Judgement
from hub.requirements.names import Likeness, child_likeness, likeness

AUTHORITIES = frozenset(("joint", "sole", "withdrawn"))


def custody_judgment(look: Look) -> Judgement:
    """A judgment that an agent has read; a seal shows where it comes from and not what it orders.

    A parent whose authority it withdraws is not served by it.
    """
    faults = (_child_named(look), possible_date(look), grade(look), _read_by_agent(look), _authority(look))
    return judgement(look, faults, "judgment_read")


def _child_named(look: Look) -> Fault | None:
    said = look.evidence.said
    born_on = said(Field.CHILD_BORN_ON)
    if born_on and born_on != look.case.child.born_on:
        return FAILED, "other_child"
    if not said(Field.CHILD_FIRST_NAMES):
        return INCONCLUSIVE, "judgment_to_read"
    child = look.case.child
    found = child_likeness(
        said(Field.CHILD_FAMILY_NAME) or child.family_name,
        said(Field.CHILD_FIRST_NAMES),
        family_names=child.family_names,
        given_names=child.given_names,
    )
    return None if found is Likeness.SAME else (INCONCLUSIVE, "judgment_to_read")


def _read_by_agent(look: Look) -> Fault | None:
    return None if look.evidence.grade is Grade.AGENT_CHECKED else (INCONCLUSIVE, "judgment_to_read")


def _authority(look: Look) -> Fault | None:
    said = look.evidence.said(Field.AUTHORITY)
    if said not in AUTHORITIES:
        return None if look.evidence.said(Field.CHILD_RESIDENCE) else (INCONCLUSIVE, "judgment_to_read")
    payer, holder = look.case.payer, look.evidence.said(Field.HOLDER_NAME)
    whose = likeness(holder, family_names=payer.family_names, given_names=payer.given_names)
    if whose is Likeness.SAME:
        return (FAILED, "authority_withdrawn") if said == "withdrawn" else None
    # Sole authority of somebody else may leave the payer none.
    return None if said == "joint" else (INCONCLUSIVE, "judgment_to_read")
