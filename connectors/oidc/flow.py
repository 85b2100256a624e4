"""The steps of a sign-in (OpenID Connect, code flow, PKCE S256), each as a request to send or an answer to read."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from connectors.errors import ProviderBreach, ProviderUnavailable, SignInRefused, SignInStateMismatch
from connectors.jose import sign_compact
from connectors.oidc.provider import ClientKey, ProviderConfig, Shape
from connectors.port import Exchange, WireRequest
from contracts.outcomes import Phase

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = timedelta(seconds=60)
FRESH = timedelta(minutes=5)
"""How long ago a person may have proved who they are, where a fresh sign-in is asked for."""
_FORM = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """What ties the answer to the browser that asked; kept on our side until the answer comes."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """The PKCE challenge (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token end-point gave."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


def new_attempt() -> SignInAttempt:
    """Return an attempt of fresh random values, 43 characters each (providers ask for at least 32)."""
    return SignInAttempt(*(secrets.token_urlsafe(32) for _ in range(3)))


def authorization_url(
    config: ProviderConfig, attempt: SignInAttempt, *, login_hint: str | None = None, fresh: bool = False
) -> str:
    """Return where to send the browser; no parameter beyond those ProConnect knows, which refuses others (Y000400).

    ``fresh`` has the provider ask who it is, whatever session it has (OpenID Connect Core 3.1.2.1).
    """
    parameters = {
        "response_type": "code",
        "client_id": config.client_id,
        "redirect_uri": config.redirect_uri,
        "scope": " ".join(config.scopes),
        "acr_values": " ".join(config.acr_values),
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
    }
    if fresh:
        parameters["prompt"] = "login"
        if config.shape is not Shape.PROCONNECT:
            # It obliges the provider to say when the person proved who they are.
            parameters["max_age"] = str(int(FRESH.total_seconds()))
    if login_hint is not None:
        parameters["login_hint"] = login_hint
    return f"{config.authorization_endpoint}?{urlencode(parameters)}"


def read_callback(config: ProviderConfig, attempt: SignInAttempt, parameters: Mapping[str, str]) -> str:
    """Return the code the browser brought back.

    Raises:
        SignInStateMismatch: the answer is for another attempt, or from another provider (RFC 9207), or does not say
            from which although this one always does.
        SignInRefused: the provider refused; the detail is its error word.
    """
    if not hmac.compare_digest(parameters.get("state", "").encode(errors="replace"), attempt.state.encode()):
        raise SignInStateMismatch
    if parameters.get("iss", "" if config.names_itself else config.issuer) != config.issuer:
        raise SignInStateMismatch
    if "error" in parameters:
        word = parameters["error"]
        raise SignInRefused(word if word.replace("_", "").isalnum() and len(word) <= 60 else "unknown error")
    code = parameters.get("code", "")
    if not code or len(code) > 512:
        raise ProviderBreach("code")
    return code


def token_request(
    config: ProviderConfig, attempt: SignInAttempt, code: str, *, now: datetime, assertion_id: UUID
) -> WireRequest:
    """Return the request that changes ``code`` for tokens; ``assertion_id`` is the single-use ``jti``."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": config.redirect_uri,
        "client_id": config.client_id,
        "code_verifier": attempt.verifier,
    }
    if isinstance(config.client_auth, ClientKey):
        assertion = client_assertion(
            config.client_id, config.issuer, config.client_auth.jwk, now=now, assertion_id=assertion_id
        )
        form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    else:
        form["client_secret"] = config.client_auth.value.get_secret_value()
    return WireRequest("POST", config.token_endpoint, _FORM, urlencode(form).encode())


def client_assertion(
    client_id: str, audience: str, key: Mapping[str, Any], *, now: datetime, assertion_id: UUID
) -> str:
    """Return a client assertion (RFC 7523) for ``audience``, an issuer and never an end-point, good for 60 s."""
    at = int(now.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": at,
        "exp": at + int(ASSERTION_LIFE.total_seconds()),
        "jti": str(assertion_id),
    }
    return sign_compact(claims, key)


class _TokenAnswer(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id_token: Annotated[StrictStr, Field(min_length=1, max_length=8192)]
    access_token: Annotated[StrictStr, Field(min_length=1, max_length=8192)]
    token_type: Annotated[StrictStr, Field(pattern=r"^[Bb]earer$")]


class _ErrorAnswer(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    error: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_]{1,60}$")]


def read_tokens(exchange: Exchange) -> Tokens:
    """Return the tokens.

    Raises:
        ProviderUnavailable: no whole answer, or one of 5xx.
        SignInRefused: the provider refused the code or our credential; the detail is its error word.
        ProviderBreach: the answer is none a token end-point gives.
    """
    body = completed(exchange, accepted=(200, 400, 401))
    try:
        if exchange.status != 200:
            raise SignInRefused(_ErrorAnswer.model_validate_json(body).error)
        answer = _TokenAnswer.model_validate_json(body)
    except ValidationError as error:
        raise ProviderBreach("token answer") from error
    return Tokens(answer.id_token, answer.access_token)


def userinfo_request(config: ProviderConfig, access_token: str) -> WireRequest:
    """Return the request for the signed user information."""
    return WireRequest(
        "GET",
        config.userinfo_endpoint,
        (("authorization", f"Bearer {access_token}"), ("accept", "application/jwt")),
    )


def jwks_request(config: ProviderConfig) -> WireRequest:
    """Return the request for the provider's public keys."""
    return WireRequest("GET", config.jwks_uri, (("accept", "application/json"),))


def end_session_url(config: ProviderConfig, *, id_token: str, state: str, return_to: str) -> str:
    """Return where to send the browser so that the provider ends its session too (RP-Initiated Logout 1.0)."""
    parameters = {"id_token_hint": id_token, "state": state, "post_logout_redirect_uri": return_to}
    return f"{config.end_session_endpoint}?{urlencode(parameters)}"


def completed(exchange: Exchange, *, accepted: tuple[int, ...]) -> bytes:
    """Return the body of a whole answer with an accepted status.

    Raises:
        ProviderUnavailable: no whole answer, or one of 429 or 5xx.
        ProviderBreach: another status.
    """
    status = exchange.status
    if exchange.phase is not Phase.COMPLETE or status is None or status == 429 or status >= 500:
        raise ProviderUnavailable(f"{exchange.phase}:{exchange.fault or status}")
    if status not in accepted:
        raise ProviderBreach(f"status {status}")
    return exchange.body
