"""Every write of a known caller under an ``Idempotency-Key``: one effect, the first answer again, or a word of what is not known."""

import json
import secrets
from contextlib import AbstractContextManager
from uuid import UUID

import httpx
import pytest

from hub import bootstrap
from hub.api.repeating import BY_THEMSELVES
from hub.app import partners_routes, residents_routes
from hub.deposits.repeating import Said, begin_repeatable
from hub.settings import HubSettings
from orchestration.stack import environment
from tests.isolation.filling import Filler, Route
from tests.journeys.agents import CLAIRE, Agent
from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, value
from tests.journeys.test_authorisations import enrolled, wanted
from tests.system import CAISSE, SCHOOL_YEAR, Resident
from vault.settings import VaultSettings
from vault.standing import standing

SOMEBODY = str(UUID(int=7))
DOCUMENTS = {"session": residents_routes().openapi(), "partner": partners_routes().openapi()}


def keyed() -> list[tuple[str, Route]]:
    """Every write that says it takes a key, with who may call it."""
    found = []
    for document in DOCUMENTS.values():
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                named = {one["name"].lower() for one in operation.get("parameters", ())}
                if "idempotency-key" in named and path not in BY_THEMSELVES:
                    (guard,) = {name for proof in operation["security"] for name in proof}
                    found.append((guard, Route(method.upper(), path)))
    return found


KEYED = keyed()


@pytest.fixture(scope="module")
def custody(running):
    with pytest.MonkeyPatch.context() as told:
        for name, said in environment.door("test", running.places, running.stores).items():
            told.setenv(name, said)
        parts = bootstrap.door(VaultSettings(), HubSettings())
    yield parts.custody
    parts.custody.db.close()


@pytest.fixture(scope="module")
def callers(running) -> dict[str, tuple[str, object]]:
    """One caller of each kind: under which name its keys are kept, and what sends its requests."""
    person, agent, partner = (
        Resident(running).sign_in(),
        Agent(running, CLAIRE).sign_in(),
        Partner(running, "mairie-13"),
    )
    number = value(running, "SELECT agent_id FROM hub.agent WHERE email LIKE 'claire%%'")
    token = partner.token()

    def as_partner(method: str, path: str, **told) -> httpx.Response:
        return partner.http.request(method, path, auth=partner.proving(token), **told)

    return {
        "session": (str(person_id(person)), person.http.request),
        "agent_session": (f"agent:{number}", agent.http.request),
        "partner_token": (f"partner:{value(running, SIRET)}", as_partner),
    }


def as_caller(caller: str) -> AbstractContextManager[None]:
    """What the door says once it knows who calls."""
    kind, _, named = caller.rpartition(":")
    return standing(**{kind or "person": named})


SIRET = "SELECT siret FROM hub.partner WHERE slug = 'mairie-13'"


@pytest.mark.parametrize(("guard", "route"), KEYED, ids=[route.name for _, route in KEYED])
def test_every_write_says_its_first_answer_again_and_refuses_another_content(custody, callers, guard, route):
    caller, send = callers[guard]
    document = DOCUMENTS["partner" if guard == "partner_token" else "session"]
    told = next(Filler(document).bodies(route, SOMEBODY)).get("json")
    body, path, key = b"" if told is None else json.dumps(told).encode(), route.address(SOMEBODY), secrets.token_hex(16)
    with as_caller(caller):
        first = begin_repeatable(custody, caller, key, route.method.encode(), path.encode(), b"", body)
        first.answered(Said(299, {"x-said": "before"}, b"the first answer"))
    headers = {"idempotency-key": key, "content-type": "application/json"}
    again = send(route.method, path, content=body, headers=headers)
    assert (again.status_code, again.headers["x-said"], again.text) == (299, "before", "the first answer")
    assert_problem(send(route.method, path, content=body + b" ", headers=headers), "idempotency-key-reused")


def wish(child: str, **changed) -> dict:
    told = {"child": child, "school_year": SCHOOL_YEAR, "service": "canteen_enrolment", "body": CAISSE}
    return told | {"accuracy_sworn": True, "reuse_authorised": False} | changed


REQUESTS = "SELECT count(*) FROM hub.request WHERE requester_id = %(who)s"


def test_a_demarche_sent_twice_under_one_key_is_one_and_is_acknowledged_twice(running):
    parent, child = family(running)
    key = {"idempotency-key": secrets.token_hex(16)}
    first, again = (parent.http.post("/v1/requests", json=wish(child), headers=key) for _ in range(2))
    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()) == (201, first.json())
    assert value(running, REQUESTS, who=person_id(parent)) == 1
    other = parent.http.post("/v1/requests", json=wish(child, service="canteen_tariff"), headers=key)
    assert_problem(other, "idempotency-key-reused")


def test_nothing_that_is_kept_for_a_retry_can_be_read_without_the_key(running):
    parent, child = family(running)
    key = secrets.token_hex(16)
    answer = parent.http.post("/v1/requests", json=wish(child), headers={"idempotency-key": key})
    kept = str(rows(running, "SELECT * FROM hub.idempotency WHERE caller = %(who)s", who=str(person_id(parent))))
    assert answer.status_code == 201
    assert not [word for word in (key, child, "canteen", answer.json()["request"]) if word in kept]


def test_a_refusal_gives_the_key_back(running):
    parent, child = family(running)
    key = {"idempotency-key": secrets.token_hex(16)}
    assert_problem(parent.http.post("/v1/requests", json=wish(SOMEBODY), headers=key), "not-found")
    assert parent.http.post("/v1/requests", json=wish(child), headers=key).status_code == 201


def test_what_a_body_asks_to_be_allowed_is_asked_once_under_a_key(running):
    parent, caisse = enrolled(running, reuse=False), Partner(running, "caisse-13")
    key = {"idempotency-key": secrets.token_hex(16)}
    first, again = (
        caisse.http.post(
            "/hub/v1/authorisation-requests",
            json=wanted(parent),
            headers=key,
            auth=caisse.proving(caisse.token()),
        )
        for _ in range(2)
    )
    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()) == (201, first.json())


OLDER = """UPDATE hub.idempotency SET response = '{"at": "2026-01-01T00:00:00+00:00"}'
           WHERE caller = %(who)s AND status = 102"""


def test_a_door_that_died_between_effect_and_answer_leaves_no_second_effect_and_says_so(running, custody):
    parent, child = family(running)
    who, key, body = str(person_id(parent)), secrets.token_hex(16), json.dumps(wish(child)).encode()
    with as_caller(who):
        cut_off = begin_repeatable(custody, who, key, b"POST", b"/v1/requests", b"", body)
        with custody.db.transaction() as tx:
            cut_off.effect(tx)
        cut_off.broken()
    headers = {"idempotency-key": key, "content-type": "application/json"}
    assert_problem(parent.http.post("/v1/requests", content=body, headers=headers), "idempotency-key-in-flight")
    rows(running, OLDER, who=who)
    assert_problem(parent.http.post("/v1/requests", content=body, headers=headers), "idempotency-answer-lost")
    assert value(running, REQUESTS, who=person_id(parent)) == 0
