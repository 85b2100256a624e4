"""Judge an authorisation request: what is shown to the person, what is sent back to the client."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.errors import ConnectorError
from connectors.oidc.provider import ACR_VALUES, Shape
from connectors.sandbox.provisioning import CLIENT_ID
from connectors.sandbox.settings import SandboxSettings

SHAPES: dict[str, Shape] = {
    "franceconnect": Shape.FRANCECONNECT,
    "mon-paris": Shape.MON_PARIS,
    "proconnect": Shape.PROCONNECT,
}
_KNOWN = frozenset(
    {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "acr_values",
        "claims",
        "state",
        "nonce",
        "prompt",
        "code_challenge",
        "code_challenge_method",
        "login_hint",
    }
)
_LONG_ENOUGH = 32
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class NotRedirectable(ConnectorError):
    """The request cannot be trusted enough to send the browser anywhere."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that goes back to the client."""

    error: str
    description: str


def check_client(settings: SandboxSettings, provider: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Check who asks and where the answer would go, before anything may be sent there.

    Raises:
        NotRedirectable: unknown client, other redirect address, a parameter twice, or (ProConnect) an unknown one.
    """
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise NotRedirectable("Y000400")
    if provider == "proconnect" and not set(parameters) <= _KNOWN:
        raise NotRedirectable("Y000400")
    if parameters.get("client_id") != CLIENT_ID:
        raise NotRedirectable("client_id")
    if parameters.get("redirect_uri") != settings.redirect_uri(provider):
        raise NotRedirectable("redirect_uri")


def find_fault(provider: str, parameters: Mapping[str, str]) -> Fault | None:
    """Return the first thing wrong with the request of a known client, or None."""
    if parameters.get("response_type") != "code":
        return Fault("unsupported_response_type", "response_type must be code")
    if "openid" not in parameters.get("scope", "").split():
        return Fault("invalid_scope", "openid is missing")
    if any(len(parameters.get(name, "")) < _LONG_ENOUGH for name in ("state", "nonce")):
        return Fault("invalid_request", "state and nonce have at least 32 characters")
    if parameters.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
        parameters.get("code_challenge", "")
    ):
        return Fault("invalid_request", "PKCE S256 is required")
    if level(provider, parameters) is None:
        return Fault("invalid_request", "acr_values")
    return None


def level(provider: str, parameters: Mapping[str, str]) -> str | None:
    """Return the level the sign-in will have: the lowest asked that the provider gives, or None."""
    given = ACR_VALUES[SHAPES[provider]]
    asked = parameters.get("acr_values", "").split() or list(given)
    return next((acr for acr in given if acr in asked), None)
