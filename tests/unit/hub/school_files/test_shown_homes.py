"""A proof of address that was judged good raises a declared residence, and never replaces one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.documents import EvidenceType, Grade
from contracts.identifiers import DocumentId, PersonId
from hub.persons.residences import keep_home, question_of, residence_on, settle_at
from hub.school_files.judging import withdraw_evidence
from tests.assets.families import Made
from tests.unit.hub.school_files.conftest import NOW, TODAY, Place
from tests.unit.hub.school_files.test_judging import ENROLMENT, judge

ROWS = "SELECT source, grade, sector, retracted_at, valid_from FROM hub.residence WHERE person_id = %(who)s"


def family(place: Place, **settled) -> Made:
    """A family with a sealed proof of an address in the 13th, and the residence they declared."""
    made = Made()
    place.seed((made, list(made.usual(TODAY))), services=ENROLMENT)
    told = {"sector": "75013", "confidential": False, "since": date(2020, 1, 1)} | settled
    with place.custody.db.transaction() as tx:
        settle_at(tx, PersonId(made.adult), **told, now=NOW)
    return made


def at_home(place: Place, made: Made):
    with place.custody.db.read() as tx:
        return residence_on(tx, made.adult, TODAY), question_of(tx, made.adult)


def proof(made: Made) -> DocumentId:
    return next(DocumentId(paper) for paper, _, one in made.papers if one.kind is EvidenceType.PROOF_OF_ADDRESS)


def test_a_declared_residence_takes_source_and_grade_of_the_paper_that_shows_it(place):
    made = family(place)
    for _ in range(2):
        judge(place, made)
    home, question = at_home(place, made)
    assert (home.grade, home.sector, home.valid_from, question) == (Grade.SEALED, "75013", date(2020, 1, 1), None)
    rows = place.rows(ROWS, who=made.adult)
    assert {(row["source"], row["retracted_at"] is None) for row in rows} == {
        ("declared", False),
        ("proof_of_address", True),
    }


def test_another_arrondissement_is_asked_about_once_and_changes_nothing(place):
    made = family(place, sector="75019")
    judge(place, made)
    home, question = at_home(place, made)
    assert (home.grade, home.sector) == (Grade.SELF_DECLARED, "75019")
    assert (question.document_id, question.sector) == (proof(made), "75013")
    with place.custody.db.transaction() as tx:
        keep_home(tx, PersonId(made.adult), now=NOW)
    judge(place, made)
    assert at_home(place, made)[1] is None


@pytest.mark.parametrize(
    "settled",
    [
        {"confidential": True},
        {"sector": "75019", "since": TODAY - timedelta(days=10)},
        {"since": TODAY - timedelta(days=10)},
    ],
    ids=["confidential", "an older paper shows the home before", "an older paper of the same arrondissement"],
)
def test_what_a_paper_cannot_tell_stays_as_it_was_said(place, settled):
    made = family(place, **settled)
    judge(place, made)
    home, question = at_home(place, made)
    assert (home.grade, question) == (Grade.SELF_DECLARED, None)
    assert "75013" not in str(
        place.rows("SELECT sector FROM hub.residence_question WHERE person_id = %(w)s", w=made.adult)
    )


def test_a_move_declared_answers_the_question(place):
    made = family(place, sector="75019")
    judge(place, made)
    with place.custody.db.transaction() as tx:
        settle_at(tx, PersonId(made.adult), sector="75013", confidential=False, since=TODAY, now=NOW)
    assert at_home(place, made)[1] is None


def test_a_paper_that_fails_for_its_holder_raises_nothing(place):
    made = Made()
    papers = [
        replace(one, fields=one.fields | {"holder_name": "Paul DURAND"})
        if one.kind is EvidenceType.PROOF_OF_ADDRESS
        else one
        for one in made.usual(TODAY)
    ]
    place.seed((made, papers), services=ENROLMENT)
    with place.custody.db.transaction() as tx:
        settle_at(tx, PersonId(made.adult), sector="75013", confidential=False, since=date(2020, 1, 1), now=NOW)
    judge(place, made)
    assert at_home(place, made)[0].grade is Grade.SELF_DECLARED


def test_without_the_paper_a_residence_rests_on_its_holders_word_again(place):
    made = family(place)
    judge(place, made)
    with place.custody.db.transaction() as tx:
        withdraw_evidence(tx, proof(made), reason="erased_by_holder", now=NOW)
    assert at_home(place, made)[0].grade is Grade.SELF_DECLARED
