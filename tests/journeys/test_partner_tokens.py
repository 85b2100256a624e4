"""The partners' authorisation server lets in who proves to be who, once, for five minutes."""

from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from connectors.jose import generate_key, sign_compact
from tests.journeys.doors import Partner, assert_problem, rows
from vault.bootstrap import utc_now

SLUG = "caisse-13"
QUESTION = (uuid4(), "canteen_enrolment", "child_identity")


@pytest.fixture
def partner(running) -> Partner:
    return Partner(running, SLUG)


def refused(answer) -> None:
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-correlation-id"]


def moment(minutes: float) -> int:
    return int((utc_now() + timedelta(minutes=minutes)).timestamp())


def test_an_assertion_gives_a_token_that_is_never_cached(partner):
    answer = partner.ask_token(partner.assertion())
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 300)


def test_an_assertion_serves_once(partner):
    assertion = partner.assertion()
    assert partner.ask_token(assertion).status_code == 200
    refused(partner.ask_token(assertion))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "https://elsewhere.example"},
        {"iss": "paris-familles"},
        {"sub": "paris-familles"},
        {"exp": 1},
        {"iat": 9_999_999_999},
        {"jti": None},
        {"exp": None},
    ],
)
def test_an_assertion_with_a_wrong_claim(partner, wrong):
    refused(partner.ask_token(partner.assertion(**wrong)))


def test_an_assertion_for_the_token_address_instead_of_the_issuer(partner):
    refused(partner.ask_token(partner.assertion(aud=f"{partner.system.release_url}/oauth/token")))
    refused(partner.ask_token(partner.assertion(aud=[partner.system.release_url, "https://elsewhere.example"])))


def test_an_assertion_that_would_live_too_long(partner):
    refused(partner.ask_token(partner.assertion(exp=moment(10))))


def test_an_assertion_that_is_not_signed(partner):
    head, claims, _ = partner.assertion().split(".")
    refused(partner.ask_token(f"{head}.{claims}."))
    refused(partner.ask_token(f"eyJhbGciOiJub25lIn0.{claims}."))
    refused(partner.ask_token("made up"))


def test_an_assertion_signed_by_somebody_else(partner):
    other = Partner(partner.system, "paris-familles")
    refused(partner.ask_token(partner.assertion(key=other.key)))
    refused(partner.ask_token(partner.assertion(key={**other.key, "kid": partner.key["kid"]})))
    refused(partner.ask_token(partner.assertion(key=generate_key(partner.key["kid"]))))


def test_one_partners_assertion_is_no_other_partners(partner):
    refused(partner.ask_token(partner.assertion(), client_id="paris-familles"))
    refused(partner.ask_token(partner.assertion(), client_id="nobody"))


def test_another_grant_is_not_known(partner):
    answer = partner.ask_token(partner.assertion(), grant_type="password")
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})


def test_a_question_without_a_token(partner):
    answer = partner.http.post("/hub/v1/evidence-requests", json={})
    assert_problem(answer, "invalid-token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_tokens_that_are_none_of_ours(partner):
    at = moment(0)
    claims = {"iss": partner.system.release_url, "aud": partner.system.release_url, "sub": "91000001200013"}
    claims |= {"iat": at, "exp": at + 300, "jti": "made-up"}
    forged = sign_compact(claims, generate_key("tokens-1"), typ="at+jwt")
    for token in (forged, partner.assertion(), "made.up.token", "x" * 9000):
        assert_problem(partner.ask(*QUESTION, token=token), "invalid-token")


def test_a_token_with_one_bit_changed(partner):
    token = partner.token()
    changed = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    assert_problem(partner.ask(*QUESTION, token=changed), "invalid-token")


@contextmanager
def suspended(partner):
    statement = "UPDATE hub.partner SET suspended_at = {} WHERE slug = %(slug)s"
    rows(partner.system, statement.format("now()"), slug=partner.slug)
    try:
        yield
    finally:
        rows(partner.system, statement.format("NULL"), slug=partner.slug)


def test_a_suspended_partner_gets_no_token_and_its_old_one_is_dead(running):
    partner = Partner(running, "bourses")
    token = partner.token()
    with suspended(partner):
        assert_problem(partner.ask(*QUESTION, token=token), "invalid-token")
        refused(partner.ask_token(partner.assertion()))
    assert partner.ask_token(partner.assertion()).status_code == 200


def test_a_token_is_no_more_than_a_resident_at_the_residents_door(partner):
    headers = {"authorization": f"Bearer {partner.token()}"}
    answer = partner.http.get(f"{partner.system.door_url}/v1/documents", headers=headers)
    assert_problem(answer, "sign-in-required")
