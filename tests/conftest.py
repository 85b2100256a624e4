"""Fixtures every test may ask for."""

from collections.abc import Callable, Iterator

import pytest

from orchestration.stack import stack
from tests.system import Resident, System, start_system


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
        return Resident(running, **facts).sign_in()  # type: ignore[arg-type]

    return make
