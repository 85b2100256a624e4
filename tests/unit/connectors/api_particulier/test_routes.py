"""Every route of the OpenAPI is known, asked as it says, and its answers come to what they are."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from hypothesis import given, settings
from pydantic import SecretStr

from connectors.api_particulier.cases import Case, replay
from connectors.api_particulier.codec import ApiParticulierCodec
from connectors.api_particulier.messages import CivilIdentity, Question
from connectors.api_particulier.routes import BY_OPERATION, ROUTES, Mode, Route
from connectors.errors import OperationNotEnabled, SecretMissing
from connectors.port import HELD_BACK, Binding, Exchange
from contracts.outcomes import OutcomeKind, Phase
from tests.unit.connectors.api_particulier import made_up
from tests.unit.connectors.wire import NOW, SIRET, answer, binding, exchanges, mutations

CODEC = ApiParticulierCodec()
ALL = sorted(ROUTES)
PERSON = CivilIdentity("KERJEAN", ("Solène", "Nadège"), "F", "99100", "75113", birth_year=1988, birth_month=4)
OPENAPI = Path(__file__).parents[5] / "shared/corpora/api-particulier/openapi_files/api_particulier.yaml"


def question(route: Route) -> Question:
    whose = None if route.mode in (Mode.INE, Mode.IDENTIFIER) else PERSON
    parameters = {name: value for name, value in made_up.OWN.items() if name in route.accepts}
    token = SecretStr("of-a-person") if route.mode is Mode.FRANCE_CONNECT else None
    return Question(route, whose, parameters, token)


def test_there_are_35_and_each_has_its_own_operation() -> None:
    assert len(ROUTES) == len(BY_OPERATION) == 35
    assert {route.datum for route in ROUTES.values()} == set(CODEC.manifest.operations)


def test_the_table_is_the_openapis() -> None:
    if not OPENAPI.is_file():
        pytest.skip("the OpenAPI of API Particulier is not beside this clone")
    contract = yaml.load(OPENAPI.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    told = {}
    for path, methods in contract["paths"].items():
        asked = [one for one in methods["get"]["parameters"] if one["in"] == "query" and one["name"] != "recipient"]
        needed = {one["name"] for one in asked if one.get("required")}
        told[path] = ({one["name"] for one in asked}, needed, methods["get"]["responses"]["200"])
    assert set(told) == {route.path for route in ROUTES.values()}
    for route in ROUTES.values():
        accepted, needed, answered = told[route.path]
        assert (set(route.accepts), set(route.requires)) == (accepted, needed), route.path
        assert route.operation in str(answered), route.path


@pytest.mark.parametrize("name", ALL)
def test_a_question_says_who_asks_and_no_more_than_the_route_takes(name: str) -> None:
    route = ROUTES[name]
    request = CODEC.encode(question(route), binding("https://p.example", token="of-the-body"))
    parts = urlsplit(request.url)
    sent = [key for key, _ in parse_qsl(parts.query)]
    assert (request.method, parts.path, sent[0]) == ("GET", route.path, "recipient")
    assert set(sent[1:]) <= set(route.accepts)
    bearer = "of-a-person" if route.mode is Mode.FRANCE_CONNECT else "of-the-body"
    assert ("authorization", f"Bearer {bearer}") in request.headers
    assert ("KERJEAN" in request.url) is (route.mode is Mode.IDENTITY)


@pytest.mark.parametrize("name", ALL)
def test_what_is_not_enabled_is_not_even_written(name: str) -> None:
    narrow = Binding("narrow", "https://p.example", SIRET, {"token": SecretStr("t")}, frozenset(set(ALL) - {name}))
    with pytest.raises(OperationNotEnabled, match=name):
        CODEC.encode(question(ROUTES[name]), narrow)


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        (Question(ROUTES["v3/mesri/statut_etudiant/ine"]), ["ine"]),
        (Question(ROUTES["v3/gip_mds/service_civique/identite"], PERSON), ["jourDateNaissance"]),
        (Question(ROUTES["v3/dss/quotient_familial/france_connect"]), ["access_token", "identity"]),
        (Question(ROUTES["v3/dss/quotient_familial/identite"], PERSON), []),
    ],
)
def test_what_a_question_lacks_is_named(asked: Question, lacking: list[str]) -> None:
    assert asked.missing() == lacking


def test_without_a_persons_token_nothing_is_asked_in_their_name() -> None:
    with pytest.raises(SecretMissing):
        CODEC.encode(Question(ROUTES["v3/dss/quotient_familial/france_connect"], PERSON), binding(token="of-the-body"))


def test_a_student_is_asked_for_by_one_first_name() -> None:
    asked = Question(ROUTES["v3/mesri/statut_etudiant/identite"], PERSON)
    assert [value for key, value in asked.pairs() if key == "prenoms[]"] == ["Solène"]


@pytest.mark.parametrize("name", ALL)
def test_every_answer_comes_to_what_it_is(name: str) -> None:
    route = ROUTES[name]
    for label, content, outcome in made_up.cases(route):
        assert replay(route, Case.model_validate(content), at=NOW).kind.value == outcome, label


def body(route: Route, **changes: Any) -> bytes:
    return json.dumps({"data": made_up.data_of(route) | changes, "links": {}, "meta": {}}).encode()


@pytest.mark.parametrize("name", ["v3/men/scolarites/identite", "v3/cnous/etudiant_boursier/identite"])
def test_what_was_not_asked_for_is_not_kept(name: str) -> None:
    kept = CODEC.decode(question(ROUTES[name]), answer(200, body(ROUTES[name]))).data
    assert kept
    assert not {"identite", "email", "adresse", "contact"} & set(kept)


def test_somebody_elses_number_is_noticed() -> None:
    route = ROUTES["v3/france_travail/indemnites/identifiant"]
    other = CODEC.decode(question(route), answer(200, body(route, identifiant="another")))
    assert (other.kind, other.code) == (OutcomeKind.CONTRACT_BREACH, "identity_mismatch")


def test_another_school_year_than_asked_is_a_breach() -> None:
    route = ROUTES["v4/men/scolarites/identite"]
    outcome = CODEC.decode(question(route), answer(200, body(route, annee_scolaire="2025-2026")))
    assert outcome.code == "period_mismatch"


def test_in_franceconnect_mode_the_answer_is_about_whose_token_it_is() -> None:
    route = ROUTES["v3/dss/quotient_familial/france_connect"]
    assert CODEC.decode(question(route), answer(200, body(route))).kind is OutcomeKind.FOUND
    mixed_up = json.dumps({"data": made_up.data_of(route, "1990-01-01"), "links": {}, "meta": {}}).encode()
    assert CODEC.decode(question(route), answer(200, mixed_up)).code == "identity_mismatch"


def test_what_we_held_back_ourselves_waits_and_is_no_failure() -> None:
    held = Exchange(Phase.NOT_SENT, NOW, headers=(("retry-after", "2"),), fault=HELD_BACK)
    outcome = CODEC.decode(question(ROUTES["v3/dss/quotient_familial/identite"]), held)
    assert outcome.kind is OutcomeKind.RATE_LIMITED
    assert outcome.until is not None
    assert (outcome.until - NOW).total_seconds() == 2


@pytest.mark.parametrize("name", ALL)
def test_decode_is_total(name: str) -> None:
    route = ROUTES[name]
    asked = question(route)

    @settings(max_examples=60, deadline=None)
    @given(exchanges(mutations(body(route))))
    def holds(exchange: Exchange) -> None:
        outcome = CODEC.decode(asked, exchange)
        if outcome.kind is OutcomeKind.FOUND:
            assert (exchange.status, exchange.phase) == (200, Phase.COMPLETE)

    holds()
