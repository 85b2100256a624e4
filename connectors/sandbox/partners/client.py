"""What a partner's software does at the hub's door: a token, a question, then each document that was offered."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urljoin
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.http import HttpTransport
from connectors.jose import generate_key, sign_self_signed
from connectors.oidc.flow import ASSERTION_TYPE, client_assertion
from connectors.port import Exchange, Limits, WireRequest
from connectors.sandbox.partners.ledger import Received
from contracts.identifiers import new_uuid
from contracts.outcomes import Phase

LIMITS = Limits(connect_s=3, read_s=30, total_s=120, body_max_bytes=64 * 1024 * 1024)
DETAIL_TYPE = "urn:unefois:evidence-request"
_MEDIA_TYPE_UNSAID = "application/octet-stream"


class Question(BaseModel):
    """What a partner asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: UUID
    service: str = Field(max_length=60)
    requirement: str = Field(max_length=60)
    purpose: str = Field(max_length=60)
    # Each service of the sandbox's partners is a treatment of their agreements, under the same name.
    wants: Literal["answer", "documents"] | None = None
    on_behalf_of: str = Field(default_factory=lambda told: f"treatment:{told.get('service')}", max_length=120)


class Decided(BaseModel):
    """What a partner decided about lines of one service, as the hub takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str = Field(max_length=60)
    decisions: Annotated[list[dict[str, Any]], Field(max_length=100)]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the hub said: its status (None when it did not answer), its word, its whole JSON, what was fetched."""

    status: int | None
    outcome: str
    detail: str
    body: dict[str, Any]
    received: list[Received]

    @property
    def unreachable(self) -> bool:
        """Whether it is worth asking again."""
        return self.status is None or self.status >= 500 or self.status == 429


class _Offered(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    type: str
    grade: str
    media_type: str
    href: str


class _Documents(BaseModel):
    model_config = ConfigDict(extra="ignore")

    evidence: Annotated[list[_Offered], Field(max_length=100)]


class HubClient:
    """One partner at the hub's release door."""

    def __init__(
        self, slug: str, *, release_url: str, audience: str, key: Mapping[str, Any], clock: Callable[[], datetime]
    ) -> None:
        """Ask as ``slug``, which is its client identifier, proving it with the private JWK ``key``."""
        self._slug = slug
        self._base = release_url
        self._audience = audience
        self._key = key
        self._clock = clock
        self._proof_key = generate_key("proof")
        self._nonce: str | None = None
        self._transport = HttpTransport(LIMITS, origin=release_url)

    def ask(self, question: Question, idempotency_key: UUID) -> Reply:
        """Ask, fetch what is offered, and keep nothing of it but its metadata."""
        token, refusal = self._token(question.service, question.purpose)
        if refusal is not None:
            return refusal
        headers = (("content-type", "application/json"), ("idempotency-key", str(idempotency_key)))
        url = f"{self._base}/hub/v1/evidence-requests"
        exchange = self._send(WireRequest("POST", url, headers, question.model_dump_json().encode()), token)
        body = _json(exchange)
        if exchange.status not in (200, 202):
            return _refused(exchange, body)
        outcome = str(body.get("outcome", "unreadable"))
        received = self._fetch_all(body, token) if outcome == "documents" else []
        return Reply(exchange.status, outcome, "", body, received)

    def decide(self, decided: Decided, idempotency_key: UUID) -> Reply:
        """Send decisions back."""
        token, refusal = self._token(decided.service, decided.service)
        if refusal is not None:
            return refusal
        headers = (("content-type", "application/json"), ("idempotency-key", str(idempotency_key)))
        body = json.dumps({"decisions": decided.decisions}).encode()
        exchange = self._send(WireRequest("POST", f"{self._base}/hub/v1/decisions", headers, body), token)
        told = _json(exchange)
        return Reply(200, "decided", "", told, []) if exchange.status == 200 else _refused(exchange, told)

    def close(self) -> None:
        """Close what is open."""
        self._transport.close()

    def _token(self, service: str, purpose: str) -> tuple[str, Reply | None]:
        assertion = client_assertion(self._slug, self._audience, self._key, now=self._clock(), assertion_id=new_uuid())
        form = {
            "grant_type": "client_credentials",
            "client_id": self._slug,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": "evidence",
            "authorization_details": json.dumps([_detail(service, purpose)]),
        }
        headers = (("content-type", "application/x-www-form-urlencoded"),)
        exchange = self._send(WireRequest("POST", f"{self._base}/oauth/token", headers, urlencode(form).encode()))
        body = _json(exchange)
        token = body.get("access_token")
        if exchange.status != 200 or not isinstance(token, str):
            return "", _refused(exchange, body)
        return token, None

    def _fetch_all(self, body: dict[str, Any], token: str) -> list[Received]:
        try:
            offered = _Documents.model_validate(body).evidence
        except ValidationError:
            return []
        return [self._fetch(piece, token) for piece in offered]

    def _fetch(self, offered: _Offered, token: str) -> Received:
        url = urljoin(f"{self._base}/", offered.href)
        exchange = self._send(WireRequest("GET", url), token)
        whole = exchange.phase is Phase.COMPLETE and exchange.status == 200
        digest = hashlib.sha256(exchange.body).digest()
        announced = f"sha-256=:{base64.b64encode(digest).decode()}:"
        return Received(
            handle=offered.id,
            type=offered.type,
            grade=offered.grade,
            media_type=(exchange.header("content-type") or _MEDIA_TYPE_UNSAID) if whole else "",
            size=len(exchange.body) if whole else 0,
            sha256=digest.hex() if whole else "",
            digest_matches=whole and exchange.header("repr-digest") == announced,
            receipt=(exchange.header("release-receipt") or "") if whole else "",
            outcome="received" if whole else f"{exchange.status or exchange.fault}",
        )

    def _send(self, request: WireRequest, token: str | None = None) -> Exchange:
        """Send with a proof of possession, a second time where the hub first gives the nonce it wants in it."""
        exchange = self._transport.send(self._proved(request, token))
        nonce = exchange.header("dpop-nonce")
        if nonce is not None:
            self._nonce = nonce
            if exchange.status in (400, 401):
                exchange = self._transport.send(self._proved(request, token))
        return exchange

    def _proved(self, request: WireRequest, token: str | None) -> WireRequest:
        claims: dict[str, Any] = {"jti": str(new_uuid()), "htm": request.method, "htu": request.url.partition("?")[0]}
        claims |= {"iat": int(self._clock().timestamp())}
        if self._nonce is not None:
            claims["nonce"] = self._nonce
        shown: tuple[tuple[str, str], ...] = ()
        if token is not None:
            claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
            shown = (("authorization", f"DPoP {token}"),)
        proof = sign_self_signed(claims, self._proof_key, typ="dpop+jwt")
        return replace(request, headers=(*request.headers, *shown, ("dpop", proof)))


def _detail(service: str, purpose: str) -> dict[str, str]:
    return {"type": DETAIL_TYPE, "service": service, "purpose": purpose}


def _json(exchange: Exchange) -> dict[str, Any]:
    try:
        body = json.loads(exchange.body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _refused(exchange: Exchange, body: dict[str, Any]) -> Reply:
    if exchange.phase is not Phase.COMPLETE:
        return Reply(None, "unreachable", exchange.fault, {}, [])
    detail = str(body.get("type") or body.get("error") or "")
    return Reply(exchange.status, "refused", detail, body, [])
