"""What we know of an identity provider: its shape, end-points, our credential there, the levels we accept."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors.port import Limits

LIMITS = Limits(connect_s=3, read_s=5, total_s=8, body_max_bytes=65_536)
"""A person waits at the other end, and FranceConnect's access token lives 60 s."""


class Shape(StrEnum):
    """The three families of provider, which differ in scopes, claims and credentials."""

    FRANCECONNECT = "franceconnect"
    MON_PARIS = "mon_paris"
    PROCONNECT = "proconnect"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClientSecret(_Frozen):
    """``client_secret_post``: the secret goes in the body of the token request."""

    value: SecretStr = Field(min_length=32)


class ClientKey(_Frozen):
    """``private_key_jwt`` (RFC 7523): a private JWK with its ``kid`` signs an assertion."""

    jwk: dict[str, Any] = Field(repr=False)


class ProviderConfig(_Frozen):
    """One identity provider, written down by us and not discovered at run time."""

    shape: Shape
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    client_id: str
    client_auth: ClientSecret | ClientKey
    redirect_uri: str
    scopes: tuple[str, ...]
    acr_values: tuple[str, ...] = Field(min_length=1)
    names_itself: bool = False
    """Whether each answer of the provider carries its issuer (RFC 9207); one that says so and does not is refused."""

    @field_validator("scopes")
    @classmethod
    def _openid_is_asked(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("scope openid is what makes it a sign-in")
        return scopes


DATA_SCOPES = ("cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants")
"""What a person is asked for besides, so that their token of FranceConnect opens their own quotient familial."""
SCOPES: dict[Shape, tuple[str, ...]] = {
    Shape.FRANCECONNECT: ("openid", "identite_pivot", "preferred_username", "email"),
    Shape.MON_PARIS: ("openid", "profile", "birth", "email"),
    Shape.PROCONNECT: ("openid", "given_name", "usual_name", "email", "uid", "siret"),
}
ACR_VALUES: dict[Shape, tuple[str, ...]] = {
    Shape.FRANCECONNECT: ("eidas1", "eidas2", "eidas3"),
    Shape.MON_PARIS: ("self_declared",),
    Shape.PROCONNECT: ("eidas1", "eidas2", "eidas3"),
}
"""Weakest first. Mon Paris publishes no level: a City account is what its owner declared."""


def standard_endpoints(issuer: str) -> dict[str, str]:
    """Return the end-points where FranceConnect v2 and ProConnect put them under their base address."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/session/end",
    }
