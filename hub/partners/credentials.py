"""The authorisation server for partners: a signed assertion in, an access token of five minutes out.

Client authentication is ``private_key_jwt`` (RFC 7523) with the audience rule of draft-ietf-oauth-rfc7523bis: one
string, our issuer identifier. Access tokens are ``at+jwt`` (RFC 9068).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from connectors.errors import TokenRefused
from connectors.jose import check_claims, public_part, sign_compact, verify_compact
from contracts.identifiers import Siret, new_uuid
from hub.errors import InvalidClient, InvalidToken
from hub.partners.tables import PARTNER, SPENT_ASSERTION
from vault.db import ReadTx, WriteTx

TOKEN_LIFE = timedelta(minutes=5)
ASSERTION_LIFE = timedelta(seconds=60)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE = "evidence"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Our identity as an authorisation server, and the private JWK it signs with."""

    url: str
    signing_key: Mapping[str, Any] = field(repr=False)

    def jwks(self) -> dict[str, Any]:
        """Return the public keys (RFC 7517)."""
        return {"keys": [public_part(self.signing_key)]}


@dataclass(frozen=True, slots=True)
class Caller:
    """A partner whose token was verified for this one request."""

    siret: Siret
    name: str


def issue_token(tx: WriteTx, issuer: Issuer, *, client_id: str, assertion: str, now: datetime) -> str:
    """Return an access token for the partner that signed ``assertion``.

    Raises :class:`InvalidClient` for an unknown or suspended partner, a bad, stale or replayed assertion; which of
    these it was is for our log, not for the caller.
    """
    partner = tx.execute(
        select(PARTNER).where(PARTNER.c.slug == client_id, PARTNER.c.suspended_at.is_(None))
    ).one_or_none()
    if partner is None:
        raise InvalidClient("unknown or suspended")
    try:
        claims = verify_compact(assertion, partner.jwks["keys"], typ=None)
        check_claims(claims, issuer=client_id, audience=issuer.url, now=now, max_life=ASSERTION_LIFE)
    except TokenRefused as error:
        raise InvalidClient(type(error).__name__) from error
    if claims.get("sub") != client_id or claims.get("aud") != issuer.url or not isinstance(claims.get("jti"), str):
        raise InvalidClient("sub, aud or jti")
    _spend(tx, client_id, claims["jti"], now=now)
    return sign_compact(
        {
            "iss": issuer.url,
            "aud": issuer.url,
            "sub": partner.siret,
            "client_id": client_id,
            "scope": SCOPE,
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "jti": str(new_uuid()),
        },
        issuer.signing_key,
        typ="at+jwt",
    )


def authenticate(tx: ReadTx, issuer: Issuer, token: str, *, now: datetime) -> Caller:
    """Return the partner of an access token; raises :class:`InvalidToken`, also for one suspended since."""
    try:
        claims = verify_compact(token, issuer.jwks()["keys"], typ="at+jwt")
        check_claims(claims, issuer=issuer.url, audience=issuer.url, now=now, max_life=TOKEN_LIFE)
    except TokenRefused as error:
        raise InvalidToken(type(error).__name__) from error
    statement = select(PARTNER.c.name).where(PARTNER.c.siret == claims.get("sub"), PARTNER.c.suspended_at.is_(None))
    name = tx.execute(statement).scalar_one_or_none()
    if name is None:
        raise InvalidToken("unknown or suspended")
    return Caller(Siret(str(claims["sub"])), name)


def _spend(tx: WriteTx, client_id: str, jti: str, *, now: datetime) -> None:
    """Let an assertion serve once; the row outlives the assertion and its leeway."""
    digest = hashlib.sha256(f"{client_id}\x00{jti}".encode()).digest()
    row = {"assertion_digest": digest, "expires_at": now + 3 * ASSERTION_LIFE}
    fresh = tx.execute(insert(SPENT_ASSERTION).values(**row).on_conflict_do_nothing().returning(SPENT_ASSERTION))
    if fresh.one_or_none() is None:
        raise InvalidClient("assertion replayed")
