"""What the conformance kit asks of a connector that only reads: C03, C04, C06, C08, C12 and C16."""

import builtins
import json
import logging
import os
import random
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.api_particulier.codec import MANIFEST, ApiParticulierCodec
from connectors.api_particulier.messages import CivilIdentity, Question
from connectors.api_particulier.routes import ROUTES, Mode, Route
from connectors.http import HttpTransport
from connectors.port import Exchange
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from tests.unit.connectors.api_particulier import made_up
from tests.unit.connectors.wire import NOW, answer, binding, broken

CODEC = ApiParticulierCodec()
ALL = sorted(ROUTES)
PERSON = CivilIdentity("PLANTÉE", ("Zéphyrine",), "F", "99100", "75113", birth_year=1988, birth_month=4, birth_day=17)
SECRETS = ("planted-token-of-the-body", "planted-token-of-a-person")
PLANTED = ("PLANT", "Zéphyrine", "ZEPHYRINE", "1988", *SECRETS)


def question(route: Route) -> Question:
    whose = None if route.mode in (Mode.INE, Mode.IDENTIFIER) else PERSON
    parameters = {name: value for name, value in made_up.OWN.items() if name in route.accepts}
    return Question(route, whose, parameters, SecretStr(SECRETS[1]) if route.mode is Mode.FRANCE_CONNECT else None)


def whole(route: Route, data: dict[str, Any] | None = None) -> bytes:
    return json.dumps({"data": data or made_up.data_of(route), "links": {}, "meta": {}}).encode()


def decode(route: Route, exchange: Exchange) -> ExchangeOutcome:
    return CODEC.decode(question(route), exchange)


@contextmanager
def nothing_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Network, clock, chance, environment and files fail whoever touches them."""

    def touched(*_: object, **__: object) -> None:
        raise AssertionError("the codec reached outside")

    with monkeypatch.context() as closed:
        for owner, name in (
            (socket, "socket"),
            (socket, "getaddrinfo"),
            (time, "time"),
            (time, "monotonic"),
            (random, "random"),
            (secrets, "token_bytes"),
            (os, "getenv"),
            (os, "urandom"),
            (os, "open"),
            (builtins, "open"),
        ):
            closed.setattr(owner, name, touched)
        yield


def test_c03_the_codec_reaches_nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    with nothing_outside(monkeypatch):
        for name in ALL:
            CODEC.encode(question(ROUTES[name]), binding(token="t"))
            for exchange in (answer(200, whole(ROUTES[name])), answer(404, b"{}"), answer(429), broken(Phase.SENT)):
                decode(ROUTES[name], exchange)


@pytest.mark.parametrize("name", ALL)
def test_c04_golden_both_ways(name: str) -> None:
    """The question is written the same each time, and what is found says so with the moment it is true of."""
    route = ROUTES[name]
    first, second = (CODEC.encode(question(route), binding(token="t")) for _ in range(2))
    assert first == second
    outcome = decode(route, answer(200, whole(route)))
    assert (outcome.kind, outcome.code, outcome.as_of) == (OutcomeKind.FOUND, "200", NOW)


@pytest.mark.parametrize(
    "exchange",
    [
        broken(Phase.NOT_SENT, "connect"),
        broken(Phase.SENT, "reset"),
        broken(Phase.HEADERS, "timeout"),
        replace(answer(200, b'{"data": {"est_'), phase=Phase.HEADERS, fault="reset"),
        answer(500),
        answer(503, b"<html>"),
    ],
)
def test_c06_a_conversation_that_broke_says_nothing_of_anybody(exchange: Exchange) -> None:
    assert {decode(ROUTES[name], exchange).kind for name in ALL} == {OutcomeKind.UNAVAILABLE}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"<html>Connectez-vous au portail</html>",
        b'{"err": 1, "data": null}',
        json.dumps(made_up.refusal("37003")).encode(),
        b"\x1f\x8b\x08\x00truncated",
        b'{"data": {"est_beneficiaire": true, "date_debut_droit": null}, "links": {}',
        b'{"data": {"est_beneficiaire": "true", "date_debut_droit": null}, "links": {}, "meta": {}}',
        b'{"data": {"est_beneficiaire": 1, "date_debut_droit": null}, "links": {}, "meta": {}}',
    ],
)
def test_c06_a_200_with_something_else_inside_is_a_breach(body: bytes) -> None:
    assert {decode(ROUTES[name], answer(200, body)).kind for name in ALL} == {OutcomeKind.CONTRACT_BREACH}


def _serve(say: bytes) -> tuple[socket.socket, threading.Thread]:
    """A server for one conversation, that says something and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def once() -> None:
        conversation, _ = listening.accept()
        with conversation:
            conversation.recv(65536)
            conversation.sendall(say)

    serving = threading.Thread(target=once, daemon=True)
    serving.start()
    return listening, serving


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", OutcomeKind.UNAVAILABLE),
        (b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"data": {', OutcomeKind.UNAVAILABLE),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", OutcomeKind.CONTRACT_BREACH),
        (b"HTTP/1.1 302 Found\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\n\r\n",
         OutcomeKind.CONTRACT_BREACH),
        (b"nonsense\r\n\r\n", OutcomeKind.UNAVAILABLE),
    ],
)  # fmt: skip
def test_c06_on_the_wire(said: bytes, kind: OutcomeKind) -> None:
    route = ROUTES["v3/dss/prime_activite/identite"]
    listening, serving = _serve(said)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with listening, HttpTransport(MANIFEST.limits, origin=url) as way:
        exchange = way.send(CODEC.encode(question(route), binding(url, token="t")))
    serving.join(timeout=30)
    assert decode(route, exchange).kind is kind


def test_c08_the_same_question_being_answered_is_waited_for_and_holds_nobody_back() -> None:
    outcome = decode(
        ROUTES["v3/dss/quotient_familial/identite"], answer(409, json.dumps(made_up.refusal("00015")).encode())
    )
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNAVAILABLE, "00015")


@pytest.mark.parametrize("name", ALL)
def test_c08_every_repeat_is_harmless(name: str) -> None:
    """A read has no write class, so that a conversation that broke is never in doubt."""
    operation = MANIFEST.operations[ROUTES[name].datum]
    assert operation.repeatable
    assert operation.natural_key[0] == "recipient"


@pytest.mark.parametrize("name", ALL)
def test_c12_nothing_of_a_person_or_a_secret_is_shown(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    route = ROUTES[name]
    asked, way = question(route), binding(token=SECRETS[0])
    request = CODEC.encode(asked, way)
    outcomes = [decode(route, answer(status, whole(route))) for status in (200, 404, 422, 500)]
    shown = [repr(one) for one in (asked, asked.identity, way, request, *outcomes)] + [request.target, caplog.text]
    assert not [word for word in PLANTED if any(word in text for text in shown)]


def _without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}


@pytest.mark.parametrize("name", ALL)
def test_c16_a_new_block_is_a_breach_and_another_order_is_none(name: str) -> None:
    route = ROUTES[name]
    data = made_up.data_of(route)
    assert decode(route, answer(200, whole(route, data | {"nouveau": None}))).kind is OutcomeKind.CONTRACT_BREACH
    turned = dict(reversed(data.items()))
    assert decode(route, answer(200, whole(route, turned))).kind is OutcomeKind.FOUND


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("v3/dss/quotient_familial/identite", "quotient_familial"),
        ("v3/dss/quotient_familial/identite", "allocataires"),
        ("v3/dss/participation_familiale_eaje/identite", "parametres_calcul_participation_familiale"),
        ("v3/dss/revenu_solidarite_active/identite", "est_beneficiaire"),
        ("v3/dss/allocation_enfant_handicape/identite", "status"),
        ("v3/dss/complementaire_sante_solidaire/france_connect", "est_beneficiaire"),
        ("v3/cnous/etudiant_boursier/ine", "est_boursier"),
        ("v4/cnous/etudiant_boursier/ine", "statut_boursier"),
        ("v3/mesri/statut_etudiant/identite", "admissions"),
        ("v3/dsnj/service_national/identite", "statut_service_national"),
        ("v3/france_travail/statut/identifiant", "inscription"),
        ("v3/sdh/statut_sportif/identifiant", "est_sportif_de_haut_niveau"),
    ],
)
def test_c16_what_answers_the_question_cannot_go_missing_or_be_renamed(name: str, field: str) -> None:
    route = ROUTES[name]
    data = made_up.data_of(route)
    assert decode(route, answer(200, whole(route, _without(data, field)))).kind is OutcomeKind.CONTRACT_BREACH
    renamed = _without(data, field) | {f"{field}_2": data[field]}
    assert decode(route, answer(200, whole(route, renamed))).kind is OutcomeKind.CONTRACT_BREACH


def test_c16_what_a_scope_masks_may_be_missing_and_is_then_unknown() -> None:
    route = ROUTES["v3/dss/quotient_familial/identite"]
    masked = _without(_without(made_up.data_of(route), "enfants"), "adresse")
    assert decode(route, answer(200, whole(route, masked))).data["enfants"] is None
