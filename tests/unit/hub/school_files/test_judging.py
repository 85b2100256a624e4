"""A family judged on a real database: what rests on what, what a second paper changes, what stays as it was."""

from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from contracts.documents import EvidenceType, Grade
from hub.requirements.catalogue import load
from hub.school_files.judging import judge_family, withdraw_evidence
from tests.assets.families import Made, Paper, _papers
from tests.unit.hub.school_files.conftest import NOW, TODAY, Place

CATALOGUE = load()
ENROLMENT = [("school_enrolment", "91000003500014")]


def judge(place: Place, made: Made) -> int:
    with place.custody.db.transaction() as tx:
        return judge_family(tx, place.custody, CATALOGUE, made.adult, now=place.custody.now())


def hosting(made: Made) -> list[Paper]:
    at = {"street": "8 rue des Peupliers", "postcode": "75013"}
    statement = at | {"host_name": "Paul DURAND", "hosted_name": f"{made.given} {made.name}"}
    notice = replace(list(made.usual(TODAY))[2])
    return [
        Paper(EvidenceType.HOSTING_STATEMENT, statement, Grade.AGENT_CHECKED, TODAY),
        Paper(
            EvidenceType.IDENTITY_PAPER, {"holder_name": "DURAND Paul", "valid_until": "2030-01-01"}, issued_on=TODAY
        ),
        Paper(EvidenceType.PROOF_OF_ADDRESS, at | {"holder_name": "Paul DURAND"}, issued_on=TODAY),
        replace(notice, fields=notice.fields | at),
    ]


def test_a_family_in_good_order_is_settled_at_once_and_only_once(place):
    made = Made()
    place.seed((made, list(made.usual(TODAY))))
    assert judge(place, made) == 6
    assert judge(place, made) == 0
    assert place.standing(made) == {
        ("school_enrolment", "child_identity"): "birth_certificate",
        ("school_enrolment", "residence"): "proof_of_address",
        ("canteen_enrolment", "child_identity"): "birth_certificate",
        ("canteen_tariff", "household_income"): "quotient_familial",
        ("after_school", "child_identity"): "birth_certificate",
        ("bursary", "household_income"): "tax_notice",
    }


def test_a_fit_carries_version_rule_grade_and_no_value(place):
    made = Made()
    place.seed((made, list(made.usual(TODAY))))
    judge(place, made)
    fits = place.fits(made.adult)
    assert {fit["catalogue_version"] for fit in fits} == {CATALOGUE.version}
    assert all(fit["rule"] and fit["grade"] and not fit["blocking"] for fit in fits)
    told = str([fit["decided_on"] for fit in fits]).lower()
    assert not [word for word in ("belkacem", "nora", "inès", "26712", "742", "peupliers") if word in told]
    bill = next(fit for fit in fits if fit["evidence_type"] == "proof_of_address")
    assert bill["good_until"] > TODAY


def test_what_is_only_shown_is_judged_and_nothing_ever_rests_on_it(place):
    made = Made()
    record = made.of_child | {"dtp_last_dose_on": "2024-06-10", "dtp_next_dose_on": "2029-06-10"}
    unread = made.of_child | {"dtp_last_dose_on": ""}
    papers = [Paper(EvidenceType.VACCINATION_RECORD, fields, Grade.AGENT_CHECKED, TODAY) for fields in (record, unread)]
    place.seed((made, papers))
    assert judge(place, made) == 0
    assert {fit["outcome"] for fit in place.fits(made.adult)} == {"passed", "inconclusive"}
    assert place.standing(made) == {}
    assert place.rows("SELECT 1 FROM hub.review WHERE adult_id = %(who)s", who=made.adult) == []


def test_a_set_of_papers_satisfies_together_and_falls_with_one_of_them(place):
    made = Made()
    place.seed((made, hosting(made)), services=ENROLMENT)
    assert judge(place, made) == 1
    (fit,) = [f for f in place.fits(made.adult) if f["evidence_type"] == "hosting_statement"]
    assert len(fit["rests_on"]) == 3
    assert fit["grade"] == "agent_checked"
    identity = next(document for document, _, paper in made.papers if paper.kind is EvidenceType.IDENTITY_PAPER)
    with place.custody.db.transaction() as tx:
        withdraw_evidence(tx, identity, reason="erased_by_holder", now=NOW)
    assert place.standing(made) == {}
    judge(place, made)
    last = [
        f for f in place.fits(made.adult) if f["evidence_type"] == "hosting_statement" and f["superseded_at"] is None
    ]
    assert [f["reason"] for f in last] == ["attachments_missing"]


def test_a_paper_that_contradicts_ends_what_rested_on_the_other_and_rewrites_nothing(place):
    made = Made()
    notice = list(made.usual(TODAY))[2]
    place.seed((made, [notice]))
    assert judge(place, made) == 2
    other = replace(notice, fields=notice.fields | {"reference_income": "100"})
    twin = Made(adult=made.adult, child=made.child)
    with psycopg.connect(place.url.replace("+psycopg", "")) as owner:
        _papers(owner, place.custody, [(twin, [other])], NOW)
    judge(place, made)
    assert place.standing(made) == {}
    fits = [fit for fit in place.fits(made.adult) if fit["service"] == "bursary"]
    assert (fits[0]["outcome"], fits[0]["superseded_at"] is None) == ("passed", False)
    assert {f["reason"] for f in fits if f["superseded_at"] is None} == {"contradiction"}


def test_a_line_that_has_run_out_keeps_its_fits(place):
    made = Made()
    place.seed((made, list(made.usual(TODAY))), until=date(2026, 8, 31), at=NOW - timedelta(days=200))
    assert judge(place, made) == 0
    assert place.fits(made.adult) == []


def test_the_worker_may_end_a_fit_and_never_rewrite_one(place):
    made = Made()
    place.seed((made, list(made.usual(TODAY))))
    judge(place, made)
    with pytest.raises(Exception, match="permission denied"), place.custody.db.transaction() as tx:
        tx.driver.execute("UPDATE hub.fit SET outcome = 'passed'")
