"""Logins as they are laid out on a server that somebody else runs."""

import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from orchestration.stack.logins import LOGINS, lay_out
from tests.unit.vault.journal.postgres import running_postgres
from vault.db import Database
from vault.listening import listening

OPTIONS = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
MARKER = "zqxv-a-family-name"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server as its packager has it, its superuser's."""
    with running_postgres() as url:
        yield url.replace("+psycopg", "").rpartition("/")[0]


def log_of(server: str) -> Path:
    with psycopg.connect(f"{server}/postgres") as owner:
        row = owner.execute("SHOW data_directory").fetchone()
    assert row is not None
    return Path(row[0]).parent / "log"


def at(server: str, login: str, password: str, database: str) -> str:
    place = urlsplit(server)
    return f"postgresql://{login}:{password}@{place.hostname}:{place.port}/{database}"


def fails(address: str) -> None:
    """Have the server refuse the marker twice: in a statement's own text, and in what it adds to an error."""
    with psycopg.connect(address, autocommit=True) as session:
        with pytest.raises(psycopg.errors.DivisionByZero):
            session.execute(f"SELECT 1 / 0, '{MARKER}'".encode())
        with pytest.raises(psycopg.errors.RaiseException):
            session.execute(f"DO $$ BEGIN RAISE 'of a test' USING DETAIL = '{MARKER}'; END $$".encode())


@pytest.fixture(scope="module")
def passwords(server: str) -> dict[str, str]:
    """Of the logins, laid out."""
    found = {login: secrets.token_hex(16) for login in LOGINS}
    lay_out(lambda database: f"{server}/{database}", found)
    return found


def test_no_login_of_ours_has_a_value_written_into_the_servers_log(server: str, passwords: dict[str, str]) -> None:
    for login in LOGINS:
        database = "dagster" if login == "unefois_dagster" else "unefois"
        fails(at(server, login, passwords[login], database))
    told = log_of(server).read_text()
    assert told.count("of a test") == len(LOGINS)
    assert MARKER not in told
    # What it would have written otherwise.
    fails(f"{server}/postgres")
    assert MARKER in log_of(server).read_text()


def test_either_side_notices_within_a_minute_that_the_other_is_gone(server: str, passwords: dict[str, str]) -> None:
    address = at(server, "unefois_door", passwords["unefois_door"], "unefois")
    asked = "SELECT current_setting('tcp_keepalives_idle'), current_setting('tcp_user_timeout')"
    with psycopg.connect(address) as door:
        assert door.execute(asked).fetchone() == ("30", "60000")
    database = Database.connect(address.replace("postgresql://", "postgresql+psycopg://"))
    with database.transaction() as tx, listening(address, "of_a_test") as ear:
        for connection in (tx.driver, ear.connection):
            with socket.socket(fileno=os.dup(connection.fileno())) as wire:
                kept = [wire.getsockopt(socket.IPPROTO_TCP, option) for option in OPTIONS]
            assert kept == [30, 10, 3, 60_000]
    database.close()
