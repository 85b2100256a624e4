"""An answer says what the catalogue lets it say, from what was judged, and never a value."""

from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from contracts.answers import Said, canonical, commit_facts
from contracts.identifiers import Siret
from hub.requirements.answers import Rested, state
from hub.requirements.catalogue import load, read
from hub.requirements.entries import AnswerData
from tests.system import CAISSE
from tests.unit.hub.requirements.test_catalogue import changed

TODAY = date(2026, 11, 23)
BAND = Rested(
    service="canteen_tariff",
    requirement="household_income",
    body=Siret(CAISSE),
    valid_from=date(2026, 9, 1),
    valid_until=date(2027, 8, 31),
    evidence_type="quotient_familial",
    issued_on=date(2026, 10, 1),
    grade="source_pulled",
    rule="quotient_familial/3",
    catalogue_version="2026-11.3",
    reference_date=date(2026, 10, 5),
    decided_on={"month": "2026-10"},
    tariff_band="4",
    good_until=None,
)


def said(rested: Rested) -> dict:
    found = state(load(), rested, today=TODAY)
    assert found is not None
    return dict(found.says)


def test_a_band_is_proposed_to_who_decides_for_the_days_of_the_line():
    told = {"tariff_band": "4", "decision": "proposed", "decided_by": CAISSE}
    assert said(BAND) == {"holds": True, **told, "valid_from": "2026-09-01", "valid_until": "2027-08-31"}
    assert state(load(), BAND, today=TODAY).computed


def test_it_says_nothing_beyond_the_day_on_which_the_paper_no_longer_serves():
    assert said(replace(BAND, good_until=date(2027, 1, 2)))["valid_until"] == "2027-01-01"


def test_without_a_band_there_is_nothing_to_decide():
    assert said(replace(BAND, tariff_band=None)) == {"holds": True}


@pytest.mark.parametrize(("word", "told"), [("yes", True), ("no", False)])
def test_where_somebody_lives_is_a_word_and_no_address(word, told):
    bill = replace(BAND, service="school_enrolment", requirement="residence", decided_on={"in_paris": word})
    assert said(bill) == {"holds": True, "lives_in_paris": told}


def test_what_was_sworn_holds_and_says_no_more():
    sworn = replace(BAND, service="school_enrolment", requirement="residence", grade="self_declared")
    found = state(load(), sworn, today=TODAY)
    assert (dict(found.says), found.grade) == ({"holds": True}, "self_declared")
    assert found.fr.endswith("non précisé.")


def test_the_family_reads_days_and_words():
    found = state(load(), BAND, today=TODAY)
    assert "4, du 01/09/2026 au 31/08/2027" in found.fr
    assert "2026-09-01" not in found.en


def test_before_it_is_in_force_there_is_no_answer():
    assert state(load(), BAND, today=date(2026, 8, 31)) is None


def test_facts_have_one_spelling_and_a_salt_makes_two_commitments_of_them():
    facts = canonical(state(load(), BAND, today=TODAY).facts)
    assert canonical(dict(reversed(state(load(), BAND, today=TODAY).facts.items()))) == facts
    assert commit_facts(bytes(32), facts) != commit_facts(bytes(31) + b"\x01", facts)


def test_a_sentence_that_names_what_is_not_said_is_refused():
    right = load().answers["canteen_tariff"]["household_income"].model_dump()
    with pytest.raises(ValidationError, match="names what is not said"):
        AnswerData.model_validate(right | {"says": (Said.DECISION,)})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[bursary.schooling]", "[bursary.scolarite]"),
        ('says = ["lives_in_paris"]', 'says = ["street"]'),
        ("[after_school.insurance]", "[after_school.of_nothing]"),
    ],
)
def test_a_requirement_without_an_answer_and_an_answer_to_nothing_are_refused(old, new):
    with pytest.raises(ValueError, match=r"answer|street|lives_in_paris"):
        read(changed("answers", old, new), "test")
