"""The partners' authorisation server lets in who proves to be who, once, for five minutes."""

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import jwt
import psycopg
import pytest

from connectors.jose import generate_key, sign_compact, thumbprint, verify_compact
from hub.partners.credentials import ASSERTION_TYPE
from hub.partners.details import DETAIL_TYPE
from hub.partners.keys import TokenKeys
from orchestration.keys import rotate_tokens
from orchestration.stack.layout import CODE_ROOT, write_private
from tests.journeys.doors import Partner, assert_problem, family, rows, subject_of, value
from tests.system import CAISSE, eventually
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
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("DPoP", 300)


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
    assert_problem(answer, "token-missing")
    # RFC 6750 3.1: nothing was sent, so nothing was wrong with it.
    assert answer.headers["www-authenticate"] == 'DPoP algs="ES256 EdDSA PS256"'


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
    answer = partner.http.get(f"{partner.system.door_url}/v1/documents", auth=partner.proving(partner.token()))
    assert_problem(answer, "sign-in-required")


def wanted(**changed) -> str:
    right = {"type": DETAIL_TYPE, "service": "canteen_enrolment", "purpose": "canteen_enrolment"}
    return json.dumps([{name: value for name, value in (right | changed).items() if value is not None}])


def test_a_token_says_what_it_was_granted_for_and_to_which_key(partner):
    answer = partner.ask_token(partner.assertion(), authorization_details=wanted(evidence_types=["birth_certificate"]))
    granted = json.loads(wanted(evidence_types=["birth_certificate"]))
    assert answer.json()["authorization_details"] == granted
    keys = partner.http.get("/oauth/jwks").json()["keys"]
    claims = verify_compact(answer.json()["access_token"], keys, typ="at+jwt")
    assert claims["authorization_details"] == granted
    assert claims["cnf"] == {"jkt": thumbprint(partner.proof_key)}
    assert claims["exp"] - claims["iat"] == 300
    assert (claims["iss"], claims["aud"], claims["client_id"]) == (claims["iss"], claims["iss"], SLUG)


def test_what_is_not_named_of_evidence_is_that_of_the_agreement(partner):
    (granted,) = partner.ask_token(partner.assertion(), authorization_details=wanted()).json()["authorization_details"]
    assert "birth_certificate" in granted["evidence_types"]


@pytest.mark.parametrize(
    "details",
    [
        wanted(service="bursary"),
        wanted(purpose="bursary"),
        wanted(purpose="everything"),
        wanted(evidence_types=["health_note"]),
        wanted(evidence_types=[]),
        wanted(type="urn:unefois:everything"),
        wanted(type=None),
        wanted(actions=["read"]),
        wanted(service=5),
        "{}",
        "[]",
        "[",
        "[" * 4000,
        '[{"type":"a","type":"b"}]',
        json.dumps(json.loads(wanted()) * 11),
        wanted(service="x" * 5000),
    ],
)
def test_authorization_details_that_cannot_be_granted(partner, details):
    answer = partner.ask_token(partner.assertion(), authorization_details=details)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_authorization_details"})


def test_ten_megabytes_of_authorization_details(partner):
    answer = partner.ask_token(partner.assertion(), authorization_details="x" * 10_000_000)
    assert_problem(answer, "too-large")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"authorization_details": ""}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"client_id": ["caisse-13", "caisse-13"]}, "invalid_request"),
    ],
)
def test_other_refusals_have_the_standards_names(partner, changed, error):
    answer = partner.ask_token(partner.assertion(), **changed)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_an_assertion_has_served_also_where_nothing_was_granted(partner):
    assertion = partner.assertion()
    assert partner.ask_token(assertion, authorization_details=wanted(service="bursary")).status_code == 400
    refused(partner.ask_token(assertion))


def test_a_token_for_one_thing_is_none_for_another(partner):
    narrow = partner.token(authorization_details=wanted(service="canteen_tariff", purpose="canteen_tariff"))
    answer = partner.ask(*QUESTION, token=narrow)
    assert_problem(answer, "outside-grant")
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_a_token_for_other_evidence_fetches_none_and_the_family_reads_that_it_was_refused(running, partner):
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    subject = subject_of(parent, CAISSE, "canteen_enrolment")
    narrow = partner.token(authorization_details=wanted(evidence_types=["tax_notice"]))
    assert_problem(partner.ask(subject, *QUESTION[1:], token=narrow), "outside-grant")
    (offered,) = partner.ask(subject, *QUESTION[1:]).json()["evidence"]
    assert_problem(partner.fetch(offered["href"], token=narrow), "outside-grant")
    assert partner.fetch(offered["href"]).status_code == 200
    eventually(lambda: [line for line in parent.trace() if line["act"] == "refuse"])


def revoke(partner, token: str, **changed):
    form = {"client_id": partner.slug, "client_assertion_type": ASSERTION_TYPE, "token": token}
    return partner.http.post("/oauth/revoke", data=form | {"client_assertion": partner.assertion()} | changed)


def test_a_token_that_was_taken_back_opens_nothing(partner):
    token = partner.token()
    assert partner.ask(*QUESTION, token=token).status_code == 200
    assert revoke(partner, token).status_code == 200
    assert_problem(partner.ask(*QUESTION, token=token), "invalid-token")
    assert revoke(partner, token).status_code == 200
    assert revoke(partner, "no token at all").status_code == 200


def test_nobody_takes_anothers_token_back(running, partner):
    token, other = partner.token(), Partner(running, "paris-familles")
    answer = revoke(other, token)
    assert (answer.status_code, answer.json()) == (400, {"error": "unauthorized_client"})
    refused(revoke(partner, token, client_assertion=other.assertion()))
    assert revoke(partner, "").json() == {"error": "invalid_request"}
    assert partner.ask(*QUESTION, token=token).status_code == 200


def test_keys_turn_while_tokens_of_the_older_one_still_serve(partner):
    keys = partner.http.get("/oauth/jwks")
    assert "max-age=300" in keys.headers["cache-control"]
    before, token = {key["kid"] for key in keys.json()["keys"]}, partner.token()
    path = partner.system.places.key("tokens.jwks.json")
    aged = TokenKeys.parse(path.read_text())
    # As if it had been published an hour ago: a rotation right after the start waits for caches.
    write_private(
        path, TokenKeys(tuple({**key, "published_at": key["published_at"] - 3600} for key in aged.keys)).text()
    )
    told = rotate_tokens(path)
    after = {key["kid"] for key in partner.http.get("/oauth/jwks").json()["keys"]}
    assert before < after
    assert len(after) == len(told) == 3
    assert jwt.get_unverified_header(partner.token())["kid"] in before - {jwt.get_unverified_header(token)["kid"]}
    assert partner.ask(*QUESTION, token=token).status_code == 200


def test_what_served_is_in_the_database_where_a_restart_finds_it_and_upkeep_sweeps_it(partner):
    before = value(partner.system, "SELECT count(*) FROM hub.spent_proof")
    partner.ask(*QUESTION)
    assert value(partner.system, "SELECT count(*) FROM hub.spent_proof") == before + 2
    for table in ("spent_proof", "revoked_token", "credential_refusal"):
        rows(partner.system, f"UPDATE hub.{table} SET expires_at = now() - interval '1 day'")
        with psycopg.connect(partner.system.stores.dsn("unefois_worker")) as worker:
            worker.execute(f"DELETE FROM hub.{table} WHERE expires_at <= now()")
        assert rows(partner.system, f"SELECT * FROM hub.{table} WHERE expires_at <= now()") == []


def test_the_guides_programme_asks_as_it_is(running, partner, tmp_path):
    guide = (CODE_ROOT / "docs" / "partners.md").read_text(encoding="utf-8")
    (programme,) = [block for block in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "def main" in block]
    (tmp_path / "ask.py").write_text(programme)
    state = str(running.running.layout.state)
    words = [sys.executable, "ask.py", state, SLUG, str(uuid4()), "canteen_enrolment", "child_identity"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "none"
