"""Tokens that a library might let through are refused before it sees them."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwk

from connectors.errors import (
    TokenAlgorithmRefused,
    TokenClaimRefused,
    TokenHeaderRefused,
    TokenKeyUnknown,
    TokenMalformed,
    TokenRefused,
    TokenSignatureInvalid,
    TokenTooLong,
    TokenTypeRefused,
)
from connectors.jose import (
    check_claims,
    generate_key,
    public_part,
    sign_compact,
    sign_self_signed,
    thumbprint,
    verify_compact,
    verify_self_signed,
)
from tests.unit.connectors.wire import NOW

KEY = generate_key("k1")
PUBLIC = public_part(KEY)
TOKEN = sign_compact({"sub": "x"}, KEY)
RSA: dict[str, Any] = {**jwk.RSAKey.generate_key(2048).as_dict(private=True), "kid": "r1"}
ED: dict[str, Any] = {**jwk.OKPKey.generate_key("Ed25519").as_dict(private=True), "kid": "e1"}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(payload: bytes) -> str:
    """A token with any payload whose signature is right."""
    return jwt.PyJWS().encode(payload, jwt.PyJWK(KEY).key, algorithm="ES256", headers={"kid": "k1"})


@pytest.mark.parametrize("key", [KEY, RSA, ED], ids=["ES256", "PS256", "EdDSA"])
def test_each_accepted_algorithm(key: dict[str, Any]) -> None:
    assert verify_compact(sign_compact({"a": 1}, key, typ="at+jwt"), [public_part(key)], typ="at+jwt") == {"a": 1}


def test_nothing_private_is_in_the_public_part() -> None:
    assert not {"d", "p", "q", "dp", "dq", "qi"} & (set(PUBLIC) | set(public_part(RSA)) | set(public_part(ED)))


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t", "crit", "b64", "zip", "nonce"])
def test_a_header_that_brings_something_along_is_refused(member: str) -> None:
    with pytest.raises(TokenHeaderRefused):
        verify_compact(
            f"{b64(json.dumps({'alg': 'ES256', 'kid': 'k1', member: 'x'}).encode())}.e30.e30", [PUBLIC], typ=None
        )


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        TOKEN + "=",
        TOKEN.replace(".", ". ", 1),
        TOKEN + ".x",
        TOKEN + "\n",
        "é" + TOKEN,
        f"{b64(b'[]')}.e30.e30",
    ],
)
def test_what_is_no_compact_token_is_refused(token: str) -> None:
    with pytest.raises(TokenMalformed):
        verify_compact(token, [PUBLIC], typ=None)


def test_one_signature_has_one_spelling() -> None:
    last = TOKEN[-1]
    twin = TOKEN[:-1] + chr(ord(last) + 1)
    with pytest.raises(TokenRefused):
        verify_compact(twin, [PUBLIC], typ=None)


@pytest.mark.parametrize("header", [b'{"alg":"ES256","alg":"none"}', b"[" * 5000, b'{"alg":NaN}', b"\xff"])
def test_a_header_that_reads_two_ways_is_refused(header: bytes) -> None:
    with pytest.raises(TokenMalformed):
        verify_compact(f"{b64(header)}.e30.e30", [PUBLIC], typ=None)


@pytest.mark.parametrize("payload", [b'{"sub":"a","sub":"b"}', b'{"jti":"\\u0000"}', b'{"jti":"\\ud800"}', b"[]"])
def test_a_payload_that_reads_two_ways_or_cannot_be_stored_is_refused(payload: bytes) -> None:
    with pytest.raises(TokenMalformed):
        verify_compact(forged(payload), [PUBLIC], typ=None)


def test_the_length_is_capped() -> None:
    with pytest.raises(TokenTooLong):
        verify_compact("a" * 8193, [PUBLIC], typ=None)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "PS256", "ES384", None, 5])
def test_the_key_fixes_the_algorithm(algorithm: object) -> None:
    head = b64(json.dumps({"alg": algorithm, "kid": "k1"}).encode())
    with pytest.raises(TokenAlgorithmRefused):
        verify_compact(f"{head}.{TOKEN.split('.')[1]}.{TOKEN.split('.')[2]}", [PUBLIC], typ=None)


def test_an_algorithm_the_caller_does_not_take_is_refused() -> None:
    with pytest.raises(TokenAlgorithmRefused):
        verify_compact(sign_compact({}, ED), [public_part(ED)], algorithms=("ES256",), typ=None)


@pytest.mark.parametrize(
    "change",
    [{"kid": "k2"}, {"use": "enc"}, {"key_ops": ["encrypt"]}, {"kty": "oct", "k": "AAAA"}, {"crv": "P-384"}, {"x": 5}],
)
def test_a_key_that_is_not_for_this_is_unknown(change: dict[str, Any]) -> None:
    with pytest.raises(TokenKeyUnknown):
        verify_compact(TOKEN, [{**PUBLIC, **change}], typ=None)


def test_two_keys_of_one_name_are_none() -> None:
    with pytest.raises(TokenKeyUnknown):
        verify_compact(TOKEN, [PUBLIC, PUBLIC], typ=None)


def test_a_short_rsa_key_is_unknown() -> None:
    short = {"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB", "kid": "s"}
    head, signature = b64(b'{"alg":"PS256","kid":"s"}'), b64(b"x" * 128)
    with pytest.raises(TokenKeyUnknown):
        verify_compact(f"{head}.e30.{signature}", [short], typ=None)


def test_another_key_does_not_verify() -> None:
    with pytest.raises(TokenSignatureInvalid):
        verify_compact(TOKEN, [public_part(generate_key("k1"))], typ=None)


def test_a_point_off_the_curve_does_not_verify() -> None:
    with pytest.raises(TokenRefused):
        verify_compact(TOKEN, [{**PUBLIC, "x": b64(b"\x01" * 32)}], typ=None)


@pytest.mark.parametrize(("typ", "expected"), [("JWT", "at+jwt"), ("at+jwt", None), ("at+jwt", "dpop+jwt")])
def test_one_kind_of_token_is_not_taken_for_another(typ: str, expected: str | None) -> None:
    with pytest.raises(TokenTypeRefused):
        verify_compact(sign_compact({}, KEY, typ=typ), [PUBLIC], typ=expected)


@settings(max_examples=300)
@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_any_changed_character_is_refused(at: int, letter: str) -> None:
    changed = TOKEN[:at] + letter + TOKEN[at + 1 :]
    if changed != TOKEN:
        with pytest.raises(TokenRefused):
            verify_compact(changed, [PUBLIC], typ=None)


def claims(**changes: object) -> dict[str, Any]:
    at = int(NOW.timestamp())
    whole = {"iss": "me", "aud": "you", "exp": at + 60, "iat": at} | changes
    return {name: value for name, value in whole.items() if value is not None}


def check(given_claims: dict[str, Any]) -> None:
    check_claims(given_claims, issuer="me", audience="you", now=NOW, max_life=timedelta(seconds=60))


def test_good_claims_pass() -> None:
    at = int(NOW.timestamp())
    check(claims())
    check(claims(aud=["a", "you"]))
    check(claims(iat=at + 8, exp=at - 8))


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"iss": "other"}, "iss"),
        ({"aud": "you too"}, "aud"),
        ({"aud": ["a"]}, "aud"),
        ({"aud": {"you": 1}}, "aud"),
        ({"exp": None}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": "1"}, "exp"),
        ({"exp": 1e400}, "exp"),
        ({"exp": NOW.timestamp() - 11}, "exp"),
        ({"exp": NOW.timestamp() + 600}, "exp"),
        ({"iat": NOW.timestamp() + 60}, "iat"),
        ({"nbf": NOW.timestamp() + 60}, "nbf"),
    ],
)
def test_each_bad_claim_is_named(changes: dict[str, Any], claim: str) -> None:
    with pytest.raises(TokenClaimRefused, match=claim):
        check(claims(**changes))


def proof(**changed: Any) -> str:
    """A self-signed token whose header is right but for what is changed; None leaves a member out."""
    header = {"typ": "dpop+jwt", "jwk": {name: KEY[name] for name in ("kty", "crv", "x", "y")}} | changed
    kept = {name: value for name, value in header.items() if value is not None}
    return jwt.PyJWS().encode(b'{"a":1}', jwt.PyJWK(KEY).key, algorithm="ES256", headers=kept)


@pytest.mark.parametrize("key", [KEY, RSA, ED], ids=["ES256", "PS256", "EdDSA"])
def test_a_proof_names_the_key_that_made_it(key: dict[str, Any]) -> None:
    found, public = verify_self_signed(sign_self_signed({"a": 1}, key, typ="dpop+jwt"), typ="dpop+jwt")
    assert found == {"a": 1}
    assert thumbprint(public) == thumbprint(key)


def test_unknown_members_of_a_proof_are_ignored() -> None:
    assert verify_self_signed(proof(kid="k", colour="blue"), typ="dpop+jwt")[0] == {"a": 1}


@pytest.mark.parametrize("member", ["jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip"])
def test_a_proof_that_names_another_key_or_changes_what_is_signed(member: str) -> None:
    signed, signature = TOKEN.rsplit(".", 1)
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": {name: KEY[name] for name in ("kty", "crv", "x", "y")}}
    head = b64(json.dumps(header | {member: ["exp"]}).encode())
    with pytest.raises(TokenHeaderRefused):
        verify_self_signed(f"{head}.{signed.split('.')[1]}.{signature}", typ="dpop+jwt")


@pytest.mark.parametrize("given", [None, "key", [], dict(KEY)])
def test_a_proof_without_a_public_key_or_with_a_private_one(given: object) -> None:
    with pytest.raises(TokenHeaderRefused):
        verify_self_signed(proof(jwk=given), typ="dpop+jwt")


@pytest.mark.parametrize(
    "given",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC", "crv": "secp256k1", "x": PUBLIC["x"], "y": PUBLIC["y"]},
        {"kty": "EC", "crv": "P-256", "x": PUBLIC["x"] + "AA", "y": PUBLIC["y"]},
        {"kty": "EC", "crv": "P-256", "x": PUBLIC["x"][:-4], "y": PUBLIC["y"]},
        {"kty": "EC", "crv": ["P-256"], "x": PUBLIC["x"], "y": PUBLIC["y"]},
        {"kty": "RSA", "n": b64(b"\xff" * 1024), "e": "AQAB"},
        {"kty": "RSA", "n": b64(b"\xff" * 256), "e": "Aw"},
        {"kty": "RSA", "n": b64(b"\xff" * 256), "e": "AQAA"},
    ],
)
def test_keys_of_another_kind_curve_or_size_prove_nothing(given: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        verify_self_signed(proof(jwk=given), typ="dpop+jwt")


@pytest.mark.parametrize("change", [{"use": "enc"}, {"key_ops": ["sign"]}, {"key_ops": []}, {"key_ops": "verify"}])
def test_a_key_that_is_marked_for_something_else_verifies_nothing(change: dict[str, Any]) -> None:
    with pytest.raises(TokenKeyUnknown):
        verify_compact(TOKEN, [{**PUBLIC, **change}], typ=None)


@pytest.mark.parametrize(
    "secret", [PUBLIC["x"].encode(), json.dumps(PUBLIC).encode(), b""], ids=["coordinate", "whole key", "nothing"]
)
def test_a_public_key_is_no_secret_of_a_mac(secret: bytes) -> None:
    signed = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'k1'}).encode())}.e30"
    forged_mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
    with pytest.raises(TokenAlgorithmRefused):
        verify_compact(f"{signed}.{b64(forged_mac)}", [PUBLIC], typ=None)


@pytest.mark.parametrize(
    "signature", [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 32, b"\0" * 65, b"0\x06\x02\x01\x01\x02\x01\x01"]
)
def test_signatures_of_no_use_or_of_another_form(signature: bytes) -> None:
    with pytest.raises(TokenRefused):
        verify_compact(f"{TOKEN.rpartition('.')[0]}.{b64(signature)}", [PUBLIC], typ=None)


def test_the_thumbprint_is_that_of_the_standard() -> None:
    # RFC 8037 appendix A.3.
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
