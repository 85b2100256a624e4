"""Proof of possession (DPoP, RFC 9449): whoever sends a token shows, request by request, that it holds the key."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from connectors.errors import TokenRefused
from connectors.jose import LEEWAY, thumbprint, verify_self_signed
from hub.errors import InvalidProof, ProofNonceNeeded

PROOF_LIFE = timedelta(seconds=60)
NONCE_LIFE = timedelta(minutes=5)
JTI_MAX = 256
_PORTS = {"http": 80, "https": 443}
_MAC_BYTES = 16
_UNRESERVED = re.compile(rb"[A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a request: every ``DPoP`` header there was, and what the request is."""

    proofs: tuple[str, ...]
    method: str
    url: str
    """As a client addresses us, whatever stands between."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds: whose key it is by, and what must be spent so that it serves once."""

    thumbprint: str
    digest: bytes
    expires_at: datetime


class Nonces:
    """What we have clients put in their proofs, so that none can be made in advance (RFC 9449 section 8).

    A nonce is its own moment under a MAC: nothing is stored for whoever asks, and every process knows each other's.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """Make them under the first of ``secrets``, and know those under any."""
        self._secrets = secrets

    def fresh(self, now: datetime) -> str:
        """Return a nonce for the next :data:`NONCE_LIFE`."""
        return _encoded(_stamped(self._secrets[0], int(now.timestamp())))

    def knows(self, nonce: object, now: datetime) -> bool:
        """Whether a nonce is ours and not over."""
        if not isinstance(nonce, str) or not re.fullmatch(r"[A-Za-z0-9_-]{32}", nonce):
            return False
        raw = base64.urlsafe_b64decode(nonce)
        moment = int.from_bytes(raw[:8])
        ours = any(hmac.compare_digest(_stamped(secret, moment), raw) for secret in self._secrets)
        age = now.timestamp() - moment
        return ours and -LEEWAY.total_seconds() <= age <= NONCE_LIFE.total_seconds()


def check_proof(sent: Sent, nonces: Nonces, *, now: datetime, token: str | None = None) -> Proof:
    """Return the proof of a request, checked as RFC 9449 section 4.3 lists; that it serves once is for the database.

    ``token`` is the access token it comes with, if any. Raises :class:`InvalidProof` naming the rule, and
    :class:`ProofNonceNeeded` where all else holds.
    """
    if len(sent.proofs) != 1:
        raise InvalidProof("one DPoP header")
    try:
        claims, key = verify_self_signed(sent.proofs[0], typ="dpop+jwt")
        bound = thumbprint(key)
    except TokenRefused as error:
        raise InvalidProof(type(error).__name__) from error
    jti, url = claims.get("jti"), claims.get("htu")
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_MAX:
        raise InvalidProof("jti")
    if claims.get("htm") != sent.method:
        raise InvalidProof("htm")
    if not isinstance(url, str) or _normal(url) != _normal(sent.url):
        raise InvalidProof("htu")
    _check_moments(claims, now)
    if token is not None and claims.get("ath") != _encoded(hashlib.sha256(token.encode()).digest()):
        raise InvalidProof("ath")
    if not nonces.knows(claims.get("nonce"), now):
        raise ProofNonceNeeded(nonces.fresh(now))
    digest = hashlib.sha256(f"{bound}\x00{jti}".encode()).digest()
    return Proof(bound, digest, now + PROOF_LIFE + 3 * LEEWAY)


def _check_moments(claims: dict[str, object], now: datetime) -> None:
    at, leeway = now.timestamp(), LEEWAY.total_seconds()
    issued = _moment(claims, "iat")
    if issued is None or not at - PROOF_LIFE.total_seconds() - leeway <= issued <= at + leeway:
        raise InvalidProof("iat")
    begins, ends = _moment(claims, "nbf"), _moment(claims, "exp")
    if begins is not None and begins > at + leeway:
        raise InvalidProof("nbf")
    if ends is not None and ends <= at - leeway:
        raise InvalidProof("exp")


def _moment(claims: dict[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    # A bool is an int to Python and must not be a moment here.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise InvalidProof(name)
    return float(value)


def _normal(url: str) -> tuple[str, str, int | None, bytes] | None:
    """Return what of an address counts (RFC 9449 4.3 9, RFC 3986 6.2.2 and 6.2.3): no query, no fragment; or nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in _PORTS or not parts.hostname or parts.username is not None:
        return None
    scheme = parts.scheme.lower()
    return scheme, parts.hostname.lower(), port or _PORTS[scheme], _path(parts)


def _path(parts: SplitResult) -> bytes:
    """Return the path with each octet spelled in one way."""
    spelled = re.sub(r"%[0-9A-Fa-f]{2}", _one_way, parts.path or "/")
    return spelled.encode(errors="replace")


def _one_way(octet: "re.Match[str]") -> str:
    plain = unquote_to_bytes(octet[0])
    return plain.decode() if _UNRESERVED.fullmatch(plain) else octet[0].upper()


def _stamped(secret: bytes, moment: int) -> bytes:
    told = moment.to_bytes(8)
    return told + hmac.digest(secret, told, hashlib.sha256)[:_MAC_BYTES]


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
