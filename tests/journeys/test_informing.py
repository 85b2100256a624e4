"""A body tells a family of a right by what it had pulled for it (CRPA L.114-8 II); the family opposes, and it is over."""

import json

import httpx

from tests.journeys.doors import Partner, assert_problem, family, rows, subject_of
from tests.system import CAISSE, Resident

TARIFF, INCOME = "canteen_tariff", "household_income"
TELLS = "/hub/v1/rights-information"
DETAIL = {"type": "urn:unefois:evidence-request", "service": TARIFF, "purpose": "rights_information"}
BEHIND = "treatment:rights_information"


def with_quotient(running) -> Resident:
    """A family whose quotient this Caisse has had pulled."""
    parent, child = family(running, quotient=742)
    parent.request(child, TARIFF, CAISSE)
    parent.satisfied(TARIFF, INCOME)
    return parent


def tell(caisse: Partner, parent: Resident, **changed: str) -> httpx.Response:
    told = {"subject": str(subject_of(parent, CAISSE, TARIFF)), "service": "holiday_centres", "on_behalf_of": BEHIND}
    token = caisse.token(authorization_details=json.dumps([DETAIL]))
    return caisse.http.post(TELLS, json=told | changed, auth=caisse.proving(token))


def ask(caisse: Partner, parent: Resident) -> httpx.Response:
    token = caisse.token(authorization_details=json.dumps([DETAIL]))
    told = {"purpose": "rights_information", "on_behalf_of": BEHIND, "wants": "answer"}
    return caisse.ask(subject_of(parent, CAISSE, TARIFF), TARIFF, INCOME, token=token, **told)


def test_a_family_is_told_first_and_one_word_of_it_ends_it(running, caisse):
    parent = with_quotient(running)
    assert_problem(ask(caisse, parent), "no-ground")
    assert tell(caisse, parent).json()["state"] == "open"
    assert ask(caisse, parent).json()["outcome"] == "answer"
    (shown,) = parent.http.get("/v1/rights-information").json()
    assert "Vous pouvez vous y opposer" in shown["message"]
    assert parent.http.post(f"/v1/rights-information/{shown['information_id']}/opposition").status_code == 204
    refusal = ask(caisse, parent)
    assert_problem(refusal, "no-ground")
    assert refusal.json()["detail"] == "the person opposed"
    told = (
        "SELECT data FROM vault.event WHERE type = 'fr.paris.unefois.rights-information.ended.v1' AND subject = %(s)s"
    )
    assert len(rows(running, told, s=shown["information_id"])) == 1


def test_a_service_that_is_none_and_a_treatment_that_is_not_agreed_are_refused(running, caisse):
    parent = with_quotient(running)
    assert_problem(tell(caisse, parent, service="lottery"), "invalid")
    before = refusals(running)
    assert_problem(tell(caisse, parent, on_behalf_of="treatment:canteen_tariff"), "not-habilitated")
    assert refusals(running) == [*before, "NotHabilitated"]


def test_what_has_ended_is_refused_and_the_journal_keeps_it(running, caisse):
    parent = with_quotient(running)
    tell(caisse, parent)
    (shown,) = parent.http.get("/v1/rights-information").json()
    parent.http.post(f"/v1/rights-information/{shown['information_id']}/opposition")
    before = refusals(running)
    assert_problem(tell(caisse, parent), "no-ground")
    assert refusals(running) == [*before, "NoGround"]


REFUSED = """SELECT convert_from(record, 'UTF8')::jsonb -> 'detail' ->> 'reason' AS reason FROM vault.journal_record
             WHERE convert_from(record, 'UTF8')::jsonb -> 'detail' ->> 'step' = 'rights_information' ORDER BY entry_id"""


def refusals(running) -> list[str]:
    return [row["reason"] for row in rows(running, REFUSED)]
