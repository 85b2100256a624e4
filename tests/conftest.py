"""Fixtures every test may ask for."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from orchestration.stack import stack
from tests.system import Resident, System, start_system
from tests.tried_again import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]

# No test is timed: a busy machine finds no fault that a quiet one would not.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long begin first, so that no worker waits at the end for another's one long test."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One fresh system per test process, on free ports; tests share it and make up their own people."""
    system = start_system(tmp_path_factory.mktemp("system") / "state")
    yield system
    stack.down(system.running.layout)


@pytest.fixture
def resident(running: System) -> Callable[..., Resident]:
    """Make somebody up and sign them in."""

    def make(**facts: object) -> Resident:
        return Resident(running, **facts).sign_in()  # type: ignore[arg-type]  # what a test says of the person

    return make
