"""A message is handed over under our identifier, and whatever comes back has its outcome: above all, doubt stays doubt."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import SecretMissing
from connectors.port import Exchange
from connectors.sms.codec import SmsCodec, TextMessage
from contracts.outcomes import OutcomeKind, Phase
from tests.unit.connectors.wire import answer, binding, broken, exchanges

CODEC = SmsCodec()
MESSAGE = UUID(int=7)
TEXT = TextMessage(MESSAGE, "+33639980001", "VilleParis", "Un document vous est demandé.")
OURS = json.dumps({"id": str(MESSAGE), "state": "accepted"}).encode()
UNKNOWN = json.dumps({"id": str(MESSAGE), "state": "unknown"}).encode()


def test_the_request_names_the_message_and_proves_who_asks():
    request = CODEC.encode(TEXT, binding("https://sms.example/v1", token="abc"))
    assert (request.method, request.url) == ("POST", "https://sms.example/v1/messages")
    assert dict(request.headers)["authorization"] == "Bearer abc"
    assert json.loads(request.body) == {
        "id": str(MESSAGE),
        "to": TEXT.to,
        "sender": "VilleParis",
        "text": TEXT.text,
    }


def test_neither_number_nor_words_are_shown_by_accident():
    assert "33639980001" not in repr(TEXT) + CODEC.encode(TEXT, binding(token="abc")).target
    assert "document" not in repr(TEXT)


def test_without_a_token_nothing_is_written():
    with pytest.raises(SecretMissing):
        CODEC.encode(TEXT, binding())


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        (answer(202, OURS), OutcomeKind.ACCEPTED),
        (answer(200, OURS), OutcomeKind.DUPLICATE),
        # A proxy that greets everybody with 200 has taken nothing that we know of.
        (answer(200, b"<html>"), OutcomeKind.IN_DOUBT),
        (answer(202, UNKNOWN.replace(b"7", b"8")), OutcomeKind.IN_DOUBT),
        (answer(204), OutcomeKind.IN_DOUBT),
        (answer(500), OutcomeKind.IN_DOUBT),
        (answer(502), OutcomeKind.IN_DOUBT),
        (answer(302), OutcomeKind.IN_DOUBT),
        (answer(503), OutcomeKind.UNAVAILABLE),
        (answer(401), OutcomeKind.AUTH_FAILED),
        (answer(409), OutcomeKind.CONFLICT),
        (answer(422), OutcomeKind.REJECTED),
        (answer(429), OutcomeKind.RATE_LIMITED),
        (broken(Phase.NOT_SENT), OutcomeKind.UNAVAILABLE),
        (broken(Phase.SENT), OutcomeKind.IN_DOUBT),
        (broken(Phase.HEADERS), OutcomeKind.IN_DOUBT),
    ],
)
def test_what_a_reply_to_a_message_means(exchange: Exchange, kind: OutcomeKind):
    assert CODEC.decode(TEXT, exchange).kind is kind


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        (answer(200, OURS), OutcomeKind.FOUND),
        (answer(404, UNKNOWN), OutcomeKind.ABSENT),
        # « Not found » by whoever is on the way proves nothing.
        (answer(404), OutcomeKind.UNAVAILABLE),
        (answer(404, OURS), OutcomeKind.UNAVAILABLE),
        (answer(200, UNKNOWN), OutcomeKind.UNAVAILABLE),
        (answer(500, OURS), OutcomeKind.UNAVAILABLE),
        (broken(Phase.SENT), OutcomeKind.UNAVAILABLE),
    ],
)
def test_what_a_reply_to_the_question_means(exchange: Exchange, kind: OutcomeKind):
    assert CODEC.decode_look(MESSAGE, exchange).kind is kind


@given(exchanges(st.one_of(st.just(OURS), st.just(UNKNOWN), st.binary(max_size=200))))
def test_whatever_comes_back_has_an_outcome(exchange: Exchange):
    assert CODEC.decode(TEXT, exchange).kind in OutcomeKind
    assert CODEC.decode_look(MESSAGE, exchange).kind in OutcomeKind
