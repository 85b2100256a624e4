"""The authorisation server for partners: a signed assertion in, an access token of five minutes out, bound to a key.

After the FAPI 2.0 Security Profile. Client authentication is ``private_key_jwt`` (RFC 7523) with the audience rule of
draft-ietf-oauth-rfc7523bis: one string, our issuer identifier. Access tokens are ``at+jwt`` (RFC 9068), bound by DPoP
(RFC 9449), and say what they were granted for (RFC 9396).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert

from connectors.errors import TokenRefused
from connectors.jose import LEEWAY, check_claims, sign_compact, verify_compact, verify_with_key
from contracts.calendar import paris_day
from contracts.grounds import Purpose
from contracts.identifiers import Siret, new_uuid
from hub.errors import (
    DetailsRefused,
    InvalidClient,
    InvalidProof,
    InvalidToken,
    OutsideGrant,
    ReleasesStopped,
    ScopeRefused,
    TokenForeign,
)
from hub.partners.details import Detail, dumped, grant, read_details, read_granted
from hub.partners.dpop import Nonces, Proof
from hub.partners.keys import TOKEN_LIFE, TokenKeys
from hub.partners.registry import agreements_of
from hub.partners.suspending import stopped_for
from hub.partners.tables import PARTNER, REVOKED_TOKEN, SPENT_ASSERTION, SPENT_PROOF
from vault.db import ReadTx, WriteTx
from vault.ready import Ready

ASSERTION_LIFE = timedelta(seconds=60)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JTI_MAX = 256
SCOPE = "evidence"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Our identity as an authorisation server, and the ring of keys it signs with."""

    url: str
    ring: Callable[[], TokenKeys] = field(repr=False)

    def jwks(self, now: datetime) -> dict[str, Any]:
        """Return the public keys (RFC 7517)."""
        return {"keys": self.ring().public(now)}

    def nonces(self) -> Nonces:
        """Return what makes and knows nonces for proofs."""
        return Nonces(self.ring().nonce_secrets())


@dataclass(frozen=True, slots=True)
class Client:
    """A partner that has just proved who it is."""

    siret: Siret
    client_id: str
    name: str
    key: str
    """``kid`` of the key it proved itself with."""
    requests_per_minute: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token is to be good for, as the parameters of the request say it."""

    details: str
    scope: str


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token, and what it is good for."""

    token: str = field(repr=False)
    granted: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class TokenTold:
    """What a token of ours says; whether it still stands, the database knows."""

    siret: Siret
    granted: tuple[Detail, ...]
    key: str
    """``kid`` of the key its client got it with."""
    bound_to: str
    digest: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """A partner whose token and proof were verified for this one request."""

    siret: Siret
    name: str
    granted: tuple[Detail, ...]
    key: str = ""
    """``kid`` of the key its client got the token with."""
    proof_key: str = ""
    """Thumbprint of the key the token is bound to (RFC 7638)."""
    requests_per_minute: int = 0

    def require(self, service: str, purpose: Purpose, evidence_type: str | None = None) -> None:
        """Raise :class:`OutsideGrant` where the token was not issued for a question."""
        if not any(one.covers(service, purpose, evidence_type) for one in self.granted):
            raise OutsideGrant(f"{evidence_type or service} for {purpose}")


def authenticate_client(
    tx: WriteTx, issuer: Issuer, *, client_id: str, assertion: str, proof: Proof | None, now: datetime
) -> Client:
    """Return the partner that signed ``assertion``; neither it nor ``proof`` serves again once ``tx`` commits.

    Raises :class:`InvalidClient` for an unknown or suspended partner, a bad, stale or replayed assertion; which of
    these it was is for our log, not for the caller. Raises :class:`InvalidProof` for a proof that served before.
    """
    partner = tx.look(
        select(PARTNER).where(PARTNER.c.slug == client_id, PARTNER.c.suspended_at.is_(None))
    ).one_or_none()
    if partner is None:
        raise InvalidClient("unknown or suspended")
    try:
        claims, key = verify_with_key(assertion, partner.jwks["keys"], typ=None)
        check_claims(claims, issuer=client_id, audience=issuer.url, now=now, max_life=ASSERTION_LIFE)
    except TokenRefused as error:
        raise InvalidClient(type(error).__name__) from error
    jti = claims.get("jti")
    if claims.get("sub") != client_id or claims.get("aud") != issuer.url:
        raise InvalidClient("sub or aud")
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_MAX:
        raise InvalidClient("jti")
    digest = hashlib.sha256(f"{client_id}\x00{jti}".encode()).digest()
    # The row outlives the assertion and its leeway.
    row = {"assertion_digest": digest, "expires_at": now + ASSERTION_LIFE + 3 * LEEWAY}
    fresh = insert(SPENT_ASSERTION).values(**row).on_conflict_do_nothing().returning(SPENT_ASSERTION.c.expires_at)
    if tx.execute(fresh).one_or_none() is None:
        raise InvalidClient("assertion replayed")
    if proof is not None and tx.execute(_SPEND_PROOF, _spending(proof)).one_or_none() is None:
        raise InvalidProof("replayed")
    return Client(Siret(partner.siret), client_id, partner.name, str(key["kid"]), partner.requests_per_minute)


def issue_token(tx: ReadTx, issuer: Issuer, client: Client, wanted: Wanted, *, proof: Proof, now: datetime) -> Issued:
    """Return an access token for what is ``wanted``, bound to the key of ``proof``.

    Raises :class:`ScopeRefused`, and :class:`DetailsRefused` where they cannot be read or no agreement in force covers
    them.
    """
    if wanted.scope not in ("", SCOPE):
        raise ScopeRefused
    granted = grant(read_details(wanted.details), agreements_of(tx, client.siret, on=paris_day(now)))
    claims = {
        "iss": issuer.url,
        "aud": issuer.url,
        "sub": client.siret,
        "client_id": client.client_id,
        "client_kid": client.key,
        "scope": SCOPE,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFE).timestamp()),
        "jti": str(new_uuid()),
        "cnf": {"jkt": proof.thumbprint},
        "authorization_details": dumped(granted),
    }
    return Issued(sign_compact(claims, issuer.ring().signing(now), typ="at+jwt"), granted)


def read_token(issuer: Issuer, token: str, *, now: datetime) -> TokenTold:
    """Return what a token of ours says; raises :class:`InvalidToken` for any other, and for one that is over."""
    try:
        claims = _verified(token, tuple(tuple(key.items()) for key in issuer.jwks(now)["keys"]))
        check_claims(claims, issuer=issuer.url, audience=issuer.url, now=now, max_life=TOKEN_LIFE)
        granted = read_granted(claims.get("authorization_details"))
    except (TokenRefused, DetailsRefused) as error:
        raise InvalidToken(type(error).__name__) from error
    bound = claims.get("cnf")
    if not isinstance(bound, dict) or not isinstance(bound.get("jkt"), str):
        raise InvalidToken("bound to no key")
    digest = hashlib.sha256(str(claims.get("jti")).encode()).digest()
    return TokenTold(
        siret=Siret(str(claims.get("sub"))),
        granted=granted,
        key=str(claims.get("client_kid")),
        bound_to=bound["jkt"],
        digest=digest,
        expires_at=now + TOKEN_LIFE + 3 * LEEWAY,
    )


@lru_cache(maxsize=512)
def _verified(token: str, keys: tuple[tuple[tuple[str, str], ...], ...]) -> dict[str, Any]:
    """Verify a token once: it comes with each request for five minutes, and its signature stays what it is.

    Whether it is over, taken back, or its partner suspended is asked each time.
    """
    return verify_compact(token, [dict(key) for key in keys], typ="at+jwt")


def admit(tx: WriteTx, told: TokenTold, proof: Proof) -> Caller:
    """Return the partner behind a token and its proof, which serves nobody again; all of it in one statement.

    Raises :class:`InvalidToken` for a partner suspended since, one that no longer has the key it got the token with, and
    a token taken back, :class:`InvalidProof` for a proof by another key or one that served before, and
    :class:`ReleasesStopped` while nothing goes to partners.
    """
    if proof.thumbprint != told.bound_to:
        raise InvalidProof("another key")
    found = tx.row(_ADMIT, _spending(proof) | {"siret": told.siret, "token": told.digest})
    if found is None or found.revoked or told.key not in {key.get("kid") for key in found.jwks["keys"]}:
        raise InvalidToken("unknown, suspended, without its key, or revoked")
    if not found.fresh:
        raise InvalidProof("replayed")
    if found.stopped is not None:
        raise ReleasesStopped(found.stopped)
    return Caller(told.siret, found.name, told.granted, told.key, told.bound_to, found.requests_per_minute)


def revoke_token(tx: WriteTx, issuer: Issuer, client: Client, token: str, *, now: datetime) -> None:
    """Take an access token back (RFC 7009); what is no token of ours is none already.

    Raises :class:`TokenForeign` for one that was issued to somebody else.
    """
    try:
        told = read_token(issuer, token, now=now)
    except InvalidToken:
        return
    if told.siret != client.siret:
        raise TokenForeign
    row = {"token_digest": told.digest, "expires_at": told.expires_at}
    tx.execute(insert(REVOKED_TOKEN).values(**row).on_conflict_do_nothing())


_SPEND_PROOF = (
    insert(SPENT_PROOF)
    .values(proof_digest=bindparam("proof"), expires_at=bindparam("until"))
    .on_conflict_do_nothing()
    .returning(SPENT_PROOF.c.proof_digest)
)
_FRESH = _SPEND_PROOF.cte("fresh")
_ADMIT = Ready(
    select(
        PARTNER.c.name,
        PARTNER.c.jwks,
        PARTNER.c.requests_per_minute,
        stopped_for().label("stopped"),
        exists(select(_FRESH.c.proof_digest)).label("fresh"),
        exists().where(REVOKED_TOKEN.c.token_digest == bindparam("token")).label("revoked"),
    )
    .where(PARTNER.c.siret == bindparam("siret"), PARTNER.c.suspended_at.is_(None))
    .add_cte(_FRESH)
)


def _spending(proof: Proof) -> dict[str, object]:
    return {"proof": proof.digest, "until": proof.expires_at}
