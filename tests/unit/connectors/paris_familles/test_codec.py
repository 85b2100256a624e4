"""Whatever Paris Familles answers is one outcome; every call says who calls; a dry run that did something is a breach."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from connectors.errors import SecretMissing
from connectors.paris_familles.codec import ParisFamillesCodec
from connectors.paris_familles.commands import (
    COMMANDS,
    Command,
    Content,
    ControlCreate,
    ControlUpdate,
    Create,
    RegistrationAsked,
    Update,
)
from connectors.port import Exchange
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from tests.unit.connectors.caisse.made_up import number
from tests.unit.connectors.wire import answer, binding, exchanges, mutations

CODEC = ParisFamillesCodec()
BINDING = binding("https://familles.example", token="t", client_code="c")
CONTENT = Content(
    line=number(1),
    child=number(2),
    family_name="Martin",
    first_name="Zoé",
    birth_date=date(2018, 6, 5),
    service="after_school",
    school_year="2026-2027",
)
STATE = {"registration": "REG-1", "last_update_date": "2026-09-14T08:30:00.1", "content": CONTENT}
CREATE, ASKED = Create(content=CONTENT), RegistrationAsked(line=CONTENT.line)
ALL: list[Command] = [CREATE, ControlCreate(content=CONTENT), Update(**STATE), ControlUpdate(**STATE), ASKED]
KEPT: dict[str, Any] = {
    "registration_id": "REG-1",
    "external_id": str(CONTENT.line),
    "last_update_date": "2026-09-14T08:30:00.2",
    "attributes": {},
}


def said(code: int, kind: str, key: str = "", **more: Any) -> Exchange:
    body = {"status": {"http_code": code, "type": kind, "message_key": key}} | more
    return answer(code, json.dumps(body).encode())


def decoded(exchange: Exchange, command: Command = CREATE) -> ExchangeOutcome:
    return CODEC.decode(command, exchange)


@pytest.mark.parametrize("command", ALL, ids=lambda one: one.operation)
def test_every_call_says_for_whom_and_by_whom(command: Command) -> None:
    request = CODEC.encode(command, BINDING)
    headers = dict(request.headers)
    assert headers["client_code"] == "c"
    assert headers["application_code"] == "UNEFOIS"
    assert (headers["author_name"], headers["author_type"]) == ("une-fois", "application")
    assert "Martin" not in request.target + repr(request) + repr(command)
    assert COMMANDS.validate_json(COMMANDS.dump_json(command)) == command


def test_a_dry_run_is_the_same_message_at_another_address() -> None:
    for real, dry in ((ALL[0], ALL[1]), (ALL[2], ALL[3])):
        sent, tried = CODEC.encode(real, BINDING), CODEC.encode(dry, BINDING)
        assert (tried.url, tried.body, tried.method) == (f"{sent.url}/control", sent.body, sent.method)


def test_dates_of_birth_are_spelled_as_the_city_spells_them() -> None:
    body = json.loads(CODEC.encode(CREATE, BINDING).body)
    assert body["registration"]["attributes"]["birthdate"] == "05/06/2018"


def test_without_a_client_code_nothing_is_sent() -> None:
    with pytest.raises(SecretMissing):
        CODEC.encode(CREATE, binding(token="t"))


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        (said(201, "SUCCESS", registration=KEPT), OutcomeKind.APPLIED),
        (said(201, "INCOMPLETE_SUCCESS", registration=KEPT), OutcomeKind.PARTIAL),
        (
            said(201, "SUCCESS", registration=KEPT, acknowledge={"status": "warning", "warnings": ["x"]}),
            OutcomeKind.PARTIAL,
        ),
        (said(201, "SUCCESS"), OutcomeKind.IN_DOUBT),
        (said(201, "SUCCESS", registration=KEPT | {"external_id": str(number(9))}), OutcomeKind.IN_DOUBT),
        (said(200, "SUCCESS", registration=KEPT | {"merged_into": "REG-2"}), OutcomeKind.SUPERSEDED),
        (said(201, "SUCCESS", registration=KEPT, novelty=1), OutcomeKind.IN_DOUBT),
        (said(400, "BAD_REQUEST", "missing"), OutcomeKind.REJECTED),
        (said(404, "NOT_FOUND"), OutcomeKind.REJECTED),
        (said(409, "CONFLICT", "stale_last_update_date", registration=KEPT), OutcomeKind.CONFLICT),
        (said(409, "CONFLICT", "merged", registration=KEPT | {"merged_into": "REG-2"}), OutcomeKind.SUPERSEDED),
        (said(409, "CONFLICT", "merged", registration=KEPT), OutcomeKind.IN_DOUBT),
        (said(401, "UNAUTHORIZED"), OutcomeKind.AUTH_FAILED),
        (answer(200, b'{"status":{"http_code":201,"type":"SUCCESS"}}'), OutcomeKind.IN_DOUBT),
        (answer(200, b"<html>Connexion</html>"), OutcomeKind.IN_DOUBT),
    ],
)
def test_each_answer_to_a_write_has_its_outcome(exchange: Exchange, kind: OutcomeKind) -> None:
    assert decoded(exchange).kind is kind


def test_a_dry_run_that_answers_with_a_registration_is_a_breach() -> None:
    assert decoded(said(200, "OK", registration=KEPT), ALL[1]).kind is OutcomeKind.CONTRACT_BREACH
    assert decoded(said(200, "OK"), ALL[1]).kind is OutcomeKind.FOUND


def test_nothing_there_is_proved() -> None:
    absent = decoded(said(404, "NOT_FOUND"), ASKED)
    assert (absent.kind, absent.proof) == (OutcomeKind.ABSENT, "NOT_FOUND")
    assert decoded(answer(404, b"<html>"), ASKED).kind is OutcomeKind.CONTRACT_BREACH


@pytest.mark.parametrize("command", ALL, ids=lambda one: one.operation)
def test_decode_is_total(command: Command) -> None:
    @given(exchanges(mutations(said(201, "SUCCESS", registration=KEPT).body)))
    def holds(exchange: Exchange) -> None:
        assert decoded(exchange, command).kind

    holds()
