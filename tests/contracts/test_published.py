"""What is committed under contracts/schemas is what the code says, and what the code says is well formed."""

import json
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from contracts.events import EVENT_TYPES
from contracts.notifications import NOTIFIED, NotificationData, notification
from contracts.problems import PROBLEMS
from orchestration.published import differences, write
from orchestration.stack.layout import CODE_ROOT

SCHEMAS = CODE_ROOT / "contracts" / "schemas"
NAMES = sorted(path.relative_to(SCHEMAS).as_posix() for path in SCHEMAS.rglob("*.json"))
DOORS = ("residents", "partners")


def told(name: str) -> dict:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


def operations(door: str):
    for path, methods in told(f"openapi/{door}.json")["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_committed_contracts_are_what_the_code_says():
    assert differences(SCHEMAS) == []


def test_writing_them_again_changes_nothing_and_a_change_is_noticed(tmp_path):
    write(tmp_path)
    assert differences(tmp_path) == []
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.json")) == NAMES
    (tmp_path / "problem.json").write_text("{}\n")
    (tmp_path / "notification.json").unlink()
    (tmp_path / "left-over.json").write_text("{}\n")
    assert differences(tmp_path) == ["left-over.json", "notification.json", "problem.json"]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("openapi/")])
def test_each_schema_is_a_schema(name):
    Draft202012Validator.check_schema(told(name))


def test_every_event_of_the_closed_list_has_its_schema():
    assert {f"events/{kind.type}.json" for kind in EVENT_TYPES} == {n for n in NAMES if n.startswith("events/")}


def test_every_problem_of_the_closed_list_is_in_the_schema():
    listed = told("problem.json")["properties"]["type"]["enum"]
    assert listed == sorted(problem.uri for problem in PROBLEMS.values())


@pytest.mark.parametrize("door", DOORS)
def test_each_door_speaks_openapi_3_1_and_its_schemas_are_schemas(door):
    document = told(f"openapi/{door}.json")
    assert document["openapi"].startswith("3.1.")
    for shape in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)


@pytest.mark.parametrize("door", DOORS)
def test_every_operation_says_that_it_may_be_refused_with_a_problem(door):
    refusal = {"$ref": "#/components/responses/Problem"}
    assert [name for name, op in operations(door) if op["responses"].get("default") != refusal] == []
    content = told(f"openapi/{door}.json")["components"]["responses"]["Problem"]["content"]
    assert list(content) == ["application/problem+json"]


@pytest.mark.parametrize("door", DOORS)
def test_the_frameworks_own_error_shape_is_nowhere(door):
    assert "HTTPValidationError" not in (SCHEMAS / f"openapi/{door}.json").read_text(encoding="utf-8")


def test_every_operation_says_who_may_call_it():
    open_to_all = {"get /.well-known/oauth-authorization-server", "get /oauth/jwks", "post /oauth/token"}
    open_to_all |= {"post /oauth/revoke"}
    open_to_all |= {
        "options /v1/uploads",
        "get /v1/figures",
        "get /v1/data-exchanges",
        "get /hub/v1/webhook-keys",
        "get /answers/jwks",
    }
    checkpoints = (
        "key",
        "checkpoints/latest",
        "checkpoints/{size}",
        "checkpoints/stamped",
        "checkpoints/{size}/stamp",
        "consistency/{first}/{second}",
    )
    open_to_all |= {f"get /journal/{what}" for what in checkpoints}
    unguarded = {name for door in DOORS for name, op in operations(door) if not op.get("security")}
    assert unguarded - open_to_all == set()


def test_the_asyncapi_document_is_one_and_its_references_lead_somewhere():
    standard = json.loads((CODE_ROOT / "tests/assets/asyncapi/3.0.0.json").read_text(encoding="utf-8"))
    document = told("asyncapi/partners.json")
    assert [error.message for error in Draft7Validator(standard).iter_errors(document)] == []
    text = json.dumps(document)
    for reference in set(re.findall(r'"#/([^"]+)"', text)):
        here = document
        for name in reference.split("/"):
            here = here[name]


def test_every_notification_is_in_the_asyncapi_document_as_it_is_sent():
    document = told("asyncapi/partners.json")
    assert {one["name"] for one in document["components"]["messages"].values()} >= {kind.type for kind in NOTIFIED}
    sent = notification(uuid4(), NOTIFIED[0].type, datetime.now(UTC), NotificationData(uuid4(), "a", "b", "2026-2027"))
    fitting = [one for one in document["components"]["schemas"].values() if Draft202012Validator(one).is_valid(sent)]
    assert len(fitting) == 1
