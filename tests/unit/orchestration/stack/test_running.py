"""A running system, only looked at: who listens, who may sign in, what each process sees."""

import stat
import subprocess
from pathlib import Path

import httpx
import psycopg
import pytest
from minio import Minio
from minio.error import S3Error

from orchestration.stack.account import SAME
from orchestration.stack.doctor import Level, examine
from orchestration.stack.errors import AlreadyRunning
from orchestration.stack.logins import LOGINS
from orchestration.stack.ports import PortBook
from orchestration.stack.postgres import Postgres
from orchestration.stack.stack import Running, status, up
from tests.system import gone

LOOPBACK_HEX = "0100007F"
LISTENING = "0A"


def _family(pid: int) -> set[int]:
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in listing.splitlines()}
    family = {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return family


def _sockets(pid: int) -> set[str]:
    folder = Path(f"/proc/{pid}/fd")
    links = (str(entry.readlink()) for entry in folder.iterdir() if entry.is_symlink())
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def test_every_listener_is_on_loopback(running: Running) -> None:
    # The start does not wait for Dagster, so its parts may listen a little later.
    gone(lambda: set(PortBook(running.layout).recorded().values()) - {port for _, port in _listeners(running)})
    assert {place for place, _ in _listeners(running)} == {LOOPBACK_HEX}


def _listeners(running: Running) -> set[tuple[str, int]]:
    """Where the system's processes listen: the address as the kernel writes it, and the port."""
    ours = set[str]().union(*(_sockets(pid) for pid in _family(running.state.supervisor.pid)))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    found = [row[1].split(":") for row in rows if row[3] == LISTENING and row[9] in ours]
    return {(place, int(port, 16)) for place, port in found}


def test_a_wrong_password_is_refused(running: Running) -> None:
    address = running.addresses.dsn("unefois_door").replace(running.addresses.passwords["unefois_door"], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address)


def test_no_password_is_refused(running: Running) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{running.addresses.postgres_port}/unefois")


def test_no_login_may_do_what_only_a_superuser_may(running: Running) -> None:
    query = """SELECT rolname, rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication
               FROM pg_roles WHERE rolname LIKE 'unefois_%'"""
    with psycopg.connect(running.addresses.dsn("unefois_owner")) as connection:
        assert dict(connection.execute(query).fetchall()) == dict.fromkeys(LOGINS, False)


@pytest.mark.parametrize("login", ["unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines"])
def test_a_process_may_enter_its_database_and_make_nothing_there(running: Running, login: str) -> None:
    with (
        psycopg.connect(running.addresses.dsn(login)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE public.mine (word text)")


@pytest.mark.parametrize(
    ("login", "database"),
    [("unefois_door", "dagster"), ("unefois_dagster", "unefois"), ("unefois_door", "postgres")],
)
def test_a_process_may_not_enter_another_database(running: Running, login: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(running.addresses.dsn(login, database))


def test_dagster_owns_its_database(running: Running) -> None:
    with psycopg.connect(running.addresses.dsn("unefois_dagster", "dagster")) as connection:
        connection.execute("CREATE TABLE own (word text)")


def test_what_is_written_survives_a_power_cut(running: Running) -> None:
    with psycopg.connect(running.addresses.dsn("unefois_door")) as connection:
        assert connection.execute("SHOW fsync").fetchone() == connection.execute("SHOW synchronous_commit").fetchone()
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def _client(running: Running, secret: str | None = None) -> Minio:
    found = running.addresses
    return Minio(found.objects_endpoint, found.objects_access_key, secret or found.objects_secret_key, secure=False)


def test_the_object_store_wants_the_secret(running: Running) -> None:
    assert _client(running).bucket_exists(running.addresses.bucket)
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        list(_client(running, "wrong").list_objects(running.addresses.bucket))


@pytest.mark.parametrize("door", ["filer", "volume", "master"])
def test_the_inner_doors_of_the_object_store_take_nothing(running: Running, door: str) -> None:
    port = PortBook(running.layout).recorded()[f"objects-{door}"]
    path = {"filer": "/buckets/unefois-documents/x", "volume": "/1,0123456789", "master": "/buckets/x"}[door]
    assert httpx.post(f"http://127.0.0.1:{port}{path}", content=b"x", timeout=5).is_client_error


def test_a_process_sees_a_minimal_environment(running: Running) -> None:
    seen = dict(line.split("=", 1) for line in (running.layout.run / "door.env").read_text().splitlines())
    assert seen["MARK"] == "given"
    assert set(seen) <= {"PATH", "HOME", "TMPDIR", "LANG", "TZ", "PYTHONPATH", "PYTHONUNBUFFERED", "MARK", "LC_CTYPE"}


def test_no_secret_stands_on_a_command_line(running: Running) -> None:
    lines = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in _family(running.state.supervisor.pid))
    assert not [path.name for path in running.layout.secrets.iterdir() if path.read_bytes() in lines]


def test_all_that_is_written_is_for_the_owner_only(running: Running) -> None:
    state = running.layout.state
    files = [*running.layout.logs.iterdir(), *running.layout.run.iterdir(), *running.layout.secrets.iterdir()]
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files} == {0}


def test_a_second_start_is_refused_in_words(running: Running) -> None:
    with pytest.raises(AlreadyRunning, match="already runs"):
        up(running.layout)


def test_status_names_each_part(running: Running) -> None:
    state = status(running.layout)
    assert state is not None
    assert {part.name for part in state.parts} >= {"postgres", "objects", "door", "release"}


def test_the_doctor_finds_all_well(running: Running) -> None:
    findings = examine(running.layout)
    assert [finding for finding in findings if finding.level is Level.BROKEN] == []
    assert {"PostgreSQL answers", "the object store answers"} <= {finding.what for finding in findings}


def test_the_doctor_sees_a_secret_that_does_not_fit(running: Running) -> None:
    kept = running.layout.secrets / "postgres"
    words = kept.read_text()
    kept.write_text("another")
    try:
        assert any("another password" in finding.what for finding in examine(running.layout))
    finally:
        kept.write_text(words)
    Postgres(running.layout, running.addresses.postgres_port, SAME).check()
