"""Doors and workers replaced one by one, as an upgrade does it: told to stop, ended, started anew, another one beside."""

import os
import signal

from tests.faults import workers
from tests.faults.storms import back_again, part_pid
from tests.system import System


def replace_one_by_one(system: System) -> None:
    """Replace the worker with another one beside it, then each door."""
    with workers.normal_worker(system):
        for part in ("worker", "door", "release"):
            gone = part_pid(system, part)
            os.kill(gone, signal.SIGTERM)
            back_again(system, part, gone)
