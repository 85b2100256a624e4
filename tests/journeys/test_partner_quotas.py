"""What everybody may read of exchanges, and how often one may ask: quotas, and one answer to a question asked twice."""

from typing import Any
from uuid import UUID

import anyio
import httpx

from hub.api.callers import COOKIE
from hub.app import residents
from hub.bootstrap import door
from hub.settings import HubSettings
from orchestration.stack import environment
from tests.journeys.caring import ASKED, REFERENCE, suspended
from tests.journeys.doors import Partner, assert_problem, family, rows, value
from tests.journeys.test_partners import coined
from tests.system import CAISSE, FAMILLES
from tests.unit.hub.web.pages_read import Page
from vault.settings import VaultSettings

TRIES = 12
"""So many that the kernel hands some to each process of a door."""


def test_the_list_of_exchanges_is_public_and_holds_what_is_in_force(running):
    def listed() -> dict[str, dict[str, Any]]:
        found = httpx.get(f"{running.door_url}/v1/data-exchanges", timeout=10).json()
        return {one["agreement"]: one for one in found}

    told = listed()[REFERENCE]
    assert told["recipient_siret"] == CAISSE
    assert told["instrument"] == "CRPA L.114-8 I"
    assert "API Particulier" in told["source"]
    with suspended(running, "caisse-13", "--agreement", REFERENCE):
        assert REFERENCE not in listed()
    with suspended(running, "paris-familles"):
        assert not [one for one in listed().values() if one["recipient_siret"] == FAMILLES]


def test_the_page_of_exchanges_is_for_everybody_and_linked_from_each_page(running):
    answer = httpx.get(f"{running.door_url}/echanges", timeout=10)
    page = Page(answer.text)
    assert (answer.status_code, page.problems) == (200, [])
    assert "Caisse des écoles du 13e arrondissement" in page.text
    assert 'href="/echanges"' in httpx.get(f"{running.door_url}/", timeout=10).text


def test_a_partner_is_told_its_quota_and_stopped_where_it_is_over(running):
    partner = Partner(running, "bourses")
    token, limit = partner.token(), "UPDATE hub.partner SET requests_per_minute = {} WHERE slug = 'bourses'"
    question = (UUID(int=1), "bursary", "household_income")
    told = partner.ask(*question, token=token).headers
    assert told["ratelimit-policy"] == '"partner";q=100000;w=60'
    assert told["ratelimit"].startswith('"partner";r=9')
    rows(running, limit.format(1))
    try:
        answers = [partner.ask(*question, token=token) for _ in range(TRIES)]
    finally:
        rows(running, limit.format(100_000))
    over = [one for one in answers if one.status_code == 429]
    assert over
    assert_problem(over[-1], "quota-exceeded")
    assert over[-1].headers["ratelimit-policy"] == '"partner";q=1;w=60'
    assert over[-1].headers["ratelimit"].startswith('"partner";r=0;t=')
    assert 1 <= int(over[-1].headers["retry-after"]) <= 60
    assert partner.ask(*question, token=token).status_code == 200


def test_a_resident_is_stopped_where_their_quota_is_over(running, served, monkeypatch):
    told = environment.door("test", running.places, running.stores) | {"HUB_RESIDENT_REQUESTS_PER_MINUTE": "1"}
    for name, said in told.items():
        monkeypatch.setenv(name, said)
    strict, cookies = door(VaultSettings(), HubSettings()), {COOKIE: served[0].http.cookies[COOKIE]}

    async def ask() -> list[httpx.Response]:
        way = httpx.ASGITransport(residents(strict))
        async with httpx.AsyncClient(transport=way, base_url=running.door_url, cookies=cookies) as browser:
            return [await browser.get("/v1/children") for _ in range(4)]

    answers = anyio.run(ask)
    strict.custody.db.close()
    # A minute may begin between two of them, and its first is let through.
    over = next(one for one in answers if one.status_code == 429)
    assert_problem(over, "quota-exceeded")
    assert int(over.headers["retry-after"]) >= 1
    assert served[0].http.get("/v1/children").status_code == 200


def test_a_resident_is_told_their_quota(running, served):
    assert served[0].http.get("/v1/children").headers["ratelimit-policy"] == '"resident";q=1000000;w=60'


def ask_under(partner: Partner, key: str, token: str, **changed: str) -> httpx.Response:
    question = {"service": ASKED[0], "requirement": ASKED[1], "purpose": ASKED[0]}
    question |= {"on_behalf_of": f"treatment:{ASKED[0]}"} | changed
    told = {"idempotency-key": key}
    return partner.http.post("/hub/v1/evidence-requests", json=question, headers=told, auth=partner.proving(token))


def test_a_question_under_a_key_has_one_answer_and_one_row(running, caisse, served):
    token, key, subject = caisse.token(), f"question-{served[1]}", str(served[1])
    first = ask_under(caisse, key, token, subject=subject)
    again = ask_under(caisse, key, token, subject=subject)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    counted = "SELECT count(*) FROM hub.evidence_request WHERE evidence_request_id = %(request)s::uuid"
    assert value(running, counted, request=first.json()["request"]) == 1
    other = ask_under(caisse, key, token, subject=subject, on_behalf_of="agent:canteen_officer:1")
    assert_problem(other, "idempotency-key-reused")
    assert_problem(ask_under(caisse, "no key at all", token, subject=subject), "idempotency-key-missing")


def test_an_answer_is_not_said_again_to_whom_it_may_not_be_said_any_more(running, caisse, served):
    token, key, subject = caisse.token(), f"later-{served[1]}", str(served[1])
    assert ask_under(caisse, key, token, subject=subject).status_code == 200
    with suspended(running, "caisse-13", "--agreement", REFERENCE):
        assert_problem(ask_under(caisse, key, token, subject=subject), "outside-agreement")


def test_what_was_refused_may_be_tried_again_under_the_same_key(running, caisse, served):
    token, key, subject = caisse.token(), f"refused-{served[1]}", str(served[1])
    with suspended(running, "caisse-13", "--agreement", REFERENCE):
        assert_problem(ask_under(caisse, key, token, subject=subject), "outside-agreement")
    assert ask_under(caisse, key, token, subject=subject).status_code == 200


def test_a_family_is_asked_once_under_a_key_and_the_retry_is_told_so(running):
    parent, child = family(running)
    parent.request(child, "after_school", FAMILLES)
    partner = Partner(running, "paris-familles")
    told = {"subject": str(coined(parent, FAMILLES, "after_school")), "requirement": "insurance"}
    told |= {"on_behalf_of": "treatment:after_school"}
    key = {"idempotency-key": f"ask-{told['subject']}"}
    first, again = (
        partner.http.post("/hub/v1/family-asks", json=told, headers=key, auth=partner.proving(partner.token()))
        for _ in range(2)
    )
    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()) == (201, first.json())
