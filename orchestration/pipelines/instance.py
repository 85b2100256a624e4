"""Dagster's home and its three processes: written, migrated and named here, started by whoever runs the system.

This module does not import Dagster, which takes more than a second: the one-machine system starts without it.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from orchestration.pipelines.errors import InstanceNotMigrated

MODULE = "orchestration.pipelines.definitions"
LOCATION = "unefois"
LOOPBACK = "127.0.0.1"
PREFIX = "/ops/dagster"
"""Below which Dagster's pages lie, as the console's proxy has them."""
SCHEME = "postgresql+psycopg2://"
"""What DAGSTER_PG_URL starts with; dagster-postgres does not work on psycopg 3, which the bare scheme now means."""
MIGRATION_TIMEOUT = 120.0

# Runs of one binding go one after another, however they were asked for: Dagster itself sets that tag on each of them.
_INSTANCE = """\
telemetry: {enabled: false}
nux: {enabled: false}
storage:
  custom:
    module: orchestration.pipelines.storage
    class: StayingStorage
    config: {postgres_url: {env: DAGSTER_PG_URL}}
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {dequeue_interval_seconds: 1, dequeue_use_threads: true}
concurrency:
  runs:
    max_concurrent_runs: 5
    tag_concurrency_limits:
      - {key: dagster/partition/binding, value: {applyLimitPerUniqueValue: true}, limit: 1}
  pools: {default_limit: 1, granularity: run}
sensors: {use_threads: true, num_workers: 4}
schedules: {use_threads: true, num_workers: 4}
retention:
  schedule: {purge_after_days: 30}
  sensor: {purge_after_days: {skipped: 1, started: 7, success: 7, failure: 30}}
run_monitoring: {enabled: true, poll_interval_seconds: 30}
compute_logs:
  module: dagster.core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
python_logs: {python_log_level: INFO}
"""
_WORKSPACE = """\
load_from:
  - grpc_server: {{host: {host}, port: {port}, location_name: {name}}}
"""


def prepare_instance(folder: Path, *, code_host: str = LOOPBACK, code_port: int) -> None:
    """Write Dagster's home into ``folder`` (0700): settings without a secret, and where the code server answers."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    _write(folder / "dagster.yaml", _INSTANCE)
    _write(folder / "workspace.yaml", _WORKSPACE.format(host=code_host, port=code_port, name=LOCATION))


def instance_environment(folder: Path, postgres_url: str) -> dict[str, str]:
    """Return what all three processes need beside what the hub needs; their working folder is ``folder`` too.

    Raises ``ValueError`` for an address that does not start with :data:`SCHEME`.
    """
    if not postgres_url.startswith(SCHEME):
        message = f"DAGSTER_PG_URL must start with {SCHEME}"
        raise ValueError(message)
    return {"DAGSTER_HOME": str(folder), "DAGSTER_PG_URL": postgres_url}


def migrate_instance(env: Mapping[str, str]) -> bool:
    """Bring Dagster's tables to the installed version, unless a marker in its home says that they are.

    ``env`` is the whole environment of the process, DAGSTER_HOME and DAGSTER_PG_URL in it. Takes two to five seconds;
    returns whether it was needed. Raises InstanceNotMigrated.
    """
    marker = Path(env["DAGSTER_HOME"]) / f"migrated-{version('dagster')}-{version('dagster-postgres')}"
    if marker.exists():
        return False
    try:
        done = subprocess.run(
            [_program("dagster"), "instance", "migrate"],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=MIGRATION_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        message = f"no end after {MIGRATION_TIMEOUT:.0f} s"
        raise InstanceNotMigrated(message) from None
    if done.returncode != 0:
        # Its output is left out: an address with the password may stand in it.
        message = f"dagster instance migrate ended with {done.returncode}"
        raise InstanceNotMigrated(message)
    _write(marker, "")
    return True


def code_server_argv(port: int, host: str = LOOPBACK) -> Sequence[str]:
    """What serves the definitions and starts a process for each run; the package must be on its path.

    ``dagster code-server`` would put a proxy before it that listens on a socket in the temporary folder, whose path
    may be longer than the 107 bytes a socket's may be.
    """
    address = ["-h", host, "-p", str(port)]
    return [_program("dagster"), "api", "grpc", *address, "-m", MODULE, "--location-name", LOCATION]


def webserver_argv(port: int, host: str = LOOPBACK) -> Sequence[str]:
    """What serves Dagster's pages and GraphQL, which know no sign-in. To be run in Dagster's home.

    Another ``host`` than loopback is for a network on which nobody else is.
    """
    return [
        _program("dagster-webserver"),
        "-h",
        host,
        "-p",
        str(port),
        "-w",
        "workspace.yaml",
        "--path-prefix",
        PREFIX,
    ]


def daemon_argv() -> Sequence[str]:
    """What ticks schedules and takes runs from the queue. To be run in Dagster's home."""
    return [_program("dagster-daemon"), "run", "-w", "workspace.yaml"]


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _write(path: Path, text: str) -> None:
    passing = path.with_name(f".{path.name}.{os.getpid()}")
    passing.write_text(text, encoding="utf-8")
    passing.chmod(0o600)
    passing.replace(path)
