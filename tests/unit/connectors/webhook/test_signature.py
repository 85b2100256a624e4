"""Signatures after Standard Webhooks: one right way, and a precise refusal for each wrong one."""

import base64
import hashlib
import hmac
from datetime import timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import (
    WebhookHeaderMissing,
    WebhookKeyInvalid,
    WebhookRefused,
    WebhookSecretInvalid,
    WebhookSignatureMalformed,
    WebhookSignatureMismatch,
    WebhookTimestampInvalid,
    WebhookTimestampOutOfTolerance,
)
from connectors.webhook.signature import new_secret, new_signing_key, sign, verify, verifying_key
from tests.unit.connectors.wire import NOW

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = new_secret()
SECONDS = str(int(NOW.timestamp()))


def headers(**changes: str) -> dict[str, str]:
    whole = {"id": "msg_1", "timestamp": SECONDS, "signature": sign([SECRET], "msg_1", NOW, b"{}")} | changes
    return {f"webhook-{name}": value for name, value in whole.items() if value}


def test_the_signature_is_the_one_the_standard_prescribes() -> None:
    mac = hmac.new(bytes(range(32)), f"msg_1.{SECONDS}.".encode() + b"{}", hashlib.sha256).digest()
    assert sign([SECRET], "msg_1", NOW, b"{}") == "v1," + base64.b64encode(mac).decode()


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=11)))
    assert sign([SECRET], "m", elsewhere, b"") == sign([SECRET], "m", NOW, b"")


@given(st.binary(max_size=300), st.integers(-300, 300))
def test_what_was_signed_verifies_within_the_tolerance(body: bytes, late: int) -> None:
    signed = headers(signature=sign([SECRET], "msg_1", NOW, body))
    assert verify([SECRET], signed, body, now=NOW + timedelta(seconds=late)) == "msg_1"


@given(st.binary(min_size=1, max_size=50), st.binary(min_size=1, max_size=50))
def test_another_body_does_not_verify(body: bytes, other: bytes) -> None:
    if body != other:
        with pytest.raises(WebhookSignatureMismatch):
            verify([SECRET], headers(signature=sign([SECRET], "msg_1", NOW, body)), other, now=NOW)


def test_during_a_rotation_either_secret_verifies() -> None:
    both = headers(signature=sign([OTHER, SECRET], "msg_1", NOW, b"{}"))
    assert verify([SECRET], both, b"{}", now=NOW) == verify([OTHER], both, b"{}", now=NOW) == "msg_1"


def test_other_versions_are_skipped() -> None:
    mixed = headers(signature="v1a,AAAA " + headers()["webhook-signature"])
    assert verify([SECRET], mixed, b"{}", now=NOW) == "msg_1"


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
def test_each_missing_header_is_named(name: str) -> None:
    with pytest.raises(WebhookHeaderMissing, match=f"webhook-{name}"):
        verify([SECRET], headers(**{name: ""}), b"{}", now=NOW)


@pytest.mark.parametrize("late", [-301, 301])
def test_an_old_or_future_message_is_refused(late: int) -> None:
    with pytest.raises(WebhookTimestampOutOfTolerance):
        verify([SECRET], headers(), b"{}", now=NOW + timedelta(seconds=late))


@pytest.mark.parametrize("text", ["soon", "-5", "1.5", "99999999999999", "١٢"])
def test_a_timestamp_is_digits(text: str) -> None:
    with pytest.raises(WebhookTimestampInvalid):
        verify([SECRET], headers(timestamp=text), b"{}", now=NOW)


@pytest.mark.parametrize("text", ["v1", ",", "v1,", "v1,@@", "v1,AAAA", "v1a,AAAA", "é", "v1,é", "v1,A " * 20, "  "])
def test_a_malformed_signature_says_so(text: str) -> None:
    with pytest.raises(WebhookSignatureMalformed):
        verify([SECRET], headers(signature=text), b"{}", now=NOW)


@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=40))
def test_any_headers_at_all_give_our_own_error(signature: str, stamp: str, message: str) -> None:
    with pytest.raises(WebhookRefused):
        verify([SECRET], headers(signature=signature or "x", timestamp=stamp, id=message), b"{}", now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", SECRET[6:], "whsec_" + "A" * 400, "whsec_é"])
def test_a_bad_secret_is_refused(secret: str) -> None:
    with pytest.raises(WebhookSecretInvalid):
        sign([secret], "msg_1", NOW, b"")


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(WebhookRefused):
        sign([SECRET], "msg_1", NOW.replace(tzinfo=None), b"")


KEY = "whsk_" + base64.b64encode(bytes(range(32))).decode()


def test_v1a_is_ed25519_over_the_same_bytes() -> None:
    signed = sign([SECRET], "msg_1", NOW, b"{}", keys=[KEY]).split(" ")[1]
    public = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    public.verify(base64.b64decode(signed.removeprefix("v1a,")), f"msg_1.{SECONDS}.".encode() + b"{}")
    assert verifying_key(KEY) == "whpk_" + base64.b64encode(public.public_bytes_raw()).decode()


def test_either_kind_of_signature_verifies_by_itself() -> None:
    both = headers(signature=sign([SECRET], "msg_1", NOW, b"{}", keys=[KEY]))
    assert verify([], both, b"{}", now=NOW, keys=[verifying_key(KEY)]) == verify([SECRET], both, b"{}", now=NOW)


def test_during_a_rotation_either_key_verifies_and_no_other() -> None:
    old, new = new_signing_key(), new_signing_key()
    both = headers(signature=sign([SECRET], "msg_1", NOW, b"{}", keys=[new, old]))
    for key in (old, new):
        assert verify([], both, b"{}", now=NOW, keys=[verifying_key(key)]) == "msg_1"
    with pytest.raises(WebhookSignatureMismatch):
        verify([], both, b"{}", now=NOW, keys=[verifying_key(KEY)])


def test_a_secret_signature_is_none_of_a_key() -> None:
    with pytest.raises(WebhookSignatureMalformed):
        verify([], headers(), b"{}", now=NOW, keys=[verifying_key(KEY)])


@pytest.mark.parametrize("wrong", ["", "whsk_", "whsk_AAAA", KEY.replace("whsk", "whpk"), KEY + "="])
def test_what_is_no_key_signs_nothing(wrong: str) -> None:
    with pytest.raises(WebhookKeyInvalid):
        sign([SECRET], "msg_1", NOW, b"{}", keys=[wrong])
