"""One sandbox for all the tests of a module."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from connectors.sandbox.app import create_app
from tests.unit.connectors.sandbox.serving import Clock, free_socket, serving, settings_for


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    url: str
    state: Path
    clock: Clock
    http: httpx.Client


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    state, clock = tmp_path_factory.mktemp("sandbox"), Clock()
    bound, url = free_socket()
    with serving(create_app(settings_for(state, url), clock), bound), httpx.Client(base_url=url) as http:
        yield Sandbox(url, state, clock, http)


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.clock.ahead *= 0
    return running
