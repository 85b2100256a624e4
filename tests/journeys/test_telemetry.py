"""A door that is watched: a deposit is one trace up to the notification, and no name, value or person is in any of it."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from orchestration.stack import environment
from orchestration.stack.layout import CODE_ROOT
from orchestration.stack.parts import minimal_environment
from tests.faults import workers
from tests.journeys.doors import rows
from tests.system import CAISSE, eventually
from tests.unit.vault.crypto.bao import _free_port


@pytest.fixture
def collector():
    """What takes spans, as an operator's collector does."""
    bodies = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", bodies
    server.shutdown()


@pytest.fixture
def watched(running, collector, tmp_path):
    """A second residents' door beside the system's, watched by operators."""
    port, metrics, log = _free_port(), _free_port(), tmp_path / "door.log"
    told = environment.door("test", running.places, running.stores) | {
        "HUB_PORT": str(port),
        "HUB_PROCESSES": "1",
        "HUB_TRACES_TO": collector[0],
        "HUB_METRICS_PORT": str(metrics),
        "HUB_LOG_FORMAT": "json",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    env = {**minimal_environment(running.places.layout), "PYTHONPATH": str(CODE_ROOT), **told}
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "hub.app", "door"], env=env, stdout=out, stderr=out)
    yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics", log
    workers.end(process)


def spans_in(bodies):
    for body in bodies:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                yield from scope.spans


def test_a_deposit_is_one_trace_up_to_the_notification_and_tells_nobodys_name(running, resident, watched, collector):
    url, metrics, log = watched
    somebody = resident()
    mine = somebody.child()
    child = somebody.linked_child(mine)
    assert somebody.request(child, "canteen_tariff", CAISSE).status_code == 201
    door = httpx.Client(base_url=url, cookies=somebody.http.cookies, timeout=60)

    def up() -> bool:
        try:
            return door.get("/health").is_success
        except httpx.TransportError:
            return False

    eventually(up)
    somebody.http = door
    notice = running.papers().tax_notice(somebody)
    document = somebody.hand_in_and_wait(notice, "image/jpeg", kind="tax_notice")["document"]
    somebody.hand_in(b"GIF89a", "image/gif")
    (deposit,) = eventually(
        lambda: [one for one in spans_in(list(collector[1])) if one.name == "request POST /v1/documents"][:1]
    )
    told = "SELECT traceparent FROM hub.delivery WHERE traceparent LIKE %(trace)s"
    assert eventually(lambda: rows(running, told, trace=f"%-{deposit.trace_id.hex()}-%"))
    counts, lines = httpx.get(metrics).text, log.read_text(encoding="utf-8")
    assert 'unefois_done_total{kind="request",name="POST /v1/documents",outcome="201"} 1.0' in counts
    assert any("correlation_id" in json.loads(line) for line in lines.splitlines() if line.startswith("{"))
    seen = b"".join(collector[1]).decode("latin-1") + counts + lines
    for value in (somebody.family_name, somebody.given_name, mine.first_names, document, child, "26712", "26 712"):
        assert value.lower() not in seen.lower()
