"""Sign and verify compact JWS; the only module of the package that knows a JOSE library.

Verification is a strict check of our own first (libraries let through what the standard forbids), then joserfc.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn

import jwt
from joserfc import jwk, jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError

from connectors.errors import (
    TokenAlgorithmRefused,
    TokenClaimRefused,
    TokenHeaderRefused,
    TokenKeyUnknown,
    TokenMalformed,
    TokenSignatureInvalid,
    TokenTooLong,
    TokenTypeRefused,
)

ALGORITHMS = ("ES256", "EdDSA", "PS256")
MAX_BYTES = 8192
LEEWAY = timedelta(seconds=10)
"""FAPI 2.0: a clock 8 s ahead is accepted, one 60 s ahead refused."""
RSA_MIN_BITS, RSA_MAX_BITS = 2048, 4096
"""A longer modulus costs whoever verifies, and who sends a proof chooses its key."""

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER_MEMBERS = frozenset({"alg", "kid", "typ", "cty"})
_OTHER_KEYS = frozenset({"jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc", "epk"})
"""Members that bring another key along or change what is signed, where other unknown ones are to be ignored."""
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_COORDINATE = 32
"""Bytes of a coordinate on P-256, and of an Ed25519 key."""
_KEY_MEMBERS = {
    ("EC", "P-256"): ("ES256", ("kty", "crv", "x", "y")),
    ("OKP", "Ed25519"): ("EdDSA", ("kty", "crv", "x")),
    ("RSA", None): ("PS256", ("kty", "n", "e")),
}


class _OneAlgorithm(jws.JWSRegistry):
    """joserfc's registry without its warning about EdDSA's old name (RFC 9864), which FAPI 2.0 still writes."""

    # The whole token is capped before; a header may carry an RSA key.
    max_header_length = MAX_BYTES

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


def verify_compact(
    token: str,
    keys: Sequence[Mapping[str, Any]],
    *,
    algorithms: Collection[str] = ALGORITHMS,
    max_bytes: int = MAX_BYTES,
    typ: str | None,
) -> dict[str, Any]:
    """Return the claims of ``token`` once one of ``keys`` (public JWKs) verifies it.

    ``typ`` is the type the header must have (RFC 8725 section 3.11); None accepts ``JWT`` or none. Claims are not
    judged: see :func:`check_claims`.

    Raises:
        TokenRefused: one of its classes, for the first thing found wrong.
    """
    return verify_with_key(token, keys, algorithms=algorithms, max_bytes=max_bytes, typ=typ)[0]


def verify_with_key(
    token: str,
    keys: Sequence[Mapping[str, Any]],
    *,
    algorithms: Collection[str] = ALGORITHMS,
    max_bytes: int = MAX_BYTES,
    typ: str | None,
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return the claims of ``token`` and the one of ``keys`` that verified it; as :func:`verify_compact` otherwise."""
    header, payload = _opened(token, max_bytes)
    # 3. No member that brings a key along or changes what is signed (jwk, jku, x5c, x5u, crit, b64, …).
    if not set(header) <= _HEADER_MEMBERS:
        raise TokenHeaderRefused
    _check_type(header.get("typ"), typ)
    # 4. The key is chosen by its identifier and alone says which algorithm it is for.
    key = _choose(header.get("kid"), keys)
    algorithm, members = _purpose_of(key, "verify")
    if header.get("alg") != algorithm or algorithm not in algorithms:
        raise TokenAlgorithmRefused
    # 5. The signature.
    _verify_signature(token, {name: key[name] for name in members}, algorithm)
    # 6. The payload, only now.
    return _json_object(payload), key


def verify_self_signed(token: str, *, typ: str, max_bytes: int = MAX_BYTES) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the claims of ``token`` and the public JWK in its header that verifies it (RFC 9449 section 4.3).

    It proves that the sender holds that key and nothing else: whoever calls must know the key by its
    :func:`thumbprint`. Unknown header members are ignored, as the standard wants, but for those that name another key
    or change what is signed.

    Raises:
        TokenRefused: one of its classes, for the first thing found wrong.
    """
    header, payload = _opened(token, max_bytes)
    key = header.get("jwk")
    if _OTHER_KEYS & set(header) or not isinstance(key, dict) or _PRIVATE_MEMBERS & set(key):
        raise TokenHeaderRefused
    _check_type(header.get("typ"), typ)
    algorithm, members = _purpose_of(key, "verify")
    if header.get("alg") != algorithm:
        raise TokenAlgorithmRefused
    public = {name: key[name] for name in members}
    _verify_signature(token, public, algorithm, ignore_unknown=True)
    return _json_object(payload), public


def check_claims(
    claims: Mapping[str, Any],
    *,
    issuer: str,
    audience: str,
    now: datetime,
    max_life: timedelta | None = None,
) -> None:
    """Check ``iss``, ``aud``, ``exp``, ``iat`` and ``nbf`` of verified ``claims`` against ``now``.

    ``max_life`` bounds how far ahead ``exp`` may lie (60 s for a client assertion).

    Raises:
        TokenClaimRefused: naming the claim.
    """
    if claims.get("iss") != issuer:
        raise TokenClaimRefused("iss")
    named = claims.get("aud")
    if named != audience and not (isinstance(named, list) and audience in named):
        raise TokenClaimRefused("aud")
    at = now.timestamp()
    leeway = LEEWAY.total_seconds()
    expires = _seconds(claims, "exp")
    if expires is None or expires <= at - leeway:
        raise TokenClaimRefused("exp")
    if max_life is not None and expires > at + max_life.total_seconds() + leeway:
        raise TokenClaimRefused("exp")
    for name in ("iat", "nbf"):
        moment = _seconds(claims, name)
        if moment is not None and moment > at + leeway:
            raise TokenClaimRefused(name)


def sign_compact(claims: Mapping[str, Any], key: Mapping[str, Any], *, typ: str = "JWT") -> str:
    """Sign ``claims`` with the private JWK ``key``, under its ``kid`` and the algorithm it is for.

    Raises:
        TokenKeyUnknown: the key is of no kind we sign with, or has no identifier.
    """
    if not isinstance(key.get("kid"), str):
        raise TokenKeyUnknown
    return _signed(claims, key, {"kid": key["kid"], "typ": typ})


def sign_self_signed(claims: Mapping[str, Any], key: Mapping[str, Any], *, typ: str) -> str:
    """Sign ``claims`` with the private JWK ``key`` under a header that carries its public part; raises as above."""
    _, members = _purpose_of(key, "sign")
    return _signed(claims, key, {"typ": typ, "jwk": {name: key[name] for name in members}})


def thumbprint(key: Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a public or private JWK (RFC 7638), in base64url."""
    _, members = _purpose_of(key)
    text = json.dumps({name: key[name] for name in sorted(members)}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def generate_key(kid: str) -> dict[str, Any]:
    """Return a fresh private JWK for ES256 called ``kid``."""
    made = dict(jwk.ECKey.generate_key("P-256").as_dict(private=True))
    return {**made, "kid": kid, "use": "sig", "alg": "ES256"}


def public_part(key: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``key`` without anything private."""
    _, members = _purpose_of(key)
    return {name: key[name] for name in (*members, "kid", "use", "alg") if name in key}


def _signed(claims: Mapping[str, Any], key: Mapping[str, Any], header: dict[str, Any]) -> str:
    algorithm, members = _purpose_of(key, "sign")
    if "d" not in key:
        raise TokenKeyUnknown
    told = {name: key[name] for name in (*members, *_PRIVATE_MEMBERS) if isinstance(key.get(name), str)}
    return jwt.encode(dict(claims), _private_key(algorithm, *told.items()), algorithm=algorithm, headers=header)


@lru_cache(maxsize=8)
def _private_key(algorithm: str, *members: tuple[str, str]) -> Any:
    return jwt.PyJWK({**dict(members), "alg": algorithm}).key


# To read a key anew costs as much as the curve itself, and a partner proves with the same one for long.
@lru_cache(maxsize=256)
def _public_key(*members: tuple[str, str]) -> jwk.Key:
    return jwk.import_key(dict(members))


def _opened(token: str, max_bytes: int) -> tuple[dict[str, Any], bytes]:
    """Return header and payload of what is spelled as a token must be; nothing of it is verified."""
    # 1. Length and alphabet, before anything is decoded.
    if len(token) > max_bytes:
        raise TokenTooLong
    if not _COMPACT.fullmatch(token):
        raise TokenMalformed
    # 2. Canonical base64url: one signature, one spelling.
    header, payload, signature = (_canonical(part) for part in token.split("."))
    if not signature:
        raise TokenMalformed
    return _json_object(header), payload


def _canonical(part: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as error:
        raise TokenMalformed from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise TokenMalformed
    return raw


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise TokenMalformed
    return members


def _no_constant(_name: str) -> NoReturn:
    raise TokenMalformed


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
        # Neither half a surrogate nor a NUL can be stored as text, so neither may come out of a verified token.
        storable = "\\u0000" not in json.dumps(value, ensure_ascii=False).encode("utf-8").decode("utf-8")
    except (ValueError, RecursionError) as error:
        raise TokenMalformed from error
    if not isinstance(value, dict) or not storable:
        raise TokenMalformed
    return value


def _check_type(found: object, expected: str | None) -> None:
    if expected is None:
        if found is not None and not (isinstance(found, str) and found.upper() == "JWT"):
            raise TokenTypeRefused
        return
    if not isinstance(found, str) or found.lower().removeprefix("application/") != expected.lower():
        raise TokenTypeRefused


def _choose(kid: object, keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if kid is not None and not isinstance(kid, str):
        raise TokenHeaderRefused
    fitting = [key for key in keys if kid is None or key.get("kid") == kid]
    if len(fitting) != 1:
        raise TokenKeyUnknown
    return fitting[0]


def _purpose_of(key: Mapping[str, Any], operation: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the algorithm a key is for and its public members; ``operation`` is what it is wanted for now."""
    curve = key.get("crv") if key.get("kty") in ("EC", "OKP") else None
    kind = key.get("kty")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        raise TokenKeyUnknown
    found = _KEY_MEMBERS.get((kind, curve))
    if found is None or not all(isinstance(key.get(name), str) for name in found[1]) or not _sized(kind, key):
        raise TokenKeyUnknown
    operations = key.get("key_ops", ("verify", "sign"))
    if key.get("use", "sig") != "sig" or not isinstance(operations, (list, tuple)):
        raise TokenKeyUnknown
    if not {operation, *([] if operation else ("verify", "sign"))} & set(map(str, operations)):
        raise TokenKeyUnknown
    if key.get("alg", found[0]) != found[0]:
        raise TokenAlgorithmRefused
    return found


def _sized(kind: str, key: Mapping[str, Any]) -> bool:
    """Whether the numbers of a key have the size its kind has, in the one spelling of each."""
    try:
        if kind != "RSA":
            return all(len(_canonical(key[name])) == _COORDINATE for name in ("x", "y") if kind == "EC" or name == "x")
        modulus, exponent = (int.from_bytes(_canonical(key[name])) for name in ("n", "e"))
    except TokenMalformed:
        return False
    return RSA_MIN_BITS <= modulus.bit_length() <= RSA_MAX_BITS and 65537 <= exponent < 2**32 and exponent % 2 == 1


def _verify_signature(token: str, public: Mapping[str, str], algorithm: str, *, ignore_unknown: bool = False) -> None:
    try:
        key = _public_key(*public.items())
        registry = _OneAlgorithm(algorithms=[algorithm], strict_check_header=not ignore_unknown)
        jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError) as error:
        raise TokenSignatureInvalid from error


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    # A bool is an int to Python and must not be a moment here.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**40:
        raise TokenClaimRefused(name)
    return float(value)
