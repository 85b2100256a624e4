"""A body that wants a family asked for what the hub holds or can obtain is refused, and counted."""

from uuid import uuid4

import httpx

from tests.journeys.doors import Partner, assert_problem, family, subject_of
from tests.journeys.test_partners import coined
from tests.system import BOURSES, CAISSE, FAMILLES, MAIRIE

ROLES = {
    "caisse-13": "canteen_officer",
    "paris-familles": "family_officer",
    "mairie-13": "school_officer",
    "bourses": "bursary_officer",
}


def ask_family(partner: Partner, subject, requirement: str):
    told = {"subject": str(subject), "requirement": requirement, "on_behalf_of": f"agent:{ROLES[partner.slug]}:17"}
    return partner.http.post("/hub/v1/family-asks", json=told, auth=partner.proving(partner.token()))


def figures(running) -> dict[str, dict]:
    """What anybody may read."""
    return {one["service"]: one for one in httpx.get(f"{running.door_url}/v1/figures", timeout=10).json()}


def spared(running, service: str, reason: str) -> int:
    return figures(running).get(service, {"spared": {}})["spared"].get(reason, 0)


def test_what_is_held_is_not_asked_again_and_the_refusal_is_counted(running):
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    before = spared(running, "canteen_enrolment", "held")
    caisse = Partner(running, "caisse-13")
    refused = ask_family(caisse, subject_of(parent, CAISSE, "canteen_enrolment"), "child_identity")
    assert_problem(refused, "never-ask-twice")
    assert refused.json()["detail"] == "held"
    assert spared(running, "canteen_enrolment", "held") == before + 1


def test_what_can_be_obtained_is_fetched_and_not_asked(running):
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.request(child, "after_school", FAMILLES)
    parent.satisfied("after_school", "child_identity")
    familles = Partner(running, "paris-familles")
    refused = ask_family(familles, subject_of(parent, FAMILLES, "after_school"), "tariff_decision")
    assert refused.json()["detail"] == "awaited"


def test_a_subject_of_somebody_else_is_not_there(running):
    parent, child = family(running)
    parent.request(child, "school_enrolment", MAIRIE)
    caisse = Partner(running, "caisse-13")
    assert_problem(ask_family(caisse, uuid4(), "residence"), "not-found")


def test_what_nobody_has_is_asked_once_and_the_family_sees_it(running):
    parent, child = family(running)
    parent.request(child, "bursary", BOURSES)
    bourses = Partner(running, "bourses")
    subject = coined(parent, BOURSES, "bursary")
    assert ask_family(bourses, subject, "household_income").status_code == 201
    assert parent.requirement("bursary", "household_income")["hint"] == "Le service vous le demande."
    assert [line for line in parent.trace() if line["what"] == "Un service vous demande une information"]
    assert ask_family(bourses, subject, "household_income").json()["detail"] == "asked_already"
