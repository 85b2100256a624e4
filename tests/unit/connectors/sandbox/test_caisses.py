"""The played Caisses take what their contract takes, keep books, do nothing twice, and misbehave as told."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.caisse_rpc.codec import CaisseRpcCodec
from connectors.caisse_soap.codec import CaisseSoapCodec
from connectors.http import HttpTransport
from connectors.port import Depth, WireRequest
from connectors.sandbox.caisses.rpc import RpcCaisse
from connectors.sandbox.caisses.soap import SoapCaisse
from connectors.sandbox.faults import FaultOrder, Faults
from connectors.sandbox.wire import PlayedTransport
from contracts.outcomes import OutcomeKind
from tests.unit.connectors.caisse.made_up import ASKED, COMMANDS, DECISIONS, FAMILIES, INVOICES, REGISTER, RESERVE
from tests.unit.connectors.wire import binding

PLAYED = {"soap": (CaisseSoapCodec(), SoapCaisse), "rpc": (CaisseRpcCodec(), RpcCaisse)}
NOW = datetime(2026, 9, 10, 9, tzinfo=UTC)
WELL = (OutcomeKind.APPLIED, OutcomeKind.EMPTY, OutcomeKind.ABSENT, OutcomeKind.FOUND, OutcomeKind.DUPLICATE)


class Caisse:
    """One Caisse without a network."""

    def __init__(self, dialect: str) -> None:
        self.codec, play = PLAYED[dialect]
        self.faults, self.partner = Faults(), play("unefois", "of-a-test", lambda: NOW)
        self.binding = binding("https://caisse.test/ws", login="unefois", password="of-a-test")
        self.way = PlayedTransport(self.partner, self.faults, "caisse", lambda: NOW)

    def ask(self, command, fault: str = ""):
        if fault:
            self.faults.order(FaultOrder.model_validate({"target": "caisse", "kind": fault}))
        return self.codec.decode(command, self.way.send(self.codec.encode(command, self.binding)))


@pytest.fixture(params=sorted(PLAYED))
def caisse(request) -> Caisse:
    return Caisse(request.param)


def test_every_operation_is_understood_by_whoever_plays_it(caisse):
    known = [one for one in COMMANDS.values() if one.operation in caisse.codec.manifest.operations]
    assert [one.operation for one in known if caisse.ask(one).kind not in WELL] == []


def test_what_is_told_twice_is_done_once(caisse):
    assert [caisse.ask(REGISTER).kind for _ in range(2)] == [OutcomeKind.APPLIED, OutcomeKind.DUPLICATE]
    assert set(caisse.partner.books.effects.values()) == {1}


def test_what_is_decided_comes_back(caisse):
    caisse.ask(REGISTER)
    (decision,) = caisse.ask(DECISIONS).data["decisions"]
    assert (decision.line, decision.band, decision.decided_by) == (REGISTER.line.line, "3", DECISIONS.body)


def test_a_basket_is_found_again_and_another_one_is_not():
    caisse = Caisse("soap")
    caisse.ask(RESERVE)
    assert caisse.ask(ASKED).kind is OutcomeKind.FOUND
    assert caisse.ask(ASKED.model_copy(update={"days": RESERVE.days[:1]})).kind is OutcomeKind.CONFLICT


def test_a_family_is_invoiced_for_what_was_told_of_it():
    caisse = Caisse("soap")
    caisse.ask(FAMILIES)
    assert caisse.ask(INVOICES).data["due_cents"] == 2 * 4200


def test_a_stranger_is_sent_away(caisse):
    caisse.binding = binding("https://caisse.test/ws", login="unefois", password="another")
    assert caisse.ask(REGISTER).kind is OutcomeKind.AUTH_FAILED
    assert caisse.partner.books.enrolled == {}


def test_what_breaks_its_schema_changes_no_book(caisse):
    request = caisse.codec.encode(REGISTER, caisse.binding)
    broken = WireRequest(request.method, request.url, request.headers, request.body.replace(b"2026-2027", b"soon"))
    assert caisse.codec.decode(REGISTER, caisse.way.send(broken)).kind is OutcomeKind.REJECTED
    assert caisse.partner.books.enrolled == {}


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("reset_before_send", {"unavailable"}),
        ("reset_before_effect", {"unavailable"}),
        ("reset_after_send", {"unavailable"}),
        ("reset_mid_body", {"unavailable"}),
        ("trickle", {"unavailable"}),
        ("500_after_effect", {"in_doubt", "unavailable"}),
        ("fault_in_200", {"unavailable", "in_doubt"}),
        ("error_in_200", {"unavailable"}),
        ("garbage", {"in_doubt"}),
        ("empty_body", {"in_doubt"}),
        ("truncated_gzip", {"in_doubt"}),
        ("closed", {"closed"}),
        ("new_version", {"in_doubt"}),
        ("503", {"unavailable"}),
    ],
)
def test_each_fault_is_what_it_is_and_never_done_nor_refused(caisse, fault, kinds):
    assert caisse.ask(REGISTER, fault).kind in kinds


def test_a_silent_release_is_seen_by_the_contract_probe():
    caisse = Caisse("soap")
    probe = caisse.codec.probes(caisse.binding)[Depth.CONTRACT]
    assert caisse.codec.judge_probe(Depth.CONTRACT, caisse.way.send(probe)).kind is OutcomeKind.FOUND
    caisse.ask(REGISTER, "new_version")
    assert caisse.codec.judge_probe(Depth.CONTRACT, caisse.way.send(probe)).kind is OutcomeKind.CONTRACT_BREACH


@pytest.mark.parametrize("dialect", sorted(PLAYED))
def test_over_http_they_speak_to_who_has_their_credentials(sandbox, dialect):
    codec, _ = PLAYED[dialect]
    folder = sandbox.state / "caisses"
    folder.mkdir(exist_ok=True)
    for kind in ("login", "password"):
        (folder / f"caisse-{dialect}.{kind}").write_text(f"{kind}-of-a-test", encoding="utf-8")
    url = f"{sandbox.url}/caisses/caisse-{dialect}/{dialect}"
    ours = binding(url, login="login-of-a-test", password="password-of-a-test")
    with HttpTransport(codec.manifest.limits, origin=sandbox.url) as way:
        sandbox.clock.ahead = timedelta()
        assert codec.decode(REGISTER, way.send(codec.encode(REGISTER, ours))).kind is OutcomeKind.APPLIED
        sandbox.http.post("/sandbox/faults", json={"target": f"caisses/caisse-{dialect}", "kind": "closed"})
        assert codec.decode(REGISTER, way.send(codec.encode(REGISTER, ours))).kind is OutcomeKind.CLOSED
    assert sandbox.http.post(f"/caisses/caisse-unknown/{dialect}/x").status_code == 404
