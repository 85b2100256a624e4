"""What a partner names as its address leads out to the internet or nowhere, whatever its name answers and when."""

import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from connectors.addresses import AddressRule, Origin, is_public, resolve
from connectors.errors import AddressRefused
from connectors.http import HttpTransport
from connectors.port import WireRequest
from connectors.webhook.codec import MANIFEST, Notification, WebhookCodec
from contracts.outcomes import OutcomeKind, Phase

HOSTILE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "198.18.0.1",
    "198.19.255.255",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "192.0.0.8",
    "192.88.99.1",
    "::1",
    "::",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%lo",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2001::1",
    "fec0::1",
    "2001:db8::1",
    "2001:db8::5efe:7f00:1",
    "3fff::1",
    "ff02::1",
    "100::1",
    "5f00::1",
    "localhost",
    "nonsense",
]
LITERALS = ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0")
PUBLIC = ("8.8.8.8", "185.194.81.29", "2606:4700:4700::1111", "2a01:e0a::1")
WEBHOOK = "https://partner.example/webhook"


class Names:
    """A resolver that answers something else each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest.mark.parametrize("address", HOSTILE)
def test_no_special_address_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is(address):
    assert is_public(address)


@pytest.mark.parametrize("literal", LITERALS)
def test_an_address_written_oddly_is_looked_at_as_what_it_means(literal):
    with pytest.raises((AddressRefused, OSError)):
        AddressRule(resolver=resolve).addresses(Origin("https", literal, 443))


@pytest.mark.parametrize("url", ["http://partner.example/", "https://partner.example:22/", "ftp://partner.example/"])
def test_only_tls_on_its_ports_is_dialled(url):
    with pytest.raises(AddressRefused):
        AddressRule(resolver=Names(PUBLIC)).addresses(Origin.of(url))


def test_one_bad_address_among_good_ones_refuses_the_name():
    with pytest.raises(AddressRefused):
        AddressRule(resolver=Names(["8.8.8.8", "10.0.0.1"])).addresses(Origin.of(WEBHOOK))


def test_a_name_without_an_address_is_refused():
    with pytest.raises(AddressRefused):
        AddressRule(resolver=Names([])).addresses(Origin.of(WEBHOOK))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A port of this machine that must never be dialled."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def send(rule: AddressRule, url: str = WEBHOOK):
    with HttpTransport(MANIFEST.limits, origin=url, rule=rule) as transport:
        return transport.send(WireRequest("POST", url, body=b"{}"))


def test_a_name_that_rebinds_is_resolved_once_and_what_was_checked_is_what_is_dialled(listening, monkeypatch):
    dialled = []

    def refuse(address: tuple[str, int], *_more: object, **_told: object) -> None:
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    assert send(AddressRule(resolver=names)).phase is Phase.NOT_SENT
    assert (dialled, names.asked) == ([("8.8.8.8", 443)], 1)


def test_a_name_that_has_come_to_mean_this_machine_is_not_dialled(listening):
    sent = send(AddressRule(resolver=Names(["127.0.0.1"])), f"https://partner.example:{listening.getsockname()[1]}/")
    assert (sent.phase, sent.fault) == (Phase.NOT_SENT, "address_refused")
    with pytest.raises(TimeoutError):
        listening.accept()


def test_each_delivery_looks_anew(listening):
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    assert [send(AddressRule(resolver=names)).fault for _ in range(2)] == ["address_refused"] * 2
    assert names.asked == 2


def test_what_a_demonstration_names_is_dialled_and_nothing_beside_it(listening):
    port = listening.getsockname()[1]
    rule = AddressRule(frozenset({Origin("http", "127.0.0.1", port)}))
    assert rule.addresses(Origin("http", "127.0.0.1", port)) == ["127.0.0.1"]
    with pytest.raises(AddressRefused):
        rule.addresses(Origin("http", "127.0.0.1", port + 1))


def test_the_server_is_told_the_name_and_dialled_at_the_address(listening):
    port = listening.getsockname()[1]
    heard = []

    def serve() -> None:
        listening.settimeout(5)
        line, _ = listening.accept()
        heard.append(line.recv(4096))
        line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        line.close()

    server = threading.Thread(target=serve)
    server.start()
    url = f"http://partner.example:{port}"
    sent = send(AddressRule(frozenset({Origin.of(url)}), Names(["127.0.0.1"])), url + "/webhook")
    server.join()
    assert sent.status == 204
    assert f"\r\nhost: partner.example:{port}\r\n".encode() in heard[0].lower()


def test_a_refused_address_is_the_configurations_fault():
    exchange = send(AddressRule(resolver=Names(["127.0.0.1"])))
    outcome = WebhookCodec().decode(Notification.__new__(Notification), exchange)
    assert (outcome.kind, outcome.code) == (OutcomeKind.MISCONFIGURED, "address_refused")
