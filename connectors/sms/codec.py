"""One text message handed to a gateway under an identifier of ours, and the question whether the gateway has it."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from connectors.port import Binding, Exchange, Manifest, WireRequest, load_manifest, retry_after, unfinished
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
_TAKEN = {202: OutcomeKind.ACCEPTED, 200: OutcomeKind.DUPLICATE}
_STATUS = {
    401: OutcomeKind.AUTH_FAILED,
    403: OutcomeKind.AUTH_FAILED,
    409: OutcomeKind.CONFLICT,
    429: OutcomeKind.RATE_LIMITED,
    503: OutcomeKind.UNAVAILABLE,
}
"""What says by itself that nothing was taken."""
_KNOWN_STATES = frozenset({"accepted", "delivered", "failed"})


@dataclass(frozen=True, slots=True)
class TextMessage:
    """What is sent, and to which number (E.164); ``message`` is the same however often it is tried."""

    message: UUID
    to: str = field(repr=False)
    sender: str
    text: str = field(repr=False)


class SmsCodec:
    """``POST {base_url}/messages`` with the message, ``GET {base_url}/messages/{id}`` to ask; a bearer token (RFC 6750).

    The gateway keeps the identifier: 202 takes a message, 200 says that it has it already, 409 that the identifier is
    another message's, 503 that it took nothing. Whatever leaves that open is in doubt and settled by asking: 200 with
    a state, or 404 whose body says ``unknown`` of this very identifier (that of a proxy on the way says nothing).
    """

    manifest: Manifest = MANIFEST

    def encode(self, command: TextMessage, binding: Binding) -> WireRequest:
        """Write the message; raises :class:`~connectors.errors.SecretMissing` for a binding without its token."""
        told = {"id": str(command.message), "to": command.to, "sender": command.sender, "text": command.text}
        body = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        headers = (*_authorised(binding), ("content-type", "application/json"))
        return WireRequest("POST", f"{binding.base_url}/messages", headers, body)

    def decode(self, command: TextMessage, exchange: Exchange) -> ExchangeOutcome:
        """Say whether the gateway took the message; what does not say it is in doubt."""
        broken = unfinished(exchange, self.manifest.operations["send"])
        if broken is not None:
            return broken
        status, code = exchange.status or 0, str(exchange.status)
        if status in _TAKEN:
            ours = _read(exchange).get("id") == str(command.message)
            kind = _TAKEN[status] if ours else OutcomeKind.IN_DOUBT
            return ExchangeOutcome(kind, code=code if ours else f"{code}:body")
        if status in _STATUS:
            return ExchangeOutcome(_STATUS[status], code=code, until=retry_after(exchange))
        if 400 <= status < 500:
            return ExchangeOutcome(OutcomeKind.REJECTED, code=code)
        return ExchangeOutcome(OutcomeKind.IN_DOUBT, code=code)

    def encode_look(self, message: UUID, binding: Binding) -> WireRequest:
        """Write the question whether the gateway has a message; raises as :meth:`encode`."""
        return WireRequest("GET", f"{binding.base_url}/messages/{message}", _authorised(binding))

    def decode_look(self, message: UUID, exchange: Exchange) -> ExchangeOutcome:
        """Say whether the gateway has the message: found, absent, or unavailable where it did not say."""
        broken = unfinished(exchange, self.manifest.operations["look"])
        if broken is not None:
            return broken
        told, code = _read(exchange), str(exchange.status)
        ours, state = told.get("id") == str(message), told.get("state")
        if exchange.status == 200 and ours and state in _KNOWN_STATES:
            return ExchangeOutcome(OutcomeKind.FOUND, code=f"{code}:{state}", as_of=exchange.at)
        if exchange.status == 404 and ours and state == "unknown":
            return ExchangeOutcome(OutcomeKind.ABSENT, code=code, proof="state")
        return ExchangeOutcome(OutcomeKind.UNAVAILABLE, code=code)


def _authorised(binding: Binding) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {binding.secret('token')}"), ("accept", "application/json"))


def _read(exchange: Exchange) -> dict[str, Any]:
    try:
        found = json.loads(exchange.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
