"""The OpenID suite's list for client credentials with DPoP, at the real door: 14 modules, and each way a proof is wrong."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from joserfc import jwk
from jwt.algorithms import ECAlgorithm

from connectors.jose import generate_key, sign_compact
from tests.journeys.doors import Partner, Proving, assert_problem, rows
from tests.unit.connectors.forging import b64, unsigned

QUESTION = {
    "subject": str(uuid4()),
    "service": "canteen_enrolment",
    "requirement": "child_identity",
    "purpose": "canteen_enrolment",
    "on_behalf_of": "treatment:canteen_enrolment",
}
PATH = "/hub/v1/evidence-requests"
RSA: dict[str, Any] = {**jwk.RSAKey.generate_key(2048).as_dict(private=True), "kid": "proof"}
ED: dict[str, Any] = {**jwk.OKPKey.generate_key("Ed25519").as_dict(private=True), "kid": "proof"}


@pytest.fixture(scope="module")
def partner(running) -> Partner:
    return Partner(running, "caisse-13")


@pytest.fixture(scope="module")
def token(partner) -> str:
    return partner.token()


def now() -> int:
    return int(time.time())


def ask(partner: Partner, proving: httpx.Auth, **changed: Any) -> httpx.Response:
    return partner.http.post(PATH, json=QUESTION, auth=proving, **changed)


def accepted(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["outcome"]) == (200, "none"), answer.text


def refused(answer: httpx.Response, name: str = "invalid-proof") -> None:
    assert_problem(answer, name)
    word = {"invalid-proof": "invalid_dpop_proof", "invalid-token": "invalid_token"}[name]
    assert f'DPoP error="{word}"' in answer.headers["www-authenticate"]


class Forging(Proving):
    """A proof whose text is made otherwise."""

    def __init__(self, partner: Partner, token: str, make) -> None:
        super().__init__(partner.proof_key, token)
        self.make = make

    def proof(self, request: httpx.Request) -> str:
        return str(self.make(self.claims(request), self.key))


def with_header(**changed: Any):
    """Sign under the right header but for what is changed; None leaves a member out."""

    def make(claims: dict[str, Any], key: dict[str, Any]) -> str:
        public = {name: key[name] for name in ("kty", "crv", "x", "y")}
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public} | changed
        return sign_raw({name: value for name, value in header.items() if value is not None}, claims, key)

    return make


def sign_raw(header: dict[str, Any], claims: dict[str, Any], key: dict[str, Any]) -> str:
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    algorithm = ECAlgorithm(ECAlgorithm.SHA256)
    return f"{signed}.{b64(algorithm.sign(signed.encode(), ECAlgorithm.from_jwk(key)))}"


# The modules ---------------------------------------------------------------------------------------------------------


def test_1_discovery_says_what_the_profile_wants(partner):
    told = partner.http.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == partner.system.release_url
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    for name in ("token_endpoint_auth_signing_alg_values_supported", "dpop_signing_alg_values_supported"):
        assert told[name] == ["ES256", "EdDSA", "PS256"]
    assert told["grant_types_supported"] == ["client_credentials"]
    assert told["authorization_details_types_supported"] == ["urn:unefois:evidence-request"]
    for name in ("token_endpoint", "revocation_endpoint", "jwks_uri"):
        assert told[name].startswith(told["issuer"] + "/")


def test_2_the_happy_flow(partner, token):
    accepted(ask(partner, partner.proving(token)))


@pytest.mark.parametrize("scheme", ["dpop", "DPOP", "dPoP"])
def test_3_the_scheme_is_read_in_any_case(partner, token, scheme):
    class Spelled(Proving):
        def dress(self, request: httpx.Request) -> None:
            super().dress(request)
            request.headers["authorization"] = f"{scheme} {token}"

    accepted(ask(partner, Spelled(partner.proof_key, token)))


def test_4_nbf_and_exp_in_a_proof_are_heeded(partner, token):
    accepted(ask(partner, Proving(partner.proof_key, token, nbf=now(), exp=now() + 300)))
    assert partner.ask_token(
        partner.assertion(), auth=Proving(partner.proof_key, None, nbf=now(), exp=now() + 300)
    ).is_success
    refused(ask(partner, Proving(partner.proof_key, token, nbf=now() + 600)))
    refused(ask(partner, Proving(partner.proof_key, token, exp=now() - 600)))


@pytest.mark.parametrize("skew", [-10, 10])
def test_5_and_6_a_clock_ten_seconds_off_is_accepted(partner, token, skew):
    accepted(ask(partner, Proving(partner.proof_key, token, iat=now() + skew)))
    proving = Proving(partner.proof_key, None, iat=now() + skew)
    assert partner.ask_token(partner.assertion(iat=now() + min(skew, 8)), auth=proving).is_success


def refused_client(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_7_the_client_id_is_that_of_who_signed(partner):
    other = Partner(partner.system, "paris-familles")
    refused_client(other.ask_token(other.assertion(key=partner.key)))
    refused_client(partner.ask_token(other.assertion(key=partner.key)))
    refused_client(partner.ask_token(partner.assertion(), client_id=""))


def test_8_a_token_is_bound_to_a_key_or_not_given(partner):
    answer = partner.ask_token(partner.assertion(), auth=httpx.Auth())
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_dpop_proof"})


def test_9_an_assertion_signed_with_rs256(partner):
    forged = unsigned({"alg": "RS256", "kid": partner.key["kid"]}, partner.claims(), signature=b"x" * 256)
    refused_client(partner.ask_token(forged))


def test_10_an_assertion_that_is_missing(partner):
    refused_client(partner.ask_token(""))
    refused_client(partner.ask_token("", client_assertion_type=""))


def test_11_an_assertion_that_ended_five_minutes_ago(partner):
    refused_client(partner.ask_token(partner.assertion(exp=now() - 300, iat=now() - 360)))


def test_12_an_assertion_for_another_audience(partner):
    refused_client(partner.ask_token(partner.assertion(aud="https://elsewhere.example")))
    refused_client(partner.ask_token(partner.assertion(aud=[partner.system.release_url])))
    refused_client(partner.ask_token(partner.assertion(aud=f"{partner.system.release_url}/oauth/token")))


def test_13_an_assertion_without_subject(partner):
    claims = partner.claims()
    del claims["sub"]
    refused_client(partner.ask_token(sign_compact(claims, partner.key)))


# 14: proofs ----------------------------------------------------------------------------------------------------------

WRONG_CLAIMS = {
    "jti missing": {"jti": None},
    "jti empty": {"jti": ""},
    "jti a number": {"jti": 5},
    "jti without end": {"jti": "x" * 2000},
    "htm missing": {"htm": None},
    "htm another": {"htm": "PUT"},
    "htm in small letters": {"htm": "post"},
    "htu missing": {"htu": None},
    "htu another": {"htu": "https://elsewhere.example/hub/v1/evidence-requests"},
    "htu no address": {"htu": "http://[broken"},
    "iat missing": {"iat": None},
    "iat a word": {"iat": "now"},
    "iat true": {"iat": True},
    "ath missing": {"ath": None},
    "ath another": {"ath": "A" * 43},
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
def test_a_proof_with_a_wrong_claim(partner, token, wrong):
    changed = WRONG_CLAIMS[wrong]

    class Lacking(Proving):
        def claims(self, request: httpx.Request) -> dict[str, Any]:
            told = super().claims(request) | changed
            return {name: value for name, value in told.items() if value is not None}

    refused(ask(partner, Lacking(partner.proof_key, token)))


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_proof_of_another_hour(partner, token, hours):
    refused(ask(partner, Proving(partner.proof_key, token, iat=now() + 3600 * hours)))


def test_a_proof_for_another_path_of_ours(partner, token):
    refused(ask(partner, Proving(partner.proof_key, token, htu=f"{partner.system.release_url}/oauth/token")))


WRONG_HEADERS = {
    "typ missing": {"typ": None},
    "typ another": {"typ": "JWT"},
    "alg missing": {"alg": None},
    "alg RS256": {"alg": "RS256"},
    "alg none": {"alg": "none"},
    "alg HS256": {"alg": "HS256"},
    "jwk missing": {"jwk": None},
    "jwk no key": {"jwk": "key"},
    "jwk symmetric": {"jwk": {"kty": "oct", "k": "AAAA"}},
    "crit": {"crit": ["exp"]},
    "jku": {"jku": "https://elsewhere.example/jwks"},
    "x5c": {"x5c": ["AAAA"]},
}


@pytest.mark.parametrize("wrong", WRONG_HEADERS)
def test_a_proof_with_a_wrong_header(partner, token, wrong):
    refused(ask(partner, Forging(partner, token, with_header(**WRONG_HEADERS[wrong]))))


def test_a_proof_that_carries_its_private_key(partner, token):
    key = {name: partner.proof_key[name] for name in ("kty", "crv", "x", "y", "d")}
    refused(ask(partner, Forging(partner, token, with_header(jwk=key))))


def test_a_proof_signed_with_rs256_by_an_rsa_key(partner):
    # A token bound to the RSA key first, so that only the algorithm is wrong.
    bound = partner.ask_token(partner.assertion(), auth=Proving(RSA, None)).json()["access_token"]
    accepted(ask(partner, Proving(RSA, bound)))
    public = {name: RSA[name] for name in ("kty", "n", "e")}

    def make(claims: dict[str, Any], key: dict[str, Any]) -> str:
        private = jwt.PyJWK({**RSA, "alg": "RS256"}).key
        return jwt.encode(claims, private, algorithm="RS256", headers={"typ": "dpop+jwt", "jwk": public})

    refused(ask(partner, Forging(partner, bound, make)))


def test_a_proof_without_a_right_signature(partner, token):
    def broken(claims: dict[str, Any], key: dict[str, Any]) -> str:
        head, body, signature = with_header()(claims, key).split(".")
        raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
        raw[0] ^= 1
        return f"{head}.{body}.{b64(bytes(raw))}"

    def stripped(claims: dict[str, Any], key: dict[str, Any]) -> str:
        return with_header()(claims, key).rpartition(".")[0] + "."

    for make in (broken, stripped, lambda _claims, _key: "not.a.jwt", lambda _claims, _key: "x" * 9000):
        refused(ask(partner, Forging(partner, token, make)))


def test_a_proof_by_another_key(partner, token):
    refused(ask(partner, Proving(generate_key("proof"), token)))


def test_no_proof_and_two_proofs(partner, token):
    headers = {"authorization": f"DPoP {token}"}
    refused(partner.http.post(PATH, json=QUESTION, headers=headers))

    class Twice(Proving):
        def dress(self, request: httpx.Request) -> None:
            super().dress(request)
            request.headers = httpx.Headers([*request.headers.items(), ("DPoP", self.proof(request))])

    refused(ask(partner, Twice(partner.proof_key, token)))


def test_a_bound_token_sent_as_a_bearers(partner, token):
    class Bearer(Proving):
        def dress(self, request: httpx.Request) -> None:
            super().dress(request)
            request.headers["authorization"] = f"Bearer {token}"

    refused(ask(partner, Bearer(partner.proof_key, token)), "invalid-token")
    bare = partner.http.post(PATH, json=QUESTION, headers={"authorization": f"Bearer {token}"})
    refused(bare, "invalid-token")


def test_a_proof_serves_once_at_either_door(partner, token):
    proving = Proving(partner.proof_key, token)
    accepted(ask(partner, proving))
    proving.changed = {"jti": uuid4().hex}
    accepted(ask(partner, proving))
    refused(ask(partner, proving))
    again = Proving(partner.proof_key, None, jti=proving.changed["jti"])
    answer = partner.ask_token(partner.assertion(), auth=again)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_dpop_proof"})


def test_a_proof_lacks_our_nonce_or_has_one_of_its_own(partner, token):
    for nonce in (None, "A" * 32, "", 5):
        proving = Proving(partner.proof_key, token, nonce=nonce)
        request = partner.http.build_request("POST", PATH, json=QUESTION)
        proving.dress(request)
        answer = partner.http.send(request)
        assert_problem(answer, "proof-nonce-needed")
        assert 'error="use_dpop_nonce"' in answer.headers["www-authenticate"]
        assert len(answer.headers["dpop-nonce"]) == 32


def test_the_token_address_gives_a_nonce_first_and_again_with_the_token(partner):
    plain = {"grant_type": "client_credentials", "authorization_details": json.dumps(partner.details())}
    request = partner.http.build_request("POST", "/oauth/token", data=plain)
    partner.proving().dress(request)
    first = partner.http.send(request)
    assert (first.status_code, first.json()) == (400, {"error": "use_dpop_nonce"})
    assert len(first.headers["dpop-nonce"]) == 32
    assert partner.ask_token(partner.assertion()).headers["dpop-nonce"]


ACCEPTED = {
    "with a query": lambda url: f"{url}?a=1",
    "with a fragment": lambda url: f"{url}#there",
    "in capitals": lambda url: url.replace("http://", "HTTP://"),
    "with an octet spelled out": lambda url: url.replace("evidence", "%65vidence"),
    "as it is": lambda url: url,
}


@pytest.mark.parametrize("how", ACCEPTED)
def test_an_address_that_is_the_same_is_accepted(partner, token, how):
    url = ACCEPTED[how](partner.system.release_url + PATH)
    accepted(ask(partner, Proving(partner.proof_key, token, htu=url)))


def test_what_a_proof_says_beyond_the_standard_is_ignored(partner, token):
    accepted(ask(partner, Forging(partner, token, with_header(kid="mine", colour="blue"))))
    accepted(ask(partner, Proving(partner.proof_key, token, colour="blue")))


@pytest.mark.parametrize("name", ["DPOP", "dpop", "DPoP"])
def test_the_header_is_found_however_it_is_spelled(partner, token, name):
    class Named(Proving):
        def dress(self, request: httpx.Request) -> None:
            super().dress(request)
            proof = request.headers.pop("dpop")
            raw = [(key, value) for key, value in request.headers.raw if key.lower() != name.lower().encode()]
            request.headers = httpx.Headers([*raw, (name.encode(), proof.encode())])

    accepted(ask(partner, Named(partner.proof_key, token)))


def test_each_key_that_may_sign_may_prove(partner):
    for key in (RSA, ED):
        token = partner.ask_token(partner.assertion(), auth=Proving(key, None)).json()["access_token"]
        accepted(ask(partner, Proving(key, token)))


def test_at_the_end_the_right_one_still_passes_and_the_journal_has_the_refusals(partner, token):
    accepted(ask(partner, partner.proving(token)))
    counted = rows(
        partner.system, "SELECT sum(times) AS times FROM hub.credential_refusal WHERE reason = 'InvalidProof'"
    )
    assert counted[0]["times"] > 30
    kept = """SELECT convert_from(record, 'UTF8') AS record FROM vault.journal_entry JOIN vault.journal_record
              USING (entry_id) WHERE act = 'refuse' AND convert_from(record, 'UTF8') LIKE '%%InvalidProof%%'"""
    assert 0 < len(rows(partner.system, kept)) < counted[0]["times"]
