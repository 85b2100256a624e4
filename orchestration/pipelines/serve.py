"""Become one of Dagster's processes, once its tables are there: ``python -m orchestration.pipelines.serve PART``."""

import fcntl
import os
import sys
from pathlib import Path

from orchestration.pipelines.instance import code_server_argv, daemon_argv, migrate_instance, webserver_argv

LOCK = "migrating.lock"


def main(arguments: list[str] | None = None) -> None:
    """Migrate under a lock, so that one of the three does it and the others wait, then become the part asked for."""
    part, *port = arguments or sys.argv[1:]
    home = Path(os.environ["DAGSTER_HOME"])
    argv = {
        "code": lambda: code_server_argv(int(port[0])),
        "web": lambda: webserver_argv(int(port[0])),
        "daemon": daemon_argv,
    }[part]()
    with (home / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrate_instance(os.environ)
    os.chdir(home)
    os.execve(argv[0], list(argv), dict(os.environ))  # noqa: S606 - this programme exists to become that one


if __name__ == "__main__":
    main()
