"""State folders, and systems that stop with the tests whatever happens to them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.stack.errors import NotRunning
from orchestration.stack.layout import CODE_ROOT, Layout
from orchestration.stack.stack import Running, down, up

SYSTEMS = "tests.unit.orchestration.stack.small_system"
ENV = {"PYTHONPATH": str(CODE_ROOT)}


def start(layout: Layout, system: str = "plan", timeout: float = 30.0) -> Running:
    """Start one of the small systems, tied to this test run."""
    return up(layout, f"{SYSTEMS}:{system}", timeout=timeout, env=ENV, tied=True)


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """An empty state folder; what runs on it afterwards is stopped."""
    made = Layout(tmp_path / ".unefois")
    yield made
    with contextlib.suppress(NotRunning):
        down(made)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A small system that runs for all tests of a module that only look."""
    layout = Layout(tmp_path_factory.mktemp("running") / ".unefois")
    system = start(layout)
    yield system
    down(layout)
