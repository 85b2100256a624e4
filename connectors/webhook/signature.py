"""Standard Webhooks 1.0 signatures over identifier, timestamp and body: v1 (HMAC-SHA-256) and v1a (Ed25519)."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as random_source
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

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

TOLERANCE = timedelta(minutes=5)
SECRET_PREFIX = "whsec_"  # noqa: S105 - the public prefix of the format, not a secret
SIGNING_PREFIX, VERIFYING_PREFIX = "whsk_", "whpk_"
_SECRET_BYTES = range(24, 65)
_KEY_BYTES = 32
_SIGNATURE_BYTES = {"v1": 32, "v1a": 64}
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_MAX_SIGNATURES = 16


def new_secret() -> str:
    """Return a fresh secret of 32 random bytes as the standard writes it."""
    return SECRET_PREFIX + base64.b64encode(random_source.token_bytes(32)).decode()


def new_signing_key() -> str:
    """Return a fresh private key as the standard writes it; whoever has it can sign as us."""
    return SIGNING_PREFIX + base64.b64encode(random_source.token_bytes(_KEY_BYTES)).decode()


def verifying_key(signing_key: str) -> str:
    """Return the public half of a private key, as the standard writes it and as we publish it.

    Raises:
        WebhookKeyInvalid: it is no private key.
    """
    public = Ed25519PrivateKey.from_private_bytes(_key_of(signing_key, SIGNING_PREFIX)).public_key()
    return VERIFYING_PREFIX + base64.b64encode(public.public_bytes_raw()).decode()


def sign(secrets: Sequence[str], message: str, at: datetime, body: bytes, *, keys: Sequence[str] = ()) -> str:
    """Return the value of ``webhook-signature``: a ``v1,`` per secret and a ``v1a,`` per private key, newest first.

    Two of a kind during a rotation give two signatures, so the receiver may change its own in its own time.

    Raises:
        WebhookSecretInvalid: a secret is not one, or there is none.
        WebhookKeyInvalid: a key is no private key.
        WebhookRefused: ``message`` cannot be an identifier, or ``at`` has no time zone.
    """
    if not secrets:
        raise WebhookSecretInvalid
    if not _MESSAGE_ID.fullmatch(message):
        raise WebhookRefused("message identifier")
    if at.tzinfo is None:
        raise WebhookRefused("moment without a time zone")
    seconds = str(int(at.timestamp()))
    signed = _signed(message, seconds, body)
    private = (Ed25519PrivateKey.from_private_bytes(_key_of(key, SIGNING_PREFIX)) for key in keys)
    found = [("v1", _mac(secret, signed)) for secret in secrets] + [("v1a", key.sign(signed)) for key in private]
    return " ".join(f"{version}," + base64.b64encode(signature).decode() for version, signature in found)


def verify(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
    keys: Sequence[str] = (),
) -> str:
    """Return the ``webhook-id`` of a notification signed with one of ``secrets`` or by one of the public ``keys``.

    Header names are lower case.

    Raises:
        WebhookRefused: one of its classes, saying which header is wrong and how.
    """
    if not secrets and not keys:
        raise WebhookSecretInvalid
    message = _required(headers, "webhook-id")
    seconds = _required(headers, "webhook-timestamp")
    signatures = _required(headers, "webhook-signature")
    if not _MESSAGE_ID.fullmatch(message):
        raise WebhookRefused("message identifier")
    if not _TIMESTAMP.fullmatch(seconds):
        raise WebhookTimestampInvalid
    if abs(now - datetime.fromtimestamp(int(seconds), UTC)) > tolerance:
        raise WebhookTimestampOutOfTolerance
    given = _readable(signatures, [version for version, wanted in (("v1", secrets), ("v1a", keys)) if wanted])
    signed = _signed(message, seconds, body)
    expected = [_mac(secret, signed) for secret in secrets]
    # Every pair is compared, so that the time taken does not tell which secret or signature came near.
    matches = [hmac.compare_digest(one, other) for one in given.get("v1", ()) for other in expected]
    matches += [_holds(key, one, signed) for key in keys for one in given.get("v1a", ())]
    if not any(matches):
        raise WebhookSignatureMismatch
    return message


def _required(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise WebhookHeaderMissing(name)
    return value


def _signed(message: str, seconds: str, body: bytes) -> bytes:
    return f"{message}.{seconds}.".encode("ascii") + body


def _mac(secret: str, signed: bytes) -> bytes:
    return hmac.digest(_key(secret), signed, hashlib.sha256)


def _holds(key: str, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(_key_of(key, VERIFYING_PREFIX)).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _key_of(text: str, prefix: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookKeyInvalid from error
    if not text.startswith(prefix) or len(key) != _KEY_BYTES:
        raise WebhookKeyInvalid
    return key


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookSecretInvalid from error
    if not secret.startswith(SECRET_PREFIX) or len(key) not in _SECRET_BYTES:
        raise WebhookSecretInvalid
    return key


def _readable(header: str, versions: Sequence[str]) -> dict[str, list[bytes]]:
    """Return the signatures of some versions; others are skipped, as the standard asks of receivers."""
    parts = header.split(" ")
    if len(parts) > _MAX_SIGNATURES:
        raise WebhookSignatureMalformed("too many")
    found: dict[str, list[bytes]] = {version: [] for version in versions}
    for part in parts:
        version, comma, value = part.partition(",")
        if not comma or not version:
            raise WebhookSignatureMalformed
        if version in found:
            found[version].append(_decoded(value, _SIGNATURE_BYTES[version]))
    if not any(found.values()):
        raise WebhookSignatureMalformed("no signature of a version that is looked for")
    return found


def _decoded(value: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookSignatureMalformed from error
    if len(raw) != length:
        raise WebhookSignatureMalformed
    return raw
