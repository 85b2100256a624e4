"""A system of two small web servers, one sleeper nobody waits for, and a preparation that leaves a mark."""

import sys

import psycopg

from orchestration.stack.layout import Layout
from orchestration.stack.plan import Plan, StoreAddresses
from orchestration.stack.ports import PortBook
from orchestration.stack.processes import ProcessSpec

SERVE = """
import http.server, os, pathlib, sys
pathlib.Path(sys.argv[2]).write_text("\\n".join(f"{k}={v}" for k, v in os.environ.items()))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def _prepare(addresses: StoreAddresses) -> None:
    with psycopg.connect(addresses.dsn("unefois_owner")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS mark (word text)")
        connection.execute("INSERT INTO mark VALUES ('prepared')")


def plan(layout: Layout) -> Plan:
    """Two servers that are waited for and a sleeper that is not."""
    book = PortBook(layout)

    def server(name: str) -> ProcessSpec:
        port = book.port(name)
        argv = (sys.executable, "-c", SERVE, str(port), str(layout.run / f"{name}.env"))
        return ProcessSpec(name, argv, {"MARK": "given"}, f"http://127.0.0.1:{port}/")

    def processes(_: StoreAddresses) -> list[ProcessSpec]:
        sleeper = ProcessSpec("sleeper", ("sleep", "1000"), waited=False)
        return [server("door"), server("release"), sleeper]

    return Plan(_prepare, processes)


def stores_only(_: Layout) -> Plan:
    """Nothing but the stores."""
    return Plan(lambda _: None, lambda _: ())


def failing(_: Layout) -> Plan:
    """One process that says why it cannot start, and ends."""
    words = "import sys; sys.exit('the moon is in the way')"
    return Plan(
        lambda _: None, lambda _: [ProcessSpec("door", (sys.executable, "-c", words), health_url="http://127.0.0.1:1/")]
    )


def unprepared(_: Layout) -> Plan:
    """A preparation that fails."""

    def prepare(_: StoreAddresses) -> None:
        message = "no migration today"
        raise ValueError(message)

    return Plan(prepare, lambda _: ())
