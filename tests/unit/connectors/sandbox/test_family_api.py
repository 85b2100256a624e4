"""The sandbox of API Particulier answers our codec as the real one would."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.api_particulier.codec import MANIFEST, ApiParticulierCodec
from connectors.api_particulier.messages import CivilIdentity, Question, quotient_question
from connectors.api_particulier.routes import ROUTES
from connectors.http import HttpTransport
from connectors.port import Binding, Limits
from connectors.sandbox.personas import Persona, Population
from connectors.sandbox.provisioning import create_api_token
from contracts.identifiers import Siret, is_siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from tests.unit.connectors.sandbox.conftest import Sandbox
from tests.unit.connectors.wire import SIRET

CODEC = ApiParticulierCodec()


@pytest.fixture
def transport(sandbox: Sandbox) -> Iterator[HttpTransport]:
    with HttpTransport(MANIFEST.limits, origin=sandbox.url) as way:
        yield way


def query(**changes: Any) -> Question:
    whole: dict[str, Any] = {
        "family_name": "Kerjean",
        "given_names": ["Solène"],
        "birthdate": "1988-04-17",
        "gender": "female",
        "birthplace": "75113",
        "birthcountry": "99100",
    }
    return quotient_question(CivilIdentity.from_pivot(**(whole | changes)))


def ask(
    sandbox: Sandbox,
    transport: HttpTransport,
    command: Question | None = None,
    *,
    token: str | None = None,
) -> ExchangeOutcome:
    secret = create_api_token(sandbox.state, SIRET) if token is None else token
    binding = Binding("b", f"{sandbox.url}/api-particulier", SIRET, {"token": SecretStr(secret)}, frozenset(ROUTES))
    asked = command or query()
    return CODEC.decode(asked, transport.send(CODEC.encode(asked, binding)))


def test_the_mothers_quotient(sandbox: Sandbox, transport: HttpTransport) -> None:
    outcome = ask(sandbox, transport)
    assert outcome.kind is OutcomeKind.FOUND
    assert outcome.data["quotient_familial"] == 742
    assert [child["first_names"] for child in outcome.data["enfants"]] == ["MAELLE"]


def test_the_father_has_his_own_file_without_the_child(sandbox: Sandbox, transport: HttpTransport) -> None:
    father = query(family_name="OUVRARD", given_names=["Thibault"], birthdate="1985-11-02", gender="male")
    assert ask(sandbox, transport, father).data["enfants"] == []


@pytest.mark.parametrize("changes", [{"family_name": "LESCURE"}, {"birthdate": "1988-04-18"}, {"gender": "male"}])
def test_an_unknown_person_is_absent(sandbox: Sandbox, transport: HttpTransport, changes: dict[str, str]) -> None:
    outcome = ask(sandbox, transport, query(**changes))
    assert (outcome.kind, outcome.proof) == (OutcomeKind.ABSENT, "37003")


def test_a_token_is_for_one_recipient(sandbox: Sandbox, transport: HttpTransport) -> None:
    other = create_api_token(sandbox.state, "91000001200013")
    assert ask(sandbox, transport, token=other).code == "00100"
    assert ask(sandbox, transport, token="unknown").code == "00101"


def test_the_recipient_is_required(sandbox: Sandbox) -> None:
    token = create_api_token(sandbox.state, SIRET)
    path = "/api-particulier/v3/dss/quotient_familial/identite"
    response = sandbox.http.get(path, headers={"authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "00203")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("502", OutcomeKind.UNAVAILABLE),
        ("503", OutcomeKind.UNAVAILABLE),
        ("504", OutcomeKind.UNAVAILABLE),
        ("429", OutcomeKind.RATE_LIMITED),
        ("401", OutcomeKind.AUTH_FAILED),
        ("garbage", OutcomeKind.CONTRACT_BREACH),
    ],
)
def test_it_misbehaves_when_told_and_then_no_more(
    sandbox: Sandbox, transport: HttpTransport, kind: str, expected: OutcomeKind
) -> None:
    order = {"target": "api-particulier", "kind": kind, "count": 2, "retry_after": 3}
    assert sandbox.http.post("/sandbox/faults", json=order).status_code == 204
    found = [ask(sandbox, transport).kind for _ in range(3)]
    assert found == [expected, expected, OutcomeKind.FOUND]


def test_it_can_be_slow(sandbox: Sandbox) -> None:
    sandbox.http.post("/sandbox/faults", json={"target": "api-particulier", "kind": "slow", "delay_s": 0.6})
    hurried = Limits(connect_s=1, read_s=0.3, total_s=1, body_max_bytes=10_000)
    with HttpTransport(hurried, origin=sandbox.url) as way:
        assert ask(sandbox, way).code == "sent:timeout"


def test_those_who_sign_in_and_have_a_file_are_found_in_it() -> None:
    population = Population()
    known: list[Persona] = [who for who in population.at("franceconnect") if who.family]
    assert {who.id for who in known} == {"solene", "thibault"}
    for who in known:
        family = population.family_of(
            birth_name=who.family_name,
            first_name=who.given_names[0],
            sex="F" if who.gender == "female" else "M",
            birth=tuple(int(part) for part in who.birthdate.split("-")),
        )
        assert family is not None
        assert family.id == who.family


def test_the_agents_siret_is_one() -> None:
    assert all(who.siret and is_siret(Siret(who.siret)) for who in Population().at("proconnect"))
