"""An alert on its way: signed, thin, with where to look; and which bound a gauge is held to."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from connectors.mail import Letter
from connectors.port import Binding, Exchange, WireRequest
from connectors.webhook.signature import new_secret, verify
from contracts.identifiers import Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.watching.gauges import Gauge
from hub.watching.telling import AlertByMail, AlertByWebhook, Told

NOW = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
CAUSE = "run:night:caisse-13-fichiers:FolderUnreachable"
TOLD = Told(UUID(int=7), CAUSE, "partner-away", "caisse-13-fichiers", "2026-10-24", "a-run", 12, NOW)
DOOR = "https://hub.example"


class Wire:
    """A receiver that answers what it is told to."""

    def __init__(self, status: int) -> None:
        self.status, self.sent = status, list[WireRequest]()

    def send(self, request: WireRequest) -> Exchange:
        self.sent.append(request)
        return Exchange(Phase.COMPLETE, NOW, status=self.status)


class Mail:
    """A mail server that refuses one address."""

    def __init__(self) -> None:
        self.letters, self.refusing = list[Letter](), ""

    def send(self, letter: Letter) -> ExchangeOutcome:
        self.letters.append(letter)
        return ExchangeOutcome(OutcomeKind.REJECTED if letter.to == self.refusing else OutcomeKind.APPLIED)


@pytest.mark.parametrize(("status", "kind"), [(204, OutcomeKind.APPLIED), (503, OutcomeKind.UNAVAILABLE)])
def test_a_webhook_gets_a_signed_event_under_the_alerts_number(status: int, kind: OutcomeKind) -> None:
    wire, secret = Wire(status), new_secret()
    binding = Binding(
        "alerts", "https://on-call.example/hook", Siret("21750001600019"), {"webhook_secret": SecretStr(secret)}
    )
    assert AlertByWebhook(binding, wire, DOOR).carry(TOLD, now=NOW).kind is kind
    (request,) = wire.sent
    assert verify([secret], dict(request.headers), request.body, now=NOW) == str(TOLD.alert_id)
    assert json.loads(request.body)["data"] == {
        "cause": CAUSE,
        "runbook": "docs/operations.md#partner-away",
        "families": 12,
        "exchanges": f"{DOOR}/ops/echanges?binding=caisse-13-fichiers&depuis=2026-10-24",
        "run": f"{DOOR}/ops/dagster/runs/a-run",
    }


def test_mail_goes_to_each_and_is_taken_when_all_took_it() -> None:
    mail = Mail()
    way = AlertByMail(mail, ("one@example.org", "two@example.org"), DOOR)
    assert way.carry(TOLD, now=NOW).kind is OutcomeKind.APPLIED
    assert [one.to for one in mail.letters] == ["one@example.org", "two@example.org"]
    assert "Families concerned: 12" in mail.letters[0].text
    mail.refusing = "two@example.org"
    assert way.carry(TOLD, now=NOW).kind is OutcomeKind.REJECTED


@pytest.mark.parametrize(
    ("gauge", "well"),
    [
        (Gauge("jobs", 900, NOW, None, timedelta(minutes=4)), True),
        (Gauge("jobs", 1, NOW, None, timedelta(minutes=6)), False),
        (Gauge("exchanges_waiting", 1, NOW, None, timedelta()), False),
        (Gauge("reading", 3, None, 31.0, timedelta()), False),
        (Gauge("reading", 0, None, None, timedelta()), True),
    ],
)
def test_a_gauge_is_held_to_its_bound(gauge: Gauge, *, well: bool) -> None:
    assert gauge.well is well
