"""What a requirement rests on is handed over whole: each paper of a set by a release of its own through the gate."""

from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, subject_of, value
from tests.system import MAIRIE, eventually

RESIDENCE = ("school_enrolment", "residence")
HELD = "SELECT evidence_id, evidence_type FROM hub.evidence WHERE holder_id = %(who)s ORDER BY recorded_at"
SET = """UPDATE hub.fit SET rests_on = %(others)s FROM hub.satisfaction s
         WHERE s.fit_id = hub.fit.fit_id AND s.requirement = 'residence' AND s.until IS NULL
         AND s.line_id IN (SELECT line_id FROM hub.enrolment_line WHERE payer_id = %(who)s)"""
RELEASED = "SELECT count(*) FROM hub.release r JOIN hub.evidence e USING (evidence_id) WHERE e.holder_id = %(who)s"


def resting_on_a_set(running):
    """A parent whose residence rests on a bill and, as the owner of the database says, on a notice that goes with it."""
    parent, child = family(running)
    parent.request(child, "school_enrolment", MAIRIE)
    parent.hand_in_and_wait(running.papers().bill(parent), "application/pdf", kind="proof_of_address")
    parent.hand_in_and_wait(running.papers().tax_notice(parent), "image/jpeg", kind="tax_notice")
    parent.satisfied(*RESIDENCE)
    # A paper is there before it counts as evidence.
    held = eventually(lambda: (found := holdings(running, parent)).get("tax_notice") and found)
    rows(running, SET, who=person_id(parent), others=[held["tax_notice"]])
    return parent, held


def test_a_body_gets_the_set_and_every_paper_leaves_by_its_own_release(running):
    parent, _ = resting_on_a_set(running)
    mairie, subject = Partner(running, "mairie-13"), subject_of(parent, MAIRIE, "school_enrolment")
    told = mairie.ask(subject, *RESIDENCE).json()
    assert [one["type"] for one in told["evidence"]] == ["proof_of_address", "tax_notice"]
    before = value(running, RELEASED, who=person_id(parent))
    receipts = {mairie.fetch(one["href"]).headers["release-receipt"] for one in told["evidence"]}
    assert len(receipts) == 2
    assert value(running, RELEASED, who=person_id(parent)) == before + 2
    seen = [line for line in parent.trace() if line["act"] == "release"]
    assert {line["who"] for line in seen} == {"Mairie du 13e arrondissement, affaires scolaires"}


def holdings(running, parent):
    return {row["evidence_type"]: row["evidence_id"] for row in rows(running, HELD, who=person_id(parent))}


def test_half_a_set_is_never_handed_over(running):
    parent, held = resting_on_a_set(running)
    withdrawn = "UPDATE hub.evidence SET withdrawn_at = now() WHERE evidence_id = %(e)s"
    mairie, subject = Partner(running, "mairie-13"), subject_of(parent, MAIRIE, "school_enrolment")
    told = mairie.ask(subject, *RESIDENCE).json()
    rows(running, withdrawn, e=held["tax_notice"])
    assert_problem(mairie.ask(subject, *RESIDENCE), "no-ground")
    assert_problem(mairie.fetch(told["evidence"][1]["href"]), "no-ground")


def test_what_no_requirement_rests_on_any_more_stays(running):
    parent, _ = resting_on_a_set(running)
    mairie, subject = Partner(running, "mairie-13"), subject_of(parent, MAIRIE, "school_enrolment")
    told = mairie.ask(subject, *RESIDENCE).json()
    rows(running, SET, who=person_id(parent), others=[])
    assert_problem(mairie.fetch(told["evidence"][1]["href"]), "no-ground")
    assert mairie.fetch(told["evidence"][0]["href"]).status_code == 200
