"""Standard Webhooks 1.0 symmetric signatures (v1): HMAC-SHA-256 over identifier, timestamp and body."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as random_source
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connectors.errors import (
    WebhookHeaderMissing,
    WebhookRefused,
    WebhookSecretInvalid,
    WebhookSignatureMalformed,
    WebhookSignatureMismatch,
    WebhookTimestampInvalid,
    WebhookTimestampOutOfTolerance,
)

TOLERANCE = timedelta(minutes=5)
SECRET_PREFIX = "whsec_"  # noqa: S105 -- the public prefix of the format, not a secret
_SECRET_BYTES = range(24, 65)
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_MAX_SIGNATURES = 16


def new_secret() -> str:
    """Return a fresh secret of 32 random bytes as the standard writes it."""
    return SECRET_PREFIX + base64.b64encode(random_source.token_bytes(32)).decode()


def sign(secrets: Sequence[str], message: str, at: datetime, body: bytes) -> str:
    """Return the value of ``webhook-signature``: one ``v1,`` signature per secret, newest first.

    Two secrets during a rotation give two signatures, so the receiver may change its own in its own time.

    Raises:
        WebhookSecretInvalid: a secret is not one, or there is none.
        WebhookRefused: ``message`` cannot be an identifier, or ``at`` has no time zone.
    """
    if not secrets:
        raise WebhookSecretInvalid
    if not _MESSAGE_ID.fullmatch(message):
        raise WebhookRefused("message identifier")
    if at.tzinfo is None:
        raise WebhookRefused("moment without a time zone")
    seconds = str(int(at.timestamp()))
    return " ".join("v1," + base64.b64encode(_mac(secret, message, seconds, body)).decode() for secret in secrets)


def verify(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """Return the ``webhook-id`` of a notification signed with one of ``secrets``; header names are lower case.

    Raises:
        WebhookRefused: one of its classes, saying which header is wrong and how.
    """
    if not secrets:
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
    given = _readable(signatures)
    expected = [_mac(secret, message, seconds, body) for secret in secrets]
    # Every pair is compared, so that the time taken does not tell which secret or signature came near.
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    if not any(matches):
        raise WebhookSignatureMismatch
    return message


def _required(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise WebhookHeaderMissing(name)
    return value


def _mac(secret: str, message: str, seconds: str, body: bytes) -> bytes:
    return hmac.digest(_key(secret), f"{message}.{seconds}.".encode("ascii") + body, hashlib.sha256)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookSecretInvalid from error
    if not secret.startswith(SECRET_PREFIX) or len(key) not in _SECRET_BYTES:
        raise WebhookSecretInvalid
    return key


def _readable(header: str) -> list[bytes]:
    """Return the v1 signatures; other versions are skipped, as the standard asks of receivers."""
    parts = header.split(" ")
    if len(parts) > _MAX_SIGNATURES:
        raise WebhookSignatureMalformed("too many")
    found = []
    for part in parts:
        version, comma, value = part.partition(",")
        if not comma or not version:
            raise WebhookSignatureMalformed
        if version == "v1":
            found.append(_decoded(value))
    if not found:
        raise WebhookSignatureMalformed("no v1 signature")
    return found


def _decoded(value: str) -> bytes:
    try:
        raw = base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookSignatureMalformed from error
    if len(raw) != hashlib.sha256().digest_size:
        raise WebhookSignatureMalformed
    return raw
