"""The gateway and the print room that the sandbox plays, and the page that shows what families were sent."""

from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from connectors.file_drop import FileDropTransport
from connectors.http import HttpTransport
from connectors.port import Binding
from connectors.post.codec import PrintCodec
from connectors.sandbox.provisioning import create_print_drop, create_sms_token
from connectors.sms.codec import MANIFEST, TextMessage
from connectors.sms.gateway import SmsGateway
from contracts.outcomes import OutcomeKind
from tests.unit.connectors.post.test_print import LETTER
from tests.unit.connectors.wire import SIRET, binding


@pytest.fixture
def gateway(sandbox) -> SmsGateway:
    url = f"{sandbox.url}/sms/v1"
    token = SecretStr(create_sms_token(sandbox.state))
    return SmsGateway(Binding("sms", url, SIRET, {"token": token}), HttpTransport(MANIFEST.limits, origin=url))


def made(message: UUID, *, to: str = "+33639980001") -> TextMessage:
    return TextMessage(message, to, "VilleParis", "Bonjour à vous")


def test_a_message_is_taken_once_and_can_be_asked_after(gateway, sandbox):
    message = uuid4()
    assert gateway.look(message).kind is OutcomeKind.ABSENT
    assert gateway.send(made(message)).kind is OutcomeKind.ACCEPTED
    assert gateway.send(made(message)).kind is OutcomeKind.DUPLICATE
    assert gateway.look(message).kind is OutcomeKind.FOUND
    came = sandbox.http.get("/sandbox/telephones", params={"to": "+33639980001"}).json()
    assert [one["text"] for one in came if one["id"] == str(message)] == ["Bonjour à vous"]


def test_what_the_gateway_refuses(gateway):
    message = uuid4()
    assert gateway.send(made(message)).kind is OutcomeKind.ACCEPTED
    assert gateway.send(made(message, to="+33639980002")).kind is OutcomeKind.CONFLICT
    assert gateway.send(made(uuid4(), to="12")).kind is OutcomeKind.REJECTED
    stranger = SmsGateway(binding(gateway.binding.base_url, token="stranger"), gateway.transport)
    assert stranger.send(made(uuid4())).kind is OutcomeKind.AUTH_FAILED
    assert stranger.look(message).kind is OutcomeKind.UNAVAILABLE


def test_a_gateway_that_took_it_and_could_not_say_so_is_asked(gateway, sandbox):
    sandbox.http.post("/sandbox/faults", json={"target": "sms-taken/+33639980001", "kind": "502"}).raise_for_status()
    message = uuid4()
    assert gateway.send(made(message)).kind is OutcomeKind.IN_DOUBT
    assert gateway.look(message).kind is OutcomeKind.FOUND


def test_everything_that_was_sent_can_be_looked_at(gateway, sandbox):
    gateway.send(made(uuid4()))
    drop = FileDropTransport(create_print_drop(sandbox.state))
    drop.send(PrintCodec().encode(LETTER, binding()))
    (letter,) = sandbox.http.get("/sandbox/letters").json()
    assert sandbox.http.get(letter["sheet"]).content.startswith(b"%PDF-")
    shown = sandbox.http.get("/sandbox/messages").text
    assert "Bonjour à vous" in shown
    assert letter["sheet"] in shown
    assert sandbox.http.get("/sandbox/letters/courrier-x").status_code == 404
