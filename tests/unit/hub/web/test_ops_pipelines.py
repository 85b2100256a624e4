"""Dagster's own web server behind the console: what a stranger, a viewer, an operator and another site get of it."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import uvicorn
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.websockets import WebSocketDisconnect

from hub.app import residents
from hub.errors import InvalidValue
from hub.persons.agents import Role
from hub.web.ops.graphql import wanted
from hub.web.ops.pipelines import PREFIX
from tests.system import eventually
from tests.unit.hub.web.conftest import DOOR_URL, Place
from tests.unit.hub.web.operating import CITY, agent

LOOK, CHANGE = "{ version }", 'mutation { x: freeConcurrencySlots(runId: "none") }'
HIDDEN = 'fragment F on Mutation { freeConcurrencySlots(runId: "none") } query Q { version } mutation M { ...F }'
RECORDS = text(
    "SELECT convert_from(record, 'UTF8') FROM vault.journal_record JOIN vault.journal_entry USING (entry_id) WHERE act = :act"
)
GRAPHQL = f"{PREFIX}/graphql"
SOCKET = {"subprotocols": ["graphql-ws"], "headers": {"origin": DOOR_URL}}


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Dagster's web server with no definitions, on a port of its own; its address."""
    home = str(tmp_path_factory.mktemp("dagster"))
    with (
        DagsterInstance.local_temp(home) as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as context,
    ):
        app = create_app_from_workspace_process_context(context, path_prefix=PREFIX)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            eventually(lambda: server.started)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            server.should_exit = True
            thread.join()


@pytest.fixture
def behind(place: Place, dagster: str) -> Iterator[Place]:
    """A door behind which Dagster is; one loop for all that its browser asks."""
    settings = place.door.settings.model_copy(update={"pipelines_url": dagster})
    door = replace(place.door, settings=settings)
    with TestClient(residents(door), base_url=DOOR_URL, follow_redirects=False) as browser:
        yield replace(place, door=door, browser=browser)


def asked(place: Place, query: str, **headers: str) -> int:
    return place.browser.post(GRAPHQL, json={"query": query}, headers=headers).status_code


def test_a_stranger_gets_nothing_of_it(behind):
    behind.sign_in()
    for path in ("", "/", "/runs", "/server_info", "/graphql", "/logs/x", "/download_debug/x"):
        assert behind.browser.get(PREFIX + path).status_code == 401, path
    assert asked(behind, LOOK) == 401
    with pytest.raises(WebSocketDisconnect), behind.browser.websocket_connect(GRAPHQL, **SOCKET):
        pass
    agent(behind, Role.REVIEWER)
    assert behind.browser.get(f"{PREFIX}/").status_code == 403
    with pytest.raises(WebSocketDisconnect), behind.browser.websocket_connect(GRAPHQL, **SOCKET):
        pass


def test_a_viewer_looks_and_changes_nothing_however_it_is_written(behind):
    agent(behind, Role.VIEWER)
    page = behind.browser.get(f"{PREFIX}/runs")
    assert page.status_code == 200
    assert "<html" in page.text
    assert asked(behind, LOOK) == 200
    assert [asked(behind, one) for one in (CHANGE, HIDDEN)] == [403, 403]
    twice = '{"query": "{ version }", "query": ' + json.dumps(CHANGE) + "}"
    told = {"content-type": "application/json"}
    assert behind.browser.post(GRAPHQL, content=twice, headers=told).status_code == 403
    for kind in ("application/graphql", "text/plain", "application/x-www-form-urlencoded"):
        assert behind.browser.post(GRAPHQL, content=CHANGE, headers={"content-type": kind}).status_code == 422
    assert behind.browser.post(f"{PREFIX}/report_asset_materialization/x").status_code == 405
    for path in ("graphql", "graphql/", "GraphQL", "%67raphql", "x/..%2fgraphql", "notebook"):
        assert behind.browser.get(f"{PREFIX}/{path}", params={"query": CHANGE}).status_code in (404, 405), path


def test_an_operator_changes_and_the_journal_has_it(behind):
    agent(behind, Role.OPERATOR)
    assert asked(behind, HIDDEN.replace("query Q { version }", "")) == 200
    with behind.worker.db.read() as tx:
        records = tx.execute(RECORDS, {"act": "operate"}).scalars().all()
    assert [json.loads(one)["detail"] for one in records] == [{"pipelines": "freeConcurrencySlots"}]


def test_another_site_gets_nothing_through_an_operators_browser(behind):
    agent(behind, Role.OPERATOR)
    for told in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.test"}):
        assert asked(behind, LOOK, **told) == 403
    for origin in ({"origin": "https://elsewhere.test"}, {}):
        with (
            pytest.raises(WebSocketDisconnect),
            behind.browser.websocket_connect(GRAPHQL, subprotocols=["graphql-ws"], headers=origin),
        ):
            pass


def test_a_socket_tells_what_is_subscribed_to_and_takes_no_change(behind):
    agent(behind, Role.VIEWER)
    with behind.browser.websocket_connect(GRAPHQL, **SOCKET) as ours:
        ours.send_json({"type": "connection_init"})
        assert ours.receive_json() == {"type": "connection_ack"}
        ours.send_json({"type": "start", "id": "1", "payload": {"query": CHANGE}})
        with pytest.raises(WebSocketDisconnect):
            ours.receive_json()


def test_its_pages_reach_nothing_else_of_this_door(behind):
    agent(behind, Role.OPERATOR, CITY)
    answer = behind.browser.get(f"{PREFIX}/")
    policies = answer.headers.get_list("content-security-policy")
    assert f"connect-src {DOOR_URL}{PREFIX}/ ws://door.test{PREFIX}/" in policies[-1]
    assert answer.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert "set-cookie" not in answer.headers


def test_without_dagster_there_is_nothing_and_where_it_is_away_the_page_says_so(place):
    with socket.create_server(("127.0.0.1", 0)) as free:
        away = f"http://127.0.0.1:{free.getsockname()[1]}"
    for address, status in ((None, 404), (away, 503)):
        settings = place.door.settings.model_copy(update={"pipelines_url": address})
        one = replace(place, browser=TestClient(residents(replace(place.door, settings=settings)), base_url=DOOR_URL))
        agent(one, Role.OPERATOR)
        assert one.browser.get(f"{PREFIX}/").status_code == status


@pytest.mark.parametrize("document", ["", "{", "fragment F on Query { version }", "{ a }" * 20_000, "{a" * 5000])
def test_what_is_no_question_is_refused(document):
    with pytest.raises(InvalidValue):
        wanted(document)
