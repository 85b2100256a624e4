"""Systems that rows share: started when first asked for, ended with the run."""

import shutil
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from orchestration.stack import stack
from tests.faults.workers import start_workerless
from tests.system import System, start_system

_STARTED: list[tuple[System, Path]] = []


@cache
def whole() -> System:
    """A system as the tests have it."""
    return _started(start_system)


@cache
def without_worker() -> System:
    """A system whose worker stays away: what a door costs, and not what is read beside it."""
    return _started(start_workerless)


@cache
def with_pipelines() -> System:
    """A system with Dagster beside it."""
    return _started(partial(start_system, pipelines=True))


def _started(start: Callable[[Path], System]) -> System:
    folder = Path(tempfile.mkdtemp(prefix="unefois-bench-"))
    system = start(folder / "state")
    _STARTED.append((system, folder))
    return system


def end() -> None:
    """Stop what was started and remove it."""
    while _STARTED:
        system, folder = _STARTED.pop()
        stack.down(system.running.layout)
        shutil.rmtree(folder, ignore_errors=True)
