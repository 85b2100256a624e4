"""Become one of Dagster's processes, once its tables are there: ``python -m orchestration.pipelines.serve PART``."""

import argparse
import fcntl
import os
from pathlib import Path

from orchestration.pipelines.instance import (
    LOOPBACK,
    code_server_argv,
    daemon_argv,
    migrate_instance,
    prepare_instance,
    webserver_argv,
)

LOCK = "migrating.lock"


def main(arguments: list[str] | None = None) -> None:
    """Migrate, unless that is another process's, then become the part asked for; ``migrate`` only migrates."""
    told = _parser().parse_args(arguments)
    home = Path(os.environ["DAGSTER_HOME"])
    if told.code_at is not None:
        host, _, port = told.code_at.rpartition(":")
        prepare_instance(home, code_host=host, code_port=int(port))
    if told.code_at is None or told.part == "migrate":
        # Under a lock, so that of those who share a home one does it and the others wait.
        with (home / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            migrate_instance(os.environ)
    if told.part == "migrate":
        return
    argv = {
        "code": lambda: code_server_argv(told.port, told.host),
        "web": lambda: webserver_argv(told.port, told.host),
        "daemon": daemon_argv,
    }[told.part]()
    os.chdir(home)
    os.execve(argv[0], list(argv), dict(os.environ))  # noqa: S606 - this programme exists to become that one


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="serve", description=__doc__)
    parser.add_argument("part", choices=("code", "web", "daemon", "migrate"))
    parser.add_argument("port", type=int, nargs="?", default=0)
    parser.add_argument("--host", default=LOOPBACK, help="where it listens; what it serves knows no sign-in")
    parser.add_argument(
        "--code-at",
        metavar="HOST:PORT",
        help="on machines of their own: write this home anew, with the code server there, and leave migrating to « migrate »",
    )
    return parser


if __name__ == "__main__":
    main()
