"""Four workers under eighteen tokens against a partner that counts, one of them killed and begun anew."""

import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
from sqlalchemy.engine import make_url

from hub.exchanges.egress import API_PARTICULIER
from hub.schema.migrating import upgrade
from orchestration.stack.layout import CODE_ROOT
from tests.system import eventually
from tests.unit.vault.journal.postgres import running_postgres

WORKERS, TOKENS = 4, 18
ROLES = ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines")


@dataclass
class Counted:
    """What reached the partner, and when, by its own clock."""

    arrivals: list[tuple[float, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def tokens(self) -> dict[str, list[float]]:
        """The moments of each token."""
        found: dict[str, list[float]] = defaultdict(list)
        for at, token in sorted(self.arrivals):
            found[token].append(at)
        return found

    @property
    def most_a_second(self) -> int:
        """The most that reached it under one token within any second."""
        return max((_most(moments, 1.0) for moments in self.tokens.values()), default=0)

    @property
    def most_a_minute(self) -> int:
        """The most that reached it within any minute."""
        return _most(sorted(at for at, _ in self.arrivals), 60.0)

    @property
    def holds(self) -> bool:
        """Whether no limit was passed."""
        within = self.most_a_second <= API_PARTICULIER.token_a_second
        return within and self.most_a_minute <= API_PARTICULIER.all_a_minute


def _most(moments: list[float], length: float) -> int:
    return max((bisect_left(moments, at + length) - place for place, at in enumerate(moments)), default=0)


@contextmanager
def counting_partner(counted: Counted) -> Iterator[str]:
    """A partner that writes down each arrival before it answers."""
    lock = threading.Lock()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                counted.arrivals.append((time.monotonic(), self.headers["authorization"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def served() -> Iterator[str]:
    """A PostgreSQL with our schema and logins, as its owner reaches it."""
    with running_postgres() as url:
        plain = make_url(url)
        with psycopg.connect(plain.set(drivername="postgresql").render_as_string(hide_password=False)) as owner:
            for role in ROLES:
                owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'of-this-test'".encode())
        upgrade(url)
        yield url


@contextmanager
def migrated() -> Iterator[str]:
    """The same, as the worker reaches it."""
    with served() as url:
        login = make_url(url).set(username="unefois_worker", password="of-this-test")
        yield login.render_as_string(hide_password=False)


def _begin(database: str, partner: str) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "tests.faults.asking", database, partner, "--tokens", str(TOKENS)]
    return subprocess.Popen(arguments, cwd=CODE_ROOT, stdin=subprocess.DEVNULL)


def ask_for(seconds: float) -> Counted:
    """Let four workers ask for so long, kill one at a third of it and begin another in its place."""
    counted, begun = Counted(), time.monotonic()
    with migrated() as database, counting_partner(counted) as partner:
        workers = [_begin(database, partner) for _ in range(WORKERS)]
        try:
            eventually(lambda: counted.arrivals, within=60)
            begun = time.monotonic()
            time.sleep(seconds / 3)
            workers[0].kill()
            workers[0].wait()
            workers.append(_begin(database, partner))
            time.sleep(seconds * 2 / 3)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    counted.seconds = time.monotonic() - begun
    return counted
