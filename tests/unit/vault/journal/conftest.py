"""A real PostgreSQL with an empty journal."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.unit.vault.journal.postgres import running_postgres
from vault.db import Database
from vault.journal.signing import HeadSigner
from vault.schema import sql

TABLES = "journal_stamp, journal_head, journal_node, journal_leaf, journal_pending, journal_record, journal_entry"


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    """One server a session, with the tables of the journal and the roles of the processes."""
    with running_postgres() as url:
        db = Database.connect(url)
        with db.transaction() as tx:
            for role in ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines"):
                tx.execute(text(f"CREATE ROLE {role}"))
            tx.execute(text("CREATE SCHEMA vault"))
            tx.execute(text("GRANT USAGE ON SCHEMA vault TO PUBLIC"))
            tx.driver.execute(sql("journal.sql").encode())
            tx.driver.execute(sql("journal_grants.sql").encode())
            tx.driver.execute(sql("journal_stamps.sql").encode())
        yield db
        db.close()


@pytest.fixture
def db(server: Database) -> Database:
    """Return the database with an empty journal."""
    with server.transaction() as tx:
        tx.execute(text("SET LOCAL search_path = vault"))
        tx.execute(text(f"TRUNCATE {TABLES}"))
    return server


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> HeadSigner:
    """Return the worker's signing key."""
    return HeadSigner.create(Path(tmp_path_factory.mktemp("keys")) / "journal.pem")
