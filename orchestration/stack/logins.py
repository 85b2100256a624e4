"""The databases and logins of the system: one login a process, none of which may do what only a superuser may."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from orchestration.stack.layout import Layout
from orchestration.stack.postgres import SUPERUSER, Postgres

DATABASE = "unefois"
DAGSTER_DATABASE = "dagster"
OWNERS = {DATABASE: "unefois_owner", DAGSTER_DATABASE: "unefois_dagster"}
# May connect to the main database; what they may do there the migrations say.
GUESTS = ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines")
LOGINS = (*OWNERS.values(), *GUESTS)
LIMITS = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"

Session = psycopg.Connection[tuple[object, ...]]


def passwords(layout: Layout) -> dict[str, str]:
    """The password of every login, kept in the state folder."""
    return {login: layout.secret(login) for login in LOGINS}


def create_logins(postgres: Postgres) -> Mapping[str, str]:
    """Make both databases and every login as they should be, whatever was there; returns the passwords by login.

    Only the verifier of a password (RFC 5802) travels to the server, so no log and no statistics can hold it in clear.
    """
    known = passwords(postgres.layout)
    with psycopg.connect(postgres.superuser_dsn(), autocommit=True) as connection:
        for login, password in known.items():
            _login(connection, login, password)
        for database, owner in OWNERS.items():
            _database(connection, database, owner)
        for database in (SUPERUSER, "template1"):
            _close_to_public(connection, database)
        for login in GUESTS:
            granting = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
            connection.execute(granting.format(sql.Identifier(DATABASE), sql.Identifier(login)))
    for database in OWNERS:
        with psycopg.connect(postgres.superuser_dsn(database), autocommit=True) as connection:
            connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    return known


def _login(connection: Session, login: str, password: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (login,)).fetchone()
    verifier = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
    verb = "ALTER" if found else "CREATE"
    statement = sql.SQL(verb + " ROLE {} WITH " + LIMITS + " PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(login), sql.Literal(verifier)))


def _database(connection: Session, database: str, owner: str) -> None:
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
    verb = "ALTER DATABASE {database} OWNER TO {owner}" if found else "CREATE DATABASE {database} OWNER {owner}"
    connection.execute(sql.SQL(verb).format(**names))
    _close_to_public(connection, database)


def _close_to_public(connection: Session, database: str) -> None:
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
