"""What several journeys use: agents who sign in, the database as its owner sees it, and a browser."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.debian import debian
from tests.journeys.agents import Agent
from tests.journeys.caring import enrolled
from tests.journeys.doors import Partner
from tests.system import Resident, System
from vault.db import Database
from vault.standing import Purpose, standing


@pytest.fixture
def agent(running: System) -> Callable[[str], Agent]:
    """Sign an agent of the sandbox in."""
    return lambda persona: Agent(running, persona).sign_in()


@pytest.fixture
def owner(running: System) -> Iterator[Database]:
    """The database of the running system, as its owner sees it."""
    db = Database.connect(running.stores.dsn("unefois_owner", driver="psycopg"), pool_size=1)
    with standing(purpose=Purpose.MIGRATION):
        yield db
    db.close()


@pytest.fixture(scope="module")
def caisse(running: System) -> Partner:
    """The software of a Caisse."""
    return Partner(running, "caisse-13")


@pytest.fixture(scope="module")
def served(running: System) -> tuple[Resident, UUID]:
    """A family whose paper the Caisse may have, and what the Caisse calls its line."""
    return enrolled(running)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; gone with its module, because Playwright keeps an event loop in this thread while it lives."""
    path = debian("chromium", package="chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()
