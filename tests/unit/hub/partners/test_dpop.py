"""Proofs of possession: addresses that are the same, nonces that are ours, moments that are near."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.jose import generate_key, sign_self_signed, thumbprint
from hub.errors import InvalidProof, ProofNonceNeeded
from hub.partners.dpop import NONCE_LIFE, Nonces, Proof, Sent, check_proof

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEY = generate_key("proof")
NONCES = Nonces([b"newest", b"older"])
URL = "https://hub.example/hub/v1/evidence-requests"


def check(url: str = URL, at: datetime = NOW, token: str | None = None, **changed: Any) -> Proof:
    right = {"htm": "POST", "htu": URL, "iat": int(NOW.timestamp()), "jti": "1", "nonce": NONCES.fresh(NOW)} | changed
    proof = sign_self_signed({name: value for name, value in right.items() if value is not None}, KEY, typ="dpop+jwt")
    return check_proof(Sent((proof,), "POST", url), NONCES, now=at, token=token)


def test_a_right_proof_says_whose_it_is_and_how_long_it_must_be_remembered() -> None:
    found = check()
    assert found.thumbprint == thumbprint(KEY)
    assert found.expires_at > NOW + timedelta(seconds=70)
    assert check(jti="2").digest != found.digest == check().digest


@pytest.mark.parametrize(
    "same",
    [
        "HTTPS://HUB.example/hub/v1/evidence-requests",
        "https://hub.example:443/hub/v1/evidence-requests?a#b",
        "https://hub.example/hub/v1/%65vidence%2Drequests",
    ],
)
def test_addresses_that_are_the_same(same: str) -> None:
    assert check(htu=same)


@pytest.mark.parametrize(
    "other",
    [
        "http://hub.example/hub/v1/evidence-requests",
        "https://hub.example:8443/hub/v1/evidence-requests",
        "https://hub.example/hub/v1/evidence-requests/",
        "https://hub.example/hub/v1/EVIDENCE-requests",
        "https://hub.example/hub/v1%2Fevidence-requests",
        "https://hub.example@elsewhere.example/hub/v1/evidence-requests",
        "https://a:b@hub.example/hub/v1/evidence-requests",
        "https://hub.example:x/hub/v1/evidence-requests",
        "/hub/v1/evidence-requests",
        "",
        5,
        None,
    ],
)
def test_addresses_that_are_not(other: object) -> None:
    with pytest.raises(InvalidProof, match="htu"):
        check(htu=other)


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_no_address_makes_it_fall(url: str) -> None:
    with pytest.raises(InvalidProof):
        check(htu=url)


@pytest.mark.parametrize("nonce", [None, "", "x", "A" * 32, 5, Nonces([b"another's"]).fresh(NOW)])
def test_a_nonce_that_is_not_ours_is_answered_with_one_that_is(nonce: object) -> None:
    with pytest.raises(ProofNonceNeeded) as asked:
        check(nonce=nonce)
    assert check(nonce=asked.value.nonce)


def test_a_nonce_ends_and_none_is_made_in_advance() -> None:
    old = NOW - NONCE_LIFE - timedelta(seconds=1)
    assert not NONCES.knows(NONCES.fresh(old), NOW)
    assert not NONCES.knows(NONCES.fresh(NOW + timedelta(minutes=1)), NOW)
    assert NONCES.knows(Nonces([b"older"]).fresh(NOW), NOW)


@pytest.mark.parametrize("seconds", [-71, 11, -3600, 3600])
def test_a_proof_of_another_time(seconds: int) -> None:
    with pytest.raises(InvalidProof, match="iat"):
        check(iat=int(NOW.timestamp()) + seconds)


@pytest.mark.parametrize("seconds", [-70, -10, 10])
def test_a_clock_that_differs_a_little(seconds: int) -> None:
    assert check(iat=int(NOW.timestamp()) + seconds)


def test_a_proof_is_for_its_token_only() -> None:
    with pytest.raises(InvalidProof, match="ath"):
        check(token="token")
    with pytest.raises(InvalidProof, match="ath"):
        check(token="token", ath="another")
