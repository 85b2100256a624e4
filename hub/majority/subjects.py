"""Whether a paper is about one child and nobody else: only such papers pass to them when they come of age."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from contracts.documents import EvidenceType
from contracts.readings import Field
from hub.requirements.entries import Of
from hub.requirements.facts import PersonFacts
from hub.requirements.names import Likeness, child_likeness

_CHILD = (Field.CHILD_FAMILY_NAME, Field.CHILD_FIRST_NAMES, Field.CHILD_BORN_ON)
_HOLDER = (Field.HOLDER_FAMILY_NAME, Field.HOLDER_FIRST_NAMES, Field.HOLDER_BORN_ON)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a paper's subject: its kind, whom its kind is about, what was read, which children it served."""

    kind: EvidenceType
    about: Of
    fields: Mapping[str, str] = field(repr=False)
    served: frozenset[UUID] = frozenset()
    """Children for whose lines the rules, or an agent, ever took it."""


def about_alone(told: Told, child_id: UUID, child: PersonFacts) -> bool:
    """Tell whether a paper is about this child and nobody else; what is in doubt stays with who handed it in.

    A paper of a household, or about the payer, is never the child's. What names nobody is the child's where it served for
    them and for nobody else. An identity paper is the child's where it bears their name and date of birth.
    """
    if told.served - {child_id}:
        return False
    if told.about is Of.CHILD:
        named = _named(told.fields, child, _CHILD)
        return named is Likeness.SAME or (named is not Likeness.OTHER and child_id in told.served)
    if told.kind is EvidenceType.IDENTITY_PAPER:
        return bool(told.fields.get(Field.HOLDER_BORN_ON)) and _named(told.fields, child, _HOLDER) is Likeness.SAME
    return False


def _named(fields: Mapping[str, str], child: PersonFacts, places: tuple[Field, Field, Field]) -> Likeness:
    family_name, first_names, born_on = (fields.get(place, "").strip() for place in places)
    if born_on and born_on != child.born_on:
        return Likeness.OTHER
    return child_likeness(family_name, first_names, family_names=child.family_names, given_names=child.given_names)
