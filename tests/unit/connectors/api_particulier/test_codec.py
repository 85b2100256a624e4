"""The question is written as the contract says; every answer has its outcome and none another's income."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings

from connectors.api_particulier.codec import ApiParticulierCodec
from connectors.api_particulier.messages import CivilIdentity, Question, quotient_question
from connectors.port import Exchange
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from tests.unit.connectors.wire import NOW, SIRET, answer, binding, broken, exchanges, mutations

CODEC = ApiParticulierCodec()
PERSON = CivilIdentity(
    birth_name="KERJEAN",
    first_names=("Solène", "Marie Nadège"),
    sex="F",
    birth_country="99100",
    birth_commune="75113",
    birth_year=1988,
    birth_month=4,
    birth_day=17,
)
QUERY = quotient_question(PERSON)


def family(birth_date: str = "1988-04-17", **changes: Any) -> dict[str, Any]:
    person = {
        "nom_naissance": "KERJEAN",
        "nom_usage": None,
        "prenoms": "SOLENE",
        "date_naissance": birth_date,
        "sexe": "F",
    }
    quotient = {"fournisseur": "CNAF", "valeur": 742, "annee": 2026, "mois": 9, "annee_calcul": 2026, "mois_calcul": 9}
    data = {"allocataires": [person], "enfants": [], "adresse": {}, "quotient_familial": quotient} | changes
    return {"data": data, "links": {}, "meta": {}}


def error(code: str = "37003", **meta: object) -> bytes:
    item = {"code": code, "title": "t", "detail": "d", "source": None, "meta": meta}
    return json.dumps({"errors": [item]}).encode()


def decode(exchange: Exchange, query: Question = QUERY) -> ExchangeOutcome:
    return CODEC.decode(query, exchange)


def ok(body: object) -> Exchange:
    return answer(200, json.dumps(body).encode())


def test_the_question_has_the_parameters_of_the_contract() -> None:
    request = CODEC.encode(quotient_question(PERSON, 2026, 5), binding("https://p.example/", token="T"))
    parts = urlsplit(request.url)
    assert (request.method, parts.path) == ("GET", "/v3/dss/quotient_familial/identite")
    assert ("authorization", "Bearer T") in request.headers
    assert parse_qsl(parts.query) == [
        ("recipient", SIRET),
        ("nomNaissance", "KERJEAN"),
        ("prenoms[]", "Solène"),
        ("prenoms[]", "Marie Nadège"),
        ("anneeDateNaissance", "1988"),
        ("moisDateNaissance", "4"),
        ("jourDateNaissance", "17"),
        ("sexeEtatCivil", "F"),
        ("codeCogInseePaysNaissance", "99100"),
        ("codeCogInseeCommuneNaissance", "75113"),
        ("annee", "2026"),
        ("mois", "5"),
    ]


def pivot(**changes: Any) -> CivilIdentity:
    whole: dict[str, Any] = {
        "family_name": "ROY",
        "given_names": ["A", "B", "C", "D"],
        "birthdate": "1991-00-00",
        "gender": "female",
        "birthplace": "",
        "birthcountry": "99338",
        "preferred_username": "Roy",
    }
    return CivilIdentity.from_pivot(**(whole | changes))


def test_a_pivot_identity_becomes_parameters() -> None:
    query = dict(parse_qsl(urlsplit(CODEC.encode(quotient_question(pivot()), binding(token="T")).url).query))
    assert query["anneeDateNaissance"] == "1991"
    assert not {"moisDateNaissance", "jourDateNaissance", "nomUsage", "codeCogInseeCommuneNaissance"} & set(query)
    assert query["prenoms[]"] == "C"


@pytest.mark.parametrize("changes", [{"birthdate": "1991"}, {"gender": "F"}])
def test_what_is_no_pivot_identity_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="pivot"):
        pivot(**changes)


def test_found_is_canonical() -> None:
    outcome = decode(ok(family()))
    assert (outcome.kind, outcome.as_of) == (OutcomeKind.FOUND, NOW)
    assert outcome.data["quotient_familial"] == 742
    assert (outcome.data["year"], outcome.data["month"], outcome.data["provider"]) == (2026, 9, "CNAF")
    assert outcome.data["allocataires"][0]["birth_date"] == "1988-04-17"
    assert outcome.data["enfants"] == []
    assert "adresse" not in outcome.data


def test_children_outside_the_habilitation_are_unknown_and_not_none() -> None:
    body = family()
    del body["data"]["enfants"]
    assert decode(ok(body)).data["enfants"] is None


@pytest.mark.parametrize("birth_date", ["1988-04-18", "1988-00-00", "1978-04-17"])
def test_another_persons_income_is_never_taken(birth_date: str) -> None:
    outcome = decode(ok(family(birth_date)))
    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTRACT_BREACH, "identity_mismatch")


def test_with_no_birth_date_asked_nothing_can_be_believed() -> None:
    nameless = CivilIdentity(birth_name="X", first_names=("Y",), sex="F", birth_country="99100")
    assert decode(ok(family()), quotient_question(nameless)).kind is OutcomeKind.CONTRACT_BREACH


def test_a_partial_birth_date_is_compared_as_far_as_it_goes() -> None:
    assert decode(ok(family("1991-05-05")), quotient_question(pivot())).kind is OutcomeKind.FOUND


def test_another_month_than_asked_is_a_breach() -> None:
    assert decode(ok(family()), quotient_question(PERSON, 2026, 8)).code == "period_mismatch"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"data": None},
        family(allocataires=[]),
        family(quotient_familial={"valeur": 1}),
        family(new_block=1),
        {"errors": []},
    ],
)
def test_another_shape_is_a_breach(body: object) -> None:
    assert decode(ok(body)).kind is OutcomeKind.CONTRACT_BREACH


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        (answer(404, error()), OutcomeKind.ABSENT),
        (answer(404, b"<html>"), OutcomeKind.CONTRACT_BREACH),
        (answer(401, error("00101")), OutcomeKind.AUTH_FAILED),
        (answer(403, b""), OutcomeKind.AUTH_FAILED),
        (answer(409, error("00015")), OutcomeKind.UNAVAILABLE),
        (answer(422, error("00203")), OutcomeKind.REJECTED),
        (answer(400, error("00366")), OutcomeKind.REJECTED),
        (answer(429, error("39004")), OutcomeKind.RATE_LIMITED),
        (answer(502, error("37999")), OutcomeKind.UNAVAILABLE),
        (answer(504, b""), OutcomeKind.UNAVAILABLE),
        (answer(302), OutcomeKind.CONTRACT_BREACH),
        (answer(204), OutcomeKind.CONTRACT_BREACH),
        (answer(200, b"<html>login</html>"), OutcomeKind.CONTRACT_BREACH),
        (broken(Phase.SENT), OutcomeKind.UNAVAILABLE),
    ],
)
def test_the_status_decides(exchange: Exchange, kind: OutcomeKind) -> None:
    assert decode(exchange).kind is kind


def test_absent_names_its_proof() -> None:
    assert decode(answer(404, error("35003"))).proof == "35003"


def test_waiting_times_are_obeyed() -> None:
    assert decode(answer(429, error("00429"), retry_after="7")).until == NOW + timedelta(seconds=7)
    assert decode(answer(429, error("00429"))).until == NOW + timedelta(seconds=60)
    assert decode(answer(504, error("00501", retry_in=10))).until == NOW + timedelta(seconds=10)


@settings(max_examples=400)
@given(exchanges(mutations(json.dumps(family()).encode())))
def test_decode_is_total(exchange: Exchange) -> None:
    outcome = decode(exchange)
    if outcome.kind is OutcomeKind.FOUND:
        assert exchange.status == 200
        assert exchange.phase is Phase.COMPLETE
        assert outcome.data["allocataires"][0]["birth_date"] == "1988-04-17"


def test_nothing_of_a_person_shows() -> None:
    shown = repr(QUERY) + repr(PERSON) + repr(decode(ok(family()))) + repr(ok(family()))
    assert "KERJEAN" not in shown
    assert "1988" not in shown
