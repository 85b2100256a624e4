"""A paper passes to a grown child only where it is about them and nobody else; in doubt it stays."""

from uuid import uuid4

import pytest

from contracts.documents import EvidenceType
from contracts.readings import Field
from hub.majority.subjects import Told, about_alone
from hub.requirements.catalogue import load
from hub.requirements.facts import PersonFacts

CHILD_ID, OTHER_ID = uuid4(), uuid4()
CHILD = PersonFacts("LEMOINE", None, ("Jeanne", "Marie"), "2008-03-04")
NAMED = {Field.CHILD_FAMILY_NAME: "LEMOINE", Field.CHILD_FIRST_NAMES: "JEANNE", Field.CHILD_BORN_ON: "2008-03-04"}
HELD = {Field.HOLDER_FAMILY_NAME: "LEMOINE", Field.HOLDER_FIRST_NAMES: "JEANNE", Field.HOLDER_BORN_ON: "2008-03-04"}


def passes(kind: EvidenceType, fields: dict[Field, str], *served: object) -> bool:
    told = Told(kind, load().evidence[kind].about, fields, frozenset(served))
    return about_alone(told, CHILD_ID, CHILD)


@pytest.mark.parametrize("served", [(), (CHILD_ID,)])
def test_what_names_the_child_passes(served):
    assert passes(EvidenceType.BIRTH_CERTIFICATE, NAMED, *served)


@pytest.mark.parametrize(
    "fields",
    [
        NAMED | {Field.CHILD_FIRST_NAMES: "PAUL"},
        NAMED | {Field.CHILD_BORN_ON: "2008-03-05"},
        NAMED | {Field.CHILD_FAMILY_NAME: "LEROY"},
        {},
    ],
)
def test_what_names_another_or_nobody_stays(fields):
    assert not passes(EvidenceType.BIRTH_CERTIFICATE, fields)


def test_what_names_nobody_passes_where_it_served_for_this_child_alone():
    assert passes(EvidenceType.VACCINATION_RECORD, {}, CHILD_ID)
    assert not passes(EvidenceType.VACCINATION_RECORD, {}, CHILD_ID, OTHER_ID)
    assert not passes(EvidenceType.VACCINATION_RECORD, {}, OTHER_ID)


def test_what_served_for_another_child_stays_whomever_it_names():
    assert not passes(EvidenceType.BIRTH_CERTIFICATE, NAMED, CHILD_ID, OTHER_ID)


def test_an_identity_paper_passes_where_name_and_birth_are_the_childs():
    assert passes(EvidenceType.IDENTITY_PAPER, HELD)
    assert not passes(EvidenceType.IDENTITY_PAPER, HELD | {Field.HOLDER_BORN_ON: "1980-03-04"})
    assert not passes(EvidenceType.IDENTITY_PAPER, {one: HELD[one] for one in HELD if one is not Field.HOLDER_BORN_ON})


@pytest.mark.parametrize("kind", [one for one in load().evidence if load().evidence[one].about != "child"])
def test_no_paper_of_a_parent_or_household_passes_by_what_it_served(kind):
    assert not passes(kind, NAMED, CHILD_ID)
