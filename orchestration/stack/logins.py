"""The databases and logins of the system: one login a process, none of which may do what only a superuser may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from orchestration.stack.layout import Layout
from orchestration.stack.postgres import SUPERUSER, Postgres
from vault.keepalives import ON_THE_SERVERS

DATABASE = "unefois"
DAGSTER_DATABASE = "dagster"
OWNERS = {DATABASE: "unefois_owner", DAGSTER_DATABASE: "unefois_dagster"}
# May connect to the main database; what they may do there the migrations say.
GUESTS = ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines")
LOGINS = (*OWNERS.values(), *GUESTS)
LIMITS = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"

QUIET = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""What keeps values of rows out of a server's log, whoever runs it: no failing statement, no parameter, no « Key (…)=(…) »."""


@dataclass(frozen=True, slots=True)
class Databases:
    """What the two databases are called; no login of one may enter the other."""

    main: str = DATABASE
    dagster: str = DAGSTER_DATABASE

    @property
    def owners(self) -> Mapping[str, str]:
        """Each database, and whose it is."""
        return {self.main: OWNERS[DATABASE], self.dagster: OWNERS[DAGSTER_DATABASE]}


Session = psycopg.Connection[tuple[object, ...]]


def passwords(layout: Layout) -> dict[str, str]:
    """The password of every login, kept in the state folder."""
    return {login: layout.secret(login) for login in LOGINS}


def create_logins(postgres: Postgres) -> Mapping[str, str]:
    """Make both databases and every login of the one-machine system as they should be; returns the passwords by login."""
    known = passwords(postgres.layout)
    lay_out(postgres.superuser_dsn, known)
    return known


def lay_out(superuser: Callable[[str], str], known: Mapping[str, str], databases: Databases | None = None) -> None:
    """Make both databases and every login as they should be, whatever was there, with the passwords in ``known``.

    ``superuser`` returns the address of a database for a superuser. Only the verifier of a password (RFC 5802) travels
    to the server, so no log and no statistics can hold it in clear.
    """
    wanted = databases or Databases()
    with psycopg.connect(superuser(SUPERUSER), autocommit=True) as connection:
        for login, password in known.items():
            _login(connection, login, password)
            _set(connection, login, QUIET | ON_THE_SERVERS)
        for database, owner in wanted.owners.items():
            _database(connection, database, owner)
        for database in (SUPERUSER, "template1"):
            _close_to_public(connection, database)
        for login in GUESTS:
            granting = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
            connection.execute(granting.format(sql.Identifier(wanted.main), sql.Identifier(login)))
    for database in wanted.owners:
        with psycopg.connect(superuser(database), autocommit=True) as connection:
            connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


def _login(connection: Session, login: str, password: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (login,)).fetchone()
    verifier = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
    verb = "ALTER" if found else "CREATE"
    statement = sql.SQL(verb + " ROLE {} WITH " + LIMITS + " PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(login), sql.Literal(verifier)))


def _set(connection: Session, login: str, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        statement = sql.SQL("ALTER ROLE {} SET {} = {}")
        connection.execute(statement.format(sql.Identifier(login), sql.Identifier(name), sql.Literal(value)))


def _database(connection: Session, database: str, owner: str) -> None:
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
    verb = "ALTER DATABASE {database} OWNER TO {owner}" if found else "CREATE DATABASE {database} OWNER {owner}"
    connection.execute(sql.SQL(verb).format(**names))
    _close_to_public(connection, database)


def _close_to_public(connection: Session, database: str) -> None:
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
