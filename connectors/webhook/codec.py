"""One notification to one subscriber, written and its reply read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.errors import MessageTooLarge
from connectors.port import Binding, Exchange, Manifest, WireRequest, load_manifest, retry_after, unfinished
from connectors.webhook.signature import sign
from contracts.outcomes import ExchangeOutcome, OutcomeKind

BODY_MAX_BYTES = 20_000
"""What the standard advises as the most a receiver should have to take."""
MANIFEST = load_manifest(__file__)

_STATUS = {
    401: OutcomeKind.AUTH_FAILED,
    403: OutcomeKind.AUTH_FAILED,
    408: OutcomeKind.UNAVAILABLE,
    410: OutcomeKind.CLOSED,
    425: OutcomeKind.UNAVAILABLE,
    429: OutcomeKind.RATE_LIMITED,
}


@dataclass(frozen=True, slots=True)
class Notification:
    """A CloudEvents object for one subscriber; ``message`` is the ``webhook-id`` and the same at every attempt."""

    message: UUID
    at: datetime
    event: Mapping[str, Any] = field(repr=False)


class WebhookCodec:
    """Standard Webhooks 1.0: the binding's ``base_url`` is the subscriber's endpoint.

    By the standard any reply but 2xx is a failed attempt. The outcomes say more than that, so that the sender can
    tell a subscriber that closed its endpoint (``closed``, code 410) from one that is slow or wrong.
    """

    manifest: Manifest = MANIFEST

    def encode(self, command: Notification, binding: Binding) -> WireRequest:
        """Write the notification, signed with the current secret and key and, during a rotation, the previous ones.

        Raises:
            MessageTooLarge: the body is over 20 kB; a notification is thin.
            SecretMissing: the binding has no ``webhook_secret``.
            WebhookSecretInvalid: a secret is not one.
            WebhookKeyInvalid: a key is not one.
        """
        body = json.dumps(command.event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        if len(body) > BODY_MAX_BYTES:
            raise MessageTooLarge(f"{len(body)} bytes")
        secrets = [binding.secret("webhook_secret"), *_told(binding, "webhook_secret_previous")]
        keys = [*_told(binding, "webhook_key"), *_told(binding, "webhook_key_previous")]
        message = str(command.message)
        headers = (
            ("content-type", "application/cloudevents+json"),
            ("webhook-id", message),
            ("webhook-timestamp", str(int(command.at.timestamp()))),
            ("webhook-signature", sign(secrets, message, command.at, body, keys=keys)),
        )
        return WireRequest("POST", binding.base_url, headers, body)

    def decode(self, command: Notification, exchange: Exchange) -> ExchangeOutcome:
        """Read the reply: 2xx applied, 410 closed, 429 and 503 as they ask, 3xx misconfigured (we never follow)."""
        if exchange.fault == "address_refused":
            return ExchangeOutcome(OutcomeKind.MISCONFIGURED, code=exchange.fault)
        broken = unfinished(exchange, self.manifest.operations["notify"])
        status = exchange.status
        if broken is not None or status is None:
            return broken or ExchangeOutcome(OutcomeKind.UNAVAILABLE)
        code = str(status)
        if 200 <= status < 300:
            return ExchangeOutcome(OutcomeKind.APPLIED, code=code, receipt=str(command.message))
        until = retry_after(exchange)
        if status == 503 and until is not None:
            return ExchangeOutcome(OutcomeKind.RATE_LIMITED, code=code, until=until)
        return ExchangeOutcome(_STATUS.get(status) or _by_class(status), code=code, until=until)


def _told(binding: Binding, name: str) -> list[str]:
    return [binding.secret(name)] if name in binding.secrets else []


def _by_class(status: int) -> OutcomeKind:
    if 300 <= status < 400:
        return OutcomeKind.MISCONFIGURED
    if 400 <= status < 500:
        return OutcomeKind.REJECTED
    return OutcomeKind.UNAVAILABLE if 500 <= status < 600 else OutcomeKind.CONTRACT_BREACH
