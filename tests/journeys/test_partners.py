"""A partner gets what it is entitled to, by its own names, and nothing else whatever it tries."""

import json
from uuid import uuid4

from hub.partners.details import DETAIL_TYPE
from tests.journeys.doors import Partner, assert_problem, coined, family, person_id, rows, subject_of, value
from tests.system import BOURSES, CAISSE, FAMILLES, Resident, eventually

CANTEEN = ("canteen_enrolment", "child_identity")


def enrolled(running) -> Resident:
    """A family whose certificate the Caisse and Paris Familles may have."""
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.request(child, "after_school", FAMILLES)
    for service in ("canteen_enrolment", "after_school"):
        parent.satisfied(service, "child_identity")
    return parent


def answer_of(reply):
    told = reply.json()
    return reply.status_code, {name: said for name, said in told.items() if name not in ("request", "signed")}


def test_what_is_offered_is_fetched_with_its_digest_and_a_receipt(running):
    parent = enrolled(running)
    caisse = Partner(running, "caisse-13")
    told = caisse.ask(subject_of(parent, CAISSE, "canteen_enrolment"), *CANTEEN).json()
    (offered,) = told["evidence"]
    fetched = caisse.fetch(offered["href"])
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "application/pdf")
    assert fetched.content.startswith(b"%PDF-")
    assert fetched.headers["repr-digest"].startswith("sha-256=:")
    assert (
        value(
            running,
            "SELECT recipient FROM hub.release WHERE release_id = %(id)s",
            id=fetched.headers["release-receipt"],
        )
        == CAISSE
    )


def test_what_leaves_is_the_rebuilt_copy_and_never_the_original(running):
    parent, child = family(running)
    parent.request(child, "bursary", BOURSES)
    photo = running.papers().tax_notice(parent)
    parent.hand_in_and_wait(photo, "image/jpeg", kind="tax_notice")
    parent.satisfied("bursary", "household_income")
    bourses = Partner(running, "bourses")
    told = bourses.ask(coined(parent, BOURSES, "bursary"), "bursary", "household_income").json()
    assert bourses.fetch(told["evidence"][0]["href"]).content != photo


def test_two_partners_share_no_name_for_the_same_paper(running):
    parent = enrolled(running)
    names = set()
    for slug, siret, service in (
        ("caisse-13", CAISSE, "canteen_enrolment"),
        ("paris-familles", FAMILLES, "after_school"),
    ):
        subject = str(subject_of(parent, siret, service))
        (offered,) = Partner(running, slug).ask(subject, service, "child_identity").json()["evidence"]
        names |= {subject, offered["id"]}
    assert len(names) == 4
    ours = [str(row["id"]) for row in rows(running, INSIDE, who=person_id(parent))]
    assert not names & set(ours)


INSIDE = """SELECT evidence_id AS id FROM hub.evidence WHERE holder_id = %(who)s
            UNION SELECT document_id FROM hub.evidence WHERE holder_id = %(who)s
            UNION SELECT line_id FROM hub.enrolment_line WHERE payer_id = %(who)s UNION SELECT %(who)s"""


def test_anothers_pseudonym_is_answered_like_one_nobody_has(running):
    parent = enrolled(running)
    theirs = subject_of(parent, FAMILLES, "after_school")
    caisse = Partner(running, "caisse-13")
    stolen, made_up = caisse.ask(theirs, *CANTEEN), caisse.ask(uuid4(), *CANTEEN)
    assert answer_of(stolen) == answer_of(made_up)
    assert stolen.json()["outcome"] == "none"


def test_our_own_identifiers_mean_nothing_outside(running):
    parent = enrolled(running)
    line = value(
        running,
        "SELECT line_id FROM hub.enrolment_line WHERE payer_id = %(who)s AND body = %(body)s",
        who=person_id(parent),
        body=CAISSE,
    )
    for inside in (line, person_id(parent)):
        assert Partner(running, "caisse-13").ask(inside, *CANTEEN).json()["outcome"] == "none"


def test_a_link_offered_to_one_partner_is_nothing_to_another(running):
    parent = enrolled(running)
    caisse, familles = Partner(running, "caisse-13"), Partner(running, "paris-familles")
    offered = caisse.ask(subject_of(parent, CAISSE, "canteen_enrolment"), *CANTEEN).json()
    href = offered["evidence"][0]["href"]
    assert_problem(familles.fetch(href), "not-found")
    own = familles.ask(subject_of(parent, FAMILLES, "after_school"), "after_school", "child_identity").json()
    mixed = f"/hub/v1/evidence/{offered['evidence'][0]['id']}/content?request={own['request']}"
    assert_problem(familles.fetch(mixed), "not-found")


def test_a_body_without_agreement_is_refused_and_the_journal_keeps_it(running):
    stranger = Partner(running, "sans-convention")
    counted = """SELECT count(*) FROM vault.journal_entry JOIN vault.journal_record USING (entry_id)
                 WHERE act = 'refuse' AND convert_from(record, 'UTF8')::json ->> 'recipient' = '91000005000013'"""
    before = value(running, counted)
    details = json.dumps([Partner(running, "caisse-13").details()[0]])
    answer = stranger.ask_token(stranger.assertion(), authorization_details=details)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_authorization_details"})
    assert value(running, counted) == before + 1
    assert rows(running, "SELECT outcome FROM hub.evidence_request WHERE siret = '91000005000013'") == []


def test_a_purpose_outside_the_agreement_is_refused(running):
    parent = enrolled(running)
    subject = subject_of(parent, CAISSE, "canteen_enrolment")
    asked = Partner(running, "caisse-13").ask(subject, "bursary", "household_income")
    assert_problem(asked, "outside-agreement")
    caisse = Partner(running, "caisse-13")
    assert_problem(caisse.ask(subject, *CANTEEN, purpose="canteen_tariff"), "outside-grant")
    mixed = [{"type": DETAIL_TYPE, "service": CANTEEN[0], "purpose": "canteen_tariff"}]
    token = caisse.token(authorization_details=json.dumps(mixed))
    assert_problem(caisse.ask(subject, *CANTEEN, purpose="canteen_tariff", token=token), "no-ground")


def test_not_yet_says_what_is_awaited_and_until_when(running):
    parent, child = family(running)
    parent.request(child, "canteen_tariff", CAISSE)
    answer = Partner(running, "caisse-13").ask(
        coined(parent, CAISSE, "canteen_tariff"), "canteen_tariff", "household_income"
    )
    told = answer.json()
    assert (answer.status_code, told["outcome"], told["evidence"]) == (202, "pending", [])
    assert told["awaited"]
    assert told["until"]


def test_what_was_pulled_for_one_body_is_never_handed_to_another(running):
    parent = Resident(running, quotient=742)
    child = parent.child()
    parent.children = (child,)
    parent.sign_in()
    linked = parent.linked_child(child)
    parent.request(linked, "canteen_tariff", CAISSE)
    parent.satisfied("canteen_tariff", "household_income")
    parent.request(linked, "bursary", BOURSES)
    assert parent.requirement("bursary", "household_income")["state"] == "missing"
    subject = coined(parent, BOURSES, "bursary")
    # A judgement still under way would end a row that nothing bears out.
    waiting = "SELECT 1 FROM jobs.procrastinate_jobs WHERE args ->> 'adult_id' = %(who)s::text AND status IN ('todo', 'doing')"
    eventually(lambda: not rows(running, waiting, who=person_id(parent)))
    # Even where an agreement and a row of ours say that it would do, the gate holds.
    rows(running, FORGED_AGREEMENT)
    try:
        rows(running, FORGED_SATISFACTION, who=person_id(parent))
        told = assert_problem(Partner(running, "bourses").ask(subject, "bursary", "household_income"), "no-ground")
    finally:
        rows(running, "DELETE FROM hub.agreement WHERE reference = 'FORGED'")
    assert told["detail"] == "pulled for another body or purpose"
    eventually(lambda: [line for line in parent.trace() if line["act"] == "refuse" and "ourse" in line["why"]])


FORGED_AGREEMENT = """
    INSERT INTO hub.agreement (agreement_id, siret, reference, purposes, services, evidence_types, minimum_grade,
                               valid_from, valid_until, recorded_at, gives, instrument, controller, processor,
                               deliberation, treatments, agent_roles, retention_months)
    SELECT gen_random_uuid(), siret, 'FORGED', purposes, services, '{quotient_familial}', 'self_declared',
           valid_from, valid_until, now(), gives, instrument, controller, processor,
           deliberation, treatments, agent_roles, retention_months
    FROM hub.agreement WHERE reference = 'BRS-2026-01' AND retracted_at IS NULL"""
FORGED_SATISFACTION = """
    WITH forged AS (
        INSERT INTO hub.fit SELECT (jsonb_populate_record(f, jsonb_build_object(
            'fit_id', gen_random_uuid(), 'line_id', l.line_id))).*
        FROM hub.evidence e JOIN hub.fit f USING (evidence_id), hub.enrolment_line l
        WHERE e.holder_id = %(who)s AND e.kind = 'pulled' AND f.outcome = 'passed' AND f.superseded_at IS NULL
        AND l.payer_id = %(who)s AND l.service = 'bursary' RETURNING fit_id, line_id, evidence_id
    )
    INSERT INTO hub.satisfaction
    SELECT gen_random_uuid(), line_id, 'household_income', evidence_id, fit_id, e.grade, now(), NULL
    FROM forged JOIN hub.evidence e USING (evidence_id)"""
