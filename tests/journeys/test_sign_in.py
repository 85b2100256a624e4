"""Signing in: one attempt, one browser, one provider; anything else is refused."""

from urllib.parse import urlsplit

import httpx
import pytest

from tests.journeys.doors import assert_problem, rows
from tests.system import Resident

FAILED = "sign-in-failed"


class Browser:
    """A browser that stops at the address the provider sends it back to."""

    def __init__(self, person: Resident, provider: str = "franceconnect") -> None:
        self.person = person
        self.http = httpx.Client(base_url=person.system.door_url, timeout=30)
        answer = self.http.get(
            f"/sign-in/{provider}", params={"login_hint": person.persona, "return_to": "/v1/session"}
        )
        while not answer.headers["location"].startswith(f"{person.system.door_url}/sign-in/{provider}/callback"):
            answer = self.http.get(answer.headers["location"])
        self.callback: str = answer.headers["location"]


@pytest.fixture
def browser(running, resident) -> Browser:
    return Browser(resident())


def test_coming_back_opens_a_session_and_the_cookie_is_guarded(browser):
    answer = browser.http.get(browser.callback)
    assert (answer.status_code, answer.headers["location"]) == (303, "/v1/session")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("unefois_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.http.get("/v1/session").json()["family_name"] == browser.person.family_name.upper()


def test_the_session_token_is_not_what_is_stored(browser):
    browser.http.get(browser.callback)
    token = browser.http.cookies["unefois_session"].encode()
    stored = rows(browser.person.system, "SELECT token_digest FROM hub.session")
    assert all(token not in bytes(row["token_digest"]) for row in stored)


def test_an_answer_serves_once(browser):
    cookies = dict(browser.http.cookies)
    assert browser.http.get(browser.callback).status_code == 303
    again = httpx.get(browser.callback, cookies=cookies)
    assert_problem(again, FAILED)
    assert "unefois_session" not in again.cookies


def test_an_answer_in_a_browser_that_did_not_ask(browser):
    assert_problem(httpx.get(browser.callback), FAILED)
    assert_problem(httpx.get(browser.callback, cookies={"unefois_sign_in": "made-up"}), FAILED)


def test_an_answer_in_a_browser_that_asked_for_another_attempt(browser, resident):
    other = Browser(resident())
    assert_problem(other.http.get(browser.callback), FAILED)


def test_an_answer_at_another_providers_address(browser):
    moved = browser.callback.replace("/sign-in/franceconnect/", "/sign-in/mon-paris/")
    assert_problem(browser.http.get(moved), FAILED)


@pytest.mark.parametrize("change", ["state=x", "iss=https%3A%2F%2Felsewhere.example", "code=x", "error=access_denied"])
def test_an_answer_that_was_changed(browser, change):
    name = change.partition("=")[0]
    kept = [part for part in urlsplit(browser.callback).query.split("&") if not part.startswith(f"{name}=")]
    answer = browser.http.get(f"/sign-in/franceconnect/callback?{'&'.join([*kept, change])}")
    assert_problem(answer, FAILED)
    assert_problem(browser.http.get("/v1/session"), "sign-in-required")


def test_a_provider_nobody_knows(running):
    assert_problem(httpx.get(f"{running.door_url}/sign-in/elsewhere"), "not-found")


def test_signing_out_ends_the_session_also_for_a_copied_cookie(resident):
    person = resident()
    copied = person.http.cookies["unefois_session"]
    person.http.post("/sign-out", follow_redirects=False)
    assert_problem(
        httpx.get(f"{person.system.door_url}/v1/session", cookies={"unefois_session": copied}), "sign-in-required"
    )


def test_an_expired_session_is_over(resident):
    person = resident()
    rows(
        person.system,
        """UPDATE hub.session SET expires_at = now() FROM hub.account a JOIN hub.civil_status USING (person_id)
           WHERE a.account_id = session.account_id AND family_name = %(family)s""",
        family=person.family_name.upper(),
    )
    assert_problem(person.http.get("/v1/session"), "sign-in-required")


def test_the_same_person_of_two_providers_is_two_accounts_until_somebody_links_them(running):
    person = Resident(running).sign_in()
    other = Resident(running, person.family_name, person.given_name, provider="mon-paris").sign_in()
    person.hand_in(running.papers().bill(person), "application/pdf")
    assert other.http.get("/v1/documents").json() == []
