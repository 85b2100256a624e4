"""A notification is written deterministically and every reply has its outcome."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import MessageTooLarge, SecretMissing
from connectors.port import Exchange
from connectors.webhook.codec import Notification, WebhookCodec
from connectors.webhook.signature import new_secret, verify
from contracts.outcomes import OutcomeKind, Phase
from tests.unit.connectors.wire import NOW, answer, binding, broken, exchanges

CODEC = WebhookCodec()
COMMAND = Notification(UUID(int=7), NOW, {"type": "t", "data": {"subject": "s"}})
SECRET = new_secret()


def test_the_request_verifies_at_the_subscriber() -> None:
    request = CODEC.encode(COMMAND, binding("https://partner.example/hook", webhook_secret=SECRET))
    assert request.url == "https://partner.example/hook"
    assert verify([SECRET], dict(request.headers), request.body, now=NOW) == str(UUID(int=7))


def test_during_a_rotation_the_previous_secret_verifies_too() -> None:
    previous = new_secret()
    request = CODEC.encode(COMMAND, binding(webhook_secret=SECRET, webhook_secret_previous=previous))
    assert verify([previous], dict(request.headers), request.body, now=NOW)


def test_without_a_secret_nothing_is_written() -> None:
    with pytest.raises(SecretMissing):
        CODEC.encode(COMMAND, binding())


def test_a_notification_is_thin() -> None:
    with pytest.raises(MessageTooLarge):
        CODEC.encode(Notification(UUID(int=7), NOW, {"x": "y" * 20_000}), binding(webhook_secret=SECRET))


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        (answer(200), OutcomeKind.APPLIED),
        (answer(204), OutcomeKind.APPLIED),
        (answer(301), OutcomeKind.MISCONFIGURED),
        (answer(400), OutcomeKind.REJECTED),
        (answer(401), OutcomeKind.AUTH_FAILED),
        (answer(410), OutcomeKind.CLOSED),
        (answer(429), OutcomeKind.RATE_LIMITED),
        (answer(500), OutcomeKind.UNAVAILABLE),
        (answer(503), OutcomeKind.UNAVAILABLE),
        (answer(503, retry_after="5"), OutcomeKind.RATE_LIMITED),
        (answer(99), OutcomeKind.CONTRACT_BREACH),
        (broken(Phase.NOT_SENT), OutcomeKind.UNAVAILABLE),
        (broken(Phase.SENT), OutcomeKind.UNAVAILABLE),
    ],
)
def test_each_reply_has_its_outcome(exchange: Exchange, kind: OutcomeKind) -> None:
    assert CODEC.decode(COMMAND, exchange).kind is kind


def test_the_receiver_says_when_to_come_back() -> None:
    assert CODEC.decode(COMMAND, answer(429, retry_after="90")).until == NOW + timedelta(seconds=90)


@given(exchanges(st.binary(max_size=20)))
def test_decode_is_total_and_applies_only_on_2xx(exchange: Exchange) -> None:
    outcome = CODEC.decode(COMMAND, exchange)
    whole = exchange.phase is Phase.COMPLETE and exchange.status is not None
    assert (outcome.kind is OutcomeKind.APPLIED) is (whole and 200 <= (exchange.status or 0) < 300)
