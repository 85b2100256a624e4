"""Codes and access tokens: how long they live, how often they work, and what must come with them."""

import base64
import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.errors import ConnectorError
from connectors.sandbox.personas import Persona

CODE_LIFE = timedelta(seconds=30)
TOKEN_LIFE = timedelta(seconds=60)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class GrantRefused(ConnectorError):
    """The code or token does not work."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a person agreed to, and everything the code is bound to."""

    provider: str
    persona: Persona
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    acr: str
    challenge: str
    at: datetime
    authenticated_at: datetime
    """When the person chose who to be; a session of the provider may be older than the request."""


class Grants:
    """Codes waiting to be redeemed and access tokens in force; in memory, since they live for seconds."""

    def __init__(self) -> None:
        """Start with none."""
        self._codes: dict[str, Authorization] = {}
        self._tokens: dict[str, tuple[Authorization, datetime]] = {}
        self._used: dict[str, str] = {}
        self._assertions: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def issue(self, authorization: Authorization) -> str:
        """Return a code for ``authorization``, good once and for 30 s."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._forget(authorization.at)
            self._codes[code] = authorization
        return code

    def redeem(
        self, code: str, *, provider: str, client_id: str, redirect_uri: str, verifier: str, now: datetime
    ) -> tuple[Authorization, str]:
        """Return what the code stood for and a fresh access token.

        Raises:
            GrantRefused: unknown, used or expired code, other provider, client or redirect address, or wrong
                verifier. A code that comes twice takes the tokens of its first use with it (RFC 6749 4.1.2).
        """
        with self._lock:
            authorization = self._codes.pop(code, None)
            if authorization is None:
                self._tokens.pop(self._used.get(code, ""), None)
                raise GrantRefused("code unknown or used")
            token = secrets.token_urlsafe(32)
            self._used[code] = token
            if now >= authorization.at + CODE_LIFE:
                raise GrantRefused("code expired")
            bound = (authorization.provider, authorization.client_id, authorization.redirect_uri)
            if bound != (provider, client_id, redirect_uri):
                raise GrantRefused("code of another client or redirect address")
            if not _proves(verifier, authorization.challenge):
                raise GrantRefused("wrong code_verifier")
            self._tokens[token] = (authorization, now + TOKEN_LIFE)
            return authorization, token

    def holder(self, token: str, *, provider: str, now: datetime) -> Authorization:
        """Return what the access token stands for.

        Raises:
            GrantRefused: unknown, expired, or of another provider.
        """
        found = self._tokens.get(token)
        if found is None or found[1] <= now or found[0].provider != provider:
            raise GrantRefused("access token")
        return found[0]

    def first_use(self, assertion_id: str, now: datetime) -> bool:
        """Tell whether this client assertion was never seen before, and remember it."""
        with self._lock:
            if assertion_id in self._assertions:
                return False
            self._assertions[assertion_id] = now
            return True

    def _forget(self, now: datetime) -> None:
        old = now - timedelta(minutes=10)
        self._codes = {code: held for code, held in self._codes.items() if held.at > old}
        self._tokens = {token: held for token, held in self._tokens.items() if held[1] > old}
        self._used = {code: token for code, token in self._used.items() if token in self._tokens}
        self._assertions = {name: at for name, at in self._assertions.items() if at > old}


def _proves(verifier: str, challenge: str) -> bool:
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
