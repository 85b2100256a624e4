"""A real PostgreSQL with the table of holder keys, and a real OpenBao."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.unit.vault.crypto.bao import Bao, running_bao
from tests.unit.vault.journal.postgres import running_postgres
from vault.db import Database
from vault.schema import sql


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    """One server a session."""
    with running_postgres() as url:
        db = Database.connect(url)
        with db.transaction() as tx:
            for role in ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines"):
                tx.execute(text(f"CREATE ROLE {role}"))
            tx.execute(text("CREATE SCHEMA vault"))
            tx.execute(text("GRANT USAGE ON SCHEMA vault TO PUBLIC"))
            tx.driver.execute(sql("holder_keys.sql").encode())
            tx.driver.execute(sql("holder_keys_grants.sql").encode())
            tx.execute(text(PAPER))
        yield db
        db.close()


@pytest.fixture
def db(server: Database) -> Database:
    """Return the database without holder keys."""
    with server.transaction() as tx:
        tx.execute(text("TRUNCATE vault.paper, vault.holder_key"))
    return server


@pytest.fixture(scope="session")
def bao() -> Iterator[Bao]:
    """One OpenBao a session, unsealed between two tests."""
    with running_bao() as server:
        yield server


PAPER = """
CREATE TABLE vault.paper (
    holder_id uuid NOT NULL,
    generation integer NOT NULL,
    FOREIGN KEY (holder_id, generation) REFERENCES vault.holder_key (holder_id, generation)
)
"""
"""Stands for any row that is sealed for a holder and says so by a foreign key."""
