"""Whatever the store answers is one outcome: a 201 that warns is never done, and what it leaves open is looked up."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import SecretMissing
from connectors.notification_store.codec import NotificationStoreCodec
from connectors.notification_store.commands import COMMANDS, Command, Show, Shown, Status
from connectors.port import Depth, Exchange
from connectors.sandbox.agencies.notification_store import NotificationStore
from connectors.sandbox.faults import FaultOrder, Faults
from connectors.sandbox.wire import PlayedTransport
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from tests.unit.connectors.wire import NOW, answer, binding, broken, exchanges, mutations

CODEC, BINDING = NotificationStoreCodec(), binding("https://store.example", token="t-0-k-e-n")
AT = datetime(2026, 9, 14, 8, 30, 0, 250_000, tzinfo=UTC)
SHOW = Show(
    demand=UUID(int=7), number=2, customer="guid-1", status=Status.TO_COMPLETE, at=AT, service="canteen_tariff",
    label="Tarif de la cantine",
)  # fmt: skip
SHOWN = CODEC.lookup(SHOW)
assert isinstance(SHOWN, Shown)
ALL: list[Command] = [SHOW, SHOWN]


def acknowledged(code: int, status: str, **more: Any) -> Exchange:
    return answer(code, json.dumps({"acknowledge": {"status": status, **more}}).encode())


def warned(message: str) -> Exchange:
    said = {"type": "DEMAND", "status": "WARNING", "reason": "x", "message": message}
    return acknowledged(201, "warning", warnings=[said])


def listed(*notifications: dict[str, Any]) -> Exchange:
    return answer(200, json.dumps({"numberResult": len(notifications), "notifications": notifications}).encode())


def there(status: int = 13, date: int = 1_789_374_600_250) -> dict[str, Any]:
    return {"date": date, "demand": {"id": str(UUID(int=7)), "type_id": "1750"}, "mydashboard": {"status_id": status}}


def played(**more: Any) -> tuple[NotificationStore, PlayedTransport, Faults]:
    store, faults = NotificationStore("t-0-k-e-n", lambda: NOW, **more), Faults()
    return store, PlayedTransport(store, faults, "store", lambda: NOW), faults


def asked(way: PlayedTransport, command: Command) -> ExchangeOutcome:
    return CODEC.decode(command, way.send(CODEC.encode(command, BINDING)))


def test_a_notification_has_the_stores_own_shape() -> None:
    request = CODEC.encode(SHOW, BINDING)
    told = json.loads(request.body)["notification"]
    assert (request.method, request.target) == (
        "POST",
        "POST https://store.example/rest/notificationstore/v3/notification",
    )
    assert told["date"] == 1_789_374_600_250
    assert told["demand"] == {
        "id": str(UUID(int=7)), "type_id": "1750", "subtype_id": "canteen_tariff", "reference": "00000000",
        "status_id": 13, "max_step": 3, "current_step": 2, "customer": {"id": "guid-1", "connection_id": "guid-1"},
    }  # fmt: skip
    assert told["mydashboard"]["subject"] == "Tarif de la cantine"


@pytest.mark.parametrize("command", ALL, ids=lambda one: one.operation)
def test_nobody_and_no_secret_is_in_what_may_be_logged(command: Command) -> None:
    request = CODEC.encode(command, BINDING)
    assert "guid" not in request.target + repr(request) + repr(command) + str(command)
    assert COMMANDS.validate_json(COMMANDS.dump_json(command)) == command
    with pytest.raises(SecretMissing):
        CODEC.encode(command, binding("https://store.example"))


@pytest.mark.parametrize(
    ("exchange", "kind", "code"),
    [
        (acknowledged(201, "received"), OutcomeKind.APPLIED, "received"),
        (warned("User not found in the identityStore"), OutcomeKind.PARTIAL, "warning:customer"),
        (warned("Demand Type Id not found"), OutcomeKind.PARTIAL, "warning:demand_type"),
        (warned("An error occured while retrieving user"), OutcomeKind.IN_DOUBT, "warning:unknown"),
        (acknowledged(201, "warning"), OutcomeKind.IN_DOUBT, "warning:unknown"),
        (acknowledged(200, "received"), OutcomeKind.IN_DOUBT, "200"),
        (acknowledged(400, "error"), OutcomeKind.REJECTED, "error"),
        (acknowledged(500, "error"), OutcomeKind.IN_DOUBT, "500"),
        (answer(201, b"<html>"), OutcomeKind.IN_DOUBT, "shape"),
        (answer(401), OutcomeKind.AUTH_FAILED, "401"),
    ],
)
def test_what_a_notification_came_to(exchange: Exchange, kind: OutcomeKind, code: str) -> None:
    outcome = CODEC.decode(SHOW, exchange)
    assert (outcome.kind, outcome.code) == (kind, code)


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        (listed(there(11, 5), there()), OutcomeKind.FOUND),
        (listed(there(15)), OutcomeKind.CONFLICT),
        (listed(there(date=5)), OutcomeKind.EMPTY),
        (listed(), OutcomeKind.EMPTY),
        (listed({**there(), "demand": {"id": "another", "type_id": "1750"}}), OutcomeKind.CONTRACT_BREACH),
        (answer(200, b'{"numberResult":1,"notifications":[]}'), OutcomeKind.CONTRACT_BREACH),
        (answer(404), OutcomeKind.CONTRACT_BREACH),
        (broken(Phase.SENT), OutcomeKind.UNAVAILABLE),
    ],
)
def test_what_a_look_up_tells(exchange: Exchange, kind: OutcomeKind) -> None:
    assert CODEC.decode(SHOWN, exchange).kind is kind


@given(st.sampled_from(ALL), exchanges(mutations(acknowledged(201, "received").body)))
def test_decoding_is_total(command: Command, exchange: Exchange) -> None:
    outcome = CODEC.decode(command, exchange)
    assert outcome.kind is not OutcomeKind.APPLIED or b"received" in exchange.body


def test_the_played_store_keeps_states_in_order() -> None:
    store, way, faults = played()
    faults.order(FaultOrder(target="store", kind="500_after_effect"))
    assert asked(way, SHOW).kind is OutcomeKind.IN_DOUBT
    assert asked(way, SHOWN).kind is OutcomeKind.FOUND
    later = SHOW.model_copy(update={"number": 3, "status": Status.CLOSED, "at": NOW})
    assert asked(way, later).kind is OutcomeKind.APPLIED
    (states,) = store.told()["customers"]["guid-1"].values()
    assert [one["status"] for one in states] == [13, 15]


def test_the_played_store_warns_of_whom_it_does_not_know_and_keeps_nothing() -> None:
    store, way, _ = played(knows=lambda _: False)
    assert asked(way, SHOW).kind is OutcomeKind.PARTIAL
    assert store.told() == {"customers": {}, "effects": {}}
    for depth, probe in CODEC.probes(BINDING).items():
        assert CODEC.judge_probe(depth, way.send(probe)).kind is OutcomeKind.FOUND, depth
    assert CODEC.judge_probe(Depth.AUTH, answer(401)).kind is OutcomeKind.AUTH_FAILED
