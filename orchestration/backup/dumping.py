"""PostgreSQL's own tools, driven on one snapshot: rows out, rows in, nothing of them ever on a command line."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import psycopg

from orchestration.backup.errors import BackupFailed, RestoreRefused
from orchestration.stack.logins import DATABASE
from orchestration.stack.plan import StoreAddresses
from orchestration.stack.postgres import binaries
from vault.standing import Purpose

OWNER = "unefois_owner"
STANDING = f"-c unefois.purpose={Purpose.BACKUP}"
"""By which the owner's policies let it see what is dumped."""
SCHEMAS = ("vault", "hub", "jobs")
EXTENSIONS = ("btree_gist",)
HOLDER_KEYS = "vault.holder_key"
LEFT_OUT = (
    HOLDER_KEYS,
    "vault.upload",
    "vault.upload_part",
    "hub.session",
    "hub.pending_sign_in",
    "hub.agent_helping",
    "hub.agent_session",
    "hub.preview_ticket",
    "hub.review_ticket",
    "hub.export_ticket",
    "hub.exchange_look",
    "hub.spent_assertion",
    "hub.spent_proof",
    "hub.revoked_token",
    "jobs.procrastinate_workers",
)
"""Tables whose rows a backup does not hold: keys have a part of their own, the rest lives for minutes."""
VERSIONS = "public.schema_version"
_CHUNK = 1024 * 1024


@contextmanager
def snapshot(stores: StoreAddresses) -> Iterator[tuple[psycopg.Connection[tuple[object, ...]], str]]:
    """Hold one view of the database open; what is dumped and counted under its name is of one moment."""
    with psycopg.connect(stores.dsn(OWNER), options=STANDING) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield connection, str(row[0] if row else "")


def dump(stores: StoreAddresses, snapshot_name: str, what: Sequence[str]) -> Iterator[bytes]:
    """Yield pg_dump's archive of ``what`` in chunks; raises :class:`BackupFailed` with the tool's kind of fault."""
    command = [str(binaries() / "pg_dump"), "--format=custom", "--no-owner", f"--snapshot={snapshot_name}", *what]
    # Its owner sees what it dumps by the policy for backups, like everybody else by theirs.
    command.append("--enable-row-security")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=_environment(stores)
    ) as tool:
        assert tool.stdout is not None  # noqa: S101 - a pipe was asked for
        while chunk := tool.stdout.read(_CHUNK):
            yield chunk
        words = tool.communicate()[1].decode("utf-8", "replace").strip()
    if tool.returncode != 0:
        raise BackupFailed(f"pg_dump: {words.splitlines()[-1] if words else tool.returncode}")


def everything() -> list[str]:
    """Return what is dumped as the data part: all of ours but the rows left out."""
    # Extensions lie in no schema: whoever names schemas must name them too.
    whole = [*(f"--schema={name}" for name in SCHEMAS), *(f"--extension={name}" for name in EXTENSIONS)]
    return whole + [f"--exclude-table-data={name}" for name in LEFT_OUT]


def restore(stores: StoreAddresses, archive: Path, section: str) -> None:
    """Bring one section (pre-data, data, post-data) of an archive in; raises :class:`RestoreRefused`."""
    command = [str(binaries() / "pg_restore"), "--exit-on-error", "--no-owner", f"--section={section}"]
    done = subprocess.run(
        [*command, f"--dbname={DATABASE}", str(archive)],
        env=_environment(stores),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        # Its words name tables and constraints; with values withheld by the server's terse errors.
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RestoreRefused(f"pg_restore, {section}: {lines[0] if lines else done.returncode}")


def copy_out(source: BinaryIO, target: Path) -> None:
    """Lay a stream down as a private file, for a tool that must seek in it."""
    with target.open("wb") as file:
        target.chmod(0o600)
        shutil.copyfileobj(source, file, _CHUNK)


def _environment(stores: StoreAddresses) -> dict[str, str]:
    return {
        "PGHOST": stores.postgres_host,
        "PGPORT": str(stores.postgres_port),
        "PGUSER": OWNER,
        "PGPASSWORD": stores.passwords[OWNER],
        "PGDATABASE": DATABASE,
        "PGOPTIONS": STANDING,
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
