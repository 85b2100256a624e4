"""Believe an identity token and the signed user information, or refuse them."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from connectors.errors import ProviderBreach, SignInRefused, TokenClaimRefused
from connectors.jose import LEEWAY, check_claims, verify_compact
from connectors.oidc.flow import FRESH, completed
from connectors.oidc.person import SignedInPerson, person_from_claims
from connectors.oidc.provider import ProviderConfig
from connectors.port import Exchange

ALGORITHMS = ("ES256",)
"""What we register at every provider; theirs by default (HS256, RS256) is not accepted."""


@dataclass(frozen=True, slots=True)
class VerifiedIdentity:
    """What an identity token proved: who signed in where, at which level, and when, where the provider says it."""

    issuer: str
    subject: str = field(repr=False)
    level: str
    authenticated_at: datetime | None = None


class _KeySet(BaseModel):
    model_config = ConfigDict(extra="ignore")

    keys: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=20)]


class _Subject(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    sub: Annotated[StrictStr, Field(min_length=1, max_length=255)]


def read_jwks(exchange: Exchange) -> list[dict[str, Any]]:
    """Return the provider's public keys.

    Raises:
        ProviderUnavailable: no whole answer.
        ProviderBreach: the answer is not a key set.
    """
    try:
        return _KeySet.model_validate_json(completed(exchange, accepted=(200,))).keys
    except ValidationError as error:
        raise ProviderBreach("key set") from error


def verify_id_token(
    config: ProviderConfig,
    token: str,
    keys: Sequence[Mapping[str, Any]],
    *,
    nonce: str,
    now: datetime,
    fresh: bool = False,
) -> VerifiedIdentity:
    """Return what ``token`` proves (OpenID Connect Core section 3.1.3.7); ``fresh`` where a fresh sign-in was asked for.

    Raises:
        TokenRefused: its form, key or signature is wrong.
        TokenClaimRefused: issuer, audience, authorised party, time, nonce, level or subject is not the one expected,
            or the person proved who they are longer ago than was asked for.
    """
    claims = verify_compact(token, keys, algorithms=ALGORITHMS, typ=None)
    check_claims(claims, issuer=config.issuer, audience=config.client_id, now=now)
    if "iat" not in claims:
        raise TokenClaimRefused("iat")
    _check_party(config, claims)
    found = claims.get("nonce")
    if not isinstance(found, str) or not hmac.compare_digest(found.encode(), nonce.encode()):
        raise TokenClaimRefused("nonce")
    level = claims.get("acr")
    if not isinstance(level, str) or level not in config.acr_values:
        raise TokenClaimRefused("acr")
    return VerifiedIdentity(config.issuer, _subject(claims), level, _authenticated_at(claims, fresh=fresh, now=now))


def read_userinfo(
    config: ProviderConfig,
    exchange: Exchange,
    keys: Sequence[Mapping[str, Any]],
    *,
    identity: VerifiedIdentity,
    now: datetime,
) -> SignedInPerson:
    """Return the person whom the signed user information describes.

    Raises:
        ProviderUnavailable: no whole answer.
        ProviderBreach: the answer is not text, or lacks what this provider always says of a person.
        SignInRefused: the access token was refused.
        TokenRefused: the JWT is not for us, not signed by the provider, or about another subject.
    """
    body = completed(exchange, accepted=(200, 401, 403))
    if exchange.status != 200:
        raise SignInRefused("userinfo")
    try:
        token = body.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise ProviderBreach("userinfo") from error
    claims = verify_compact(token, keys, algorithms=ALGORITHMS, typ=None)
    # User information is signed for now and by some providers has no end: the missing one is ours.
    check_claims({"exp": now.timestamp() + 1, **claims}, issuer=config.issuer, audience=config.client_id, now=now)
    if not hmac.compare_digest(_subject(claims).encode(), identity.subject.encode()):
        raise TokenClaimRefused("sub")
    return person_from_claims(config.shape, claims, issuer=identity.issuer, level=identity.level)


def _authenticated_at(claims: Mapping[str, Any], *, fresh: bool, now: datetime) -> datetime | None:
    """Return when the person proved who they are, as the provider says; a provider's session may be hours old."""
    told = claims.get("auth_time")
    if told is None and not fresh:
        return None
    if not isinstance(told, int | float) or isinstance(told, bool) or not 0 < told <= now.timestamp() + LEEWAY.seconds:
        raise TokenClaimRefused("auth_time")
    at = min(datetime.fromtimestamp(told, UTC), now)
    if fresh and at < now - FRESH - LEEWAY:
        raise TokenClaimRefused("auth_time")
    return at


def _check_party(config: ProviderConfig, claims: Mapping[str, Any]) -> None:
    several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1
    if several and claims.get("azp") != config.client_id:
        raise TokenClaimRefused("azp")
    if claims.get("azp", config.client_id) != config.client_id:
        raise TokenClaimRefused("azp")


def _subject(claims: Mapping[str, Any]) -> str:
    try:
        return _Subject.model_validate(dict(claims)).sub
    except ValidationError as error:
        raise TokenClaimRefused("sub") from error
