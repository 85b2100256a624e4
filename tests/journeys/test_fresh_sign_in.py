"""What destroys, takes away or opens asks for a sign-in of the last minutes, and leads back to where one was."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.journeys.doors import assert_problem, family, person_id, rows, value
from tests.system import CAISSE, Resident

OLDER = """UPDATE hub.session SET authenticated_at = authenticated_at - %(age)s WHERE account_id IN
           (SELECT account_id FROM hub.account WHERE person_id = %(who)s)"""
PDF, PAGE = "application/pdf", {"accept": "text/html"}


def grow_old(person: Resident) -> Resident:
    rows(person.system, OLDER, who=person_id(person), age=timedelta(minutes=6))
    return person


@pytest.fixture(scope="module")
def stale(running) -> tuple[Resident, str, str]:
    """Somebody with a paper and a child, who signed in a while ago."""
    parent, child = family(running)
    paper = parent.http.get("/v1/documents").json()[0]["document"]
    return grow_old(parent), paper, child


ACTS = {
    "erasing": ("DELETE", "/v1/documents/{paper}"),
    "taking everything": ("POST", "/v1/export-tickets"),
    "allowing": ("POST", "/v1/authorisations"),
    "saying yes": ("POST", "/v1/authorisations/{paper}/approval"),
    "resuming": ("DELETE", "/v1/authorisations/{paper}/pause"),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_api_says_that_the_sign_in_is_too_old(stale, act):
    parent, paper, _ = stale
    method, path = ACTS[act]
    told = {"request": paper} if path == "/v1/authorisations" else None
    assert_problem(parent.http.request(method, path.format(paper=paper), json=told), "sign-in-stale")


def test_asking_for_a_service_takes_it_only_where_papers_are_opened(stale):
    parent, _, child = stale
    assert_problem(parent.request(child, "canteen_enrolment", CAISSE), "sign-in-stale")
    assert parent.request(child, "canteen_enrolment", CAISSE, reuse=False).status_code == 201


PAGES = {
    "erasing, asked": ("GET", "/documents/{paper}/effacer"),
    "erasing": ("POST", "/documents/{paper}/effacer"),
    "taking everything": ("POST", "/documents/tout"),
    "allowing": ("POST", "/autorisations/nouvelle"),
    "saying yes": ("POST", "/autorisations/{paper}/oui"),
    "joining": ("POST", "/comptes"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_leads_to_the_sign_in_and_back_to_where_one_was(stale, page):
    parent, paper, _ = stale
    method, path = PAGES[page]
    came = f"{parent.system.door_url}/documents?recu=oui"
    answer = parent.http.request(method, path.format(paper=paper), headers=PAGE | {"referer": came})
    assert answer.status_code == 401
    href = re.search(r'href="(/sign-in/franceconnect[^"]*)"', answer.text)[1].replace("&amp;", "&")
    asked = parse_qs(urlsplit(href).query)
    assert asked["fresh"] == ["oui"]
    assert asked["return_to"] == [path.format(paper=paper) if method == "GET" else "/documents?recu=oui"]


def test_signed_in_anew_one_is_back_and_may(running):
    person = Resident(running).sign_in()
    paper = person.hand_in_and_wait(running.papers().bill(person), PDF)["document"]
    grow_old(person)
    way = f"/documents/{paper}/effacer"
    assert person.http.get(way, headers=PAGE).status_code == 401
    back = person.http.get("/sign-in/franceconnect", params=hint(person, return_to=way, fresh="oui"))
    assert (back.status_code, back.url.path) == (200, way)
    assert person.http.post(way).status_code == 200


def hint(person: Resident, **told: str) -> dict[str, str]:
    return {"login_hint": person.persona, **told}


def test_another_sites_page_is_never_led_back_to(stale):
    parent, _, _ = stale
    headers = PAGE | {"referer": "https://elsewhere.example/documents"}
    answer = parent.http.post("/documents/tout", headers=headers)
    assert "elsewhere" not in answer.text
    assert 'return_to=/&amp;fresh=oui"' in answer.text


def test_the_providers_session_alone_is_no_fresh_sign_in(running):
    person = Resident(running).sign_in()
    # The provider knows this browser, and does not ask again: the door learns when it last did.
    assert person.http.get("/sign-in/franceconnect", params={"return_to": "/v1/session"}).status_code == 200
    asked = person.http.get("/sign-in/franceconnect", params={"return_to": "/v1/session", "fresh": "oui"})
    assert "Qui voulez-vous être" in asked.text


def test_signing_out_ends_the_providers_session_too(running):
    person = Resident(running).sign_in()
    assert "Qui voulez-vous être" not in person.http.get("/sign-in/franceconnect").text
    left = person.http.post("/sign-out")
    assert (left.status_code, left.url.path) == (200, "/")
    assert "Qui voulez-vous être" in person.http.get("/sign-in/franceconnect").text


def test_a_new_sign_in_ends_the_session_before_it(running):
    person = Resident(running).sign_in()
    copied = person.http.cookies["unefois_session"]
    person.http.get("/sign-in/franceconnect", params=hint(person, return_to="/v1/session"))
    gone = httpx.get(f"{running.door_url}/v1/session", cookies={"unefois_session": copied})
    assert_problem(gone, "sign-in-required")


# Two accounts of one person ------------------------------------------------------------------------------------------


def twin(person: Resident) -> dict[str, str]:
    return {"provider": "mon-paris", "login_hint": person.persona}


def test_accounts_are_joined_by_signing_in_at_both(running):
    person = Resident(running).sign_in()
    person.hand_in_and_wait(running.papers().bill(person), PDF)
    joined = person.http.post("/comptes", data=twin(person))
    assert (joined.status_code, joined.url.path) == (200, "/comptes")
    assert person.http.get("/v1/session").json()["provider"] == "mon-paris"
    assert len(person.http.get("/v1/documents").json()) == 1
    other = Resident(running, person.family_name, person.given_name, provider="mon-paris").sign_in()
    assert len(other.http.get("/v1/documents").json()) == 1
    graded = "SELECT grade FROM hub.civil_status WHERE person_id = %(p)s AND retracted_at IS NULL"
    who = "SELECT person_id FROM hub.account WHERE issuer LIKE '%%/mon-paris' ORDER BY created_at DESC LIMIT 1"
    assert value(running, graded, p=value(running, who)) == "source_pulled"


def test_the_weaker_of_two_joined_accounts_opens_and_gives_nothing_away(running):
    person = Resident(running).sign_in()
    person.http.post("/comptes", data=twin(person)).raise_for_status()
    assert_problem(person.http.post("/v1/export-tickets"), "level-too-low")
    person.http.get("/sign-in/franceconnect", params=hint(person, return_to="/v1/session"))
    assert person.http.post("/v1/export-tickets").status_code == 201


def test_an_account_of_somebody_else_is_not_joined(running):
    person, other = Resident(running).sign_in(), Resident(running).sign_in()
    refused = person.http.post("/comptes", data={"provider": "mon-paris", "login_hint": other.persona})
    assert refused.status_code == 409
    assert_problem(refused, "accounts-differ")


def test_an_account_that_holds_papers_is_an_agents_to_join(running):
    person = Resident(running).sign_in()
    other = Resident(running, person.family_name, person.given_name, provider="mon-paris").sign_in()
    other.hand_in_and_wait(running.papers().bill(other), PDF)
    assert_problem(person.http.post("/comptes", data=twin(person)), "accounts-full")
    assert other.http.get("/v1/documents").json()
