"""A way out that signs in by itself: OAuth 2.0 client credentials (RFC 6749 section 4.4), one token for many requests."""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus, urlencode

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from connectors.port import TOKEN_REFUSED, Binding, Exchange, Transport, WireRequest
from contracts.outcomes import Phase

EARLY = timedelta(seconds=30)
"""How long before its end a token is not used any more: a request may be under way for as long."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    access_token: SecretStr = Field(min_length=1)
    token_type: str = Field(pattern=r"(?i)^bearer$")
    expires_in: int = Field(default=60, ge=0, le=86_400)


@dataclass(frozen=True, slots=True)
class _Token:
    value: SecretStr
    until: datetime


def token_request(binding: Binding, scope: str) -> WireRequest:
    """Return the request for a token.

    Raises :class:`~connectors.errors.SecretMissing` where the binding lacks ``client_id`` or ``client_secret``.
    """
    who = ":".join(quote_plus(binding.secret(name)) for name in ("client_id", "client_secret"))
    headers = (
        ("authorization", f"Basic {base64.b64encode(who.encode()).decode()}"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
    )
    body = urlencode({"grant_type": "client_credentials", "scope": scope}).encode()
    return WireRequest("POST", binding.token_url, headers, body)


@dataclass(slots=True)
class SignedInTransport:
    """Puts a token on each request, for one binding; where none can be had, nothing of the request leaves.

    A token that is refused is forgotten, and the request sent once more under a new one: what was answered 401 was not
    done.
    """

    inner: Transport
    tokens: Transport
    binding: Binding
    scope: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _held: _Token | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def send(self, request: WireRequest) -> Exchange:
        """Carry ``request`` under a token; raises :class:`~connectors.errors.SecretMissing` as :func:`token_request`."""
        token, fresh = self._token()
        if isinstance(token, Exchange):
            return token
        exchange = self.inner.send(_under(token, request))
        if exchange.status != 401 or exchange.phase is not Phase.COMPLETE:
            return exchange
        self._forget(token)
        again, _ = (exchange, False) if fresh else self._token()
        return again if isinstance(again, Exchange) else self.inner.send(_under(again, request))

    def _token(self) -> tuple[_Token | Exchange, bool]:
        with self._lock:
            if self._held is not None and self._held.until > self.clock():
                return self._held, False
            asked = self.tokens.send(token_request(self.binding, self.scope))
            if asked.phase is not Phase.COMPLETE or asked.status != 200:
                return _none(asked), True
            try:
                said = _Answer.model_validate_json(asked.body)
            except ValidationError:
                return _none(asked), True
            self._held = _Token(said.access_token, self.clock() + timedelta(seconds=said.expires_in) - EARLY)
            return self._held, True

    def _forget(self, token: _Token) -> None:
        with self._lock:
            if self._held is token:
                self._held = None


def _under(token: _Token, request: WireRequest) -> WireRequest:
    return replace(request, headers=(*request.headers, ("authorization", f"Bearer {token.value.get_secret_value()}")))


def _none(asked: Exchange) -> Exchange:
    """Return that nothing was sent, and whether that is our credentials' fault."""
    refused = asked.phase is Phase.COMPLETE and asked.status in (400, 401, 403)
    return Exchange(Phase.NOT_SENT, asked.at, fault=TOKEN_REFUSED if refused else "no_token")
