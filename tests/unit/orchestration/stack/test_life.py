"""A system's life: first start, second start, crashes, a killed supervisor, two side by side, and what it leaves."""

import io
import os
import signal
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from minio import Minio

from orchestration.stack.doctor import Level, examine
from orchestration.stack.errors import NotRunning, PartNotReady, StackError
from orchestration.stack.layout import Layout
from orchestration.stack.lifeline import Lifeline
from orchestration.stack.objects import SOCKETS
from orchestration.stack.ports import PortBook
from orchestration.stack.stack import Running, down, status
from orchestration.stack.state import Status, read_state, write_state

from .conftest import start


def _client(running: Running) -> Minio:
    found = running.addresses
    return Minio(found.objects_endpoint, found.objects_access_key, found.objects_secret_key, secure=False)


def _put(running: Running, name: str) -> None:
    _client(running).put_object(running.addresses.bucket, name, io.BytesIO(b"kept"), 4)


def _got(running: Running, name: str) -> bytes:
    return _client(running).get_object(running.addresses.bucket, name).read()


def _marks(running: Running) -> int:
    with psycopg.connect(running.addresses.dsn("unefois_owner")) as connection:
        row = connection.execute("SELECT count(*) FROM mark").fetchone()
    return row[0] if row else 0


def _line(running: Running, name: str) -> Lifeline:
    state = read_state(running.layout)
    line = state.part(name).lifeline if state else None
    assert line is not None
    return line


def _until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def _ready_again(running: Running, name: str, restarts: int) -> bool:
    state = status(running.layout)
    return state is not None and (part := state.part(name)).restarts >= restarts and part.status is Status.READY


def _facts(path: Path) -> tuple[int, int, int]:
    seen = path.stat()
    return stat.S_IMODE(seen.st_mode), seen.st_uid, seen.st_gid


def test_first_and_second_start_keep_data_and_addresses(layout: Layout) -> None:
    first = start(layout)
    _put(first, "a")
    down(layout)
    second = start(layout)
    assert (second.addresses, _got(second, "a"), _marks(second)) == (first.addresses, b"kept", 2)


def test_nothing_outside_changes_and_nothing_is_left(layout: Layout) -> None:
    parents, passwd = list(layout.state.parents), Path("/etc/passwd")
    before = [_facts(path) for path in parents], passwd.read_bytes()
    system = start(layout)
    lines = [_line(system, part.name) for part in system.state.parts]
    ports = PortBook(layout).recorded()
    down(layout)
    assert ([_facts(path) for path in parents], passwd.read_bytes()) == before
    assert not [line for line in lines if line.alive()]
    assert not [name for name in ports if (SOCKETS / f"seaweedfs-{name[8:]}-grpc-{ports[name] + 10000}.sock").exists()]


@pytest.mark.parametrize("name", ["postgres", "objects", "door"])
def test_a_killed_part_comes_back_with_its_data(layout: Layout, name: str) -> None:
    system = start(layout)
    _put(system, "a")
    os.kill(_line(system, name).pid, signal.SIGKILL)
    _until(lambda: _ready_again(system, name, 1))
    assert (_got(system, "a"), _marks(system)) == (b"kept", 1)


def test_after_a_killed_supervisor_nothing_strays_and_the_next_start_works(layout: Layout) -> None:
    first = start(layout)
    _put(first, "a")
    lines = [_line(first, part.name) for part in first.state.parts]
    os.kill(first.state.supervisor.pid, signal.SIGKILL)
    second = start(layout)
    assert not [line for line in lines if line.alive()]
    assert (_got(second, "a"), _marks(second)) == (b"kept", 2)


def test_after_a_killed_supervisor_down_ends_what_is_left(layout: Layout) -> None:
    system = start(layout)
    lines = [_line(system, part.name) for part in system.state.parts]
    os.kill(system.state.supervisor.pid, signal.SIGKILL)
    _until(lambda: not system.state.supervisor.alive())
    with suppress(NotRunning):
        down(layout)
    assert not [line for line in lines if line.alive()]


def test_a_stale_state_that_names_a_foreign_process_harms_nobody(layout: Layout) -> None:
    system = start(layout, "stores_only")
    down(layout)
    state = read_state(layout)
    assert state is not None
    foreign = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
    stale = state.parts[0].__class__(**{**vars(state.parts[0]), "lifeline": Lifeline(foreign, 1)})
    write_state(layout, state.__class__(Lifeline(foreign, 1), state.phase, "", (stale,)))
    (layout.postgres_data / "postmaster.pid").write_text(f"{foreign}\n{layout.postgres_data}\n")
    assert start(layout, "stores_only").addresses == system.addresses
    assert Lifeline.of(foreign) is not None
    os.kill(foreign, signal.SIGKILL)
    os.waitpid(foreign, 0)


def test_two_systems_side_by_side_share_nothing(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    other = Layout(tmp_path / "second" / ".unefois")
    one, two = start(layout), start(other)
    try:
        assert not set(PortBook(layout).recorded().values()) & set(PortBook(other).recorded().values())
        assert one.addresses.passwords["unefois_door"] != two.addresses.passwords["unefois_door"]
    finally:
        down(other)
    assert _marks(one) == 1


def test_it_works_below_a_folder_only_its_owner_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    inside = Layout(closed / ("a" * 120) / ".unefois")
    inside.state.parent.mkdir(mode=0o700)
    system = start(inside)
    assert _marks(system) == 1
    down(inside)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_part_that_does_not_start_is_told_with_its_last_words(layout: Layout) -> None:
    with pytest.raises(PartNotReady, match="the moon is in the way"):
        start(layout, "failing")
    assert any("door" in finding.what for finding in examine(layout) if finding.level is Level.BROKEN)
    with pytest.raises(NotRunning):
        down(layout)


def test_a_preparation_that_fails_is_told(layout: Layout) -> None:
    with pytest.raises(PartNotReady, match="no migration today"):
        start(layout, "unprepared")


def test_a_plan_that_is_not_there_is_told(layout: Layout) -> None:
    with pytest.raises(PartNotReady, match="cannot be loaded"):
        start(layout, "absent")


def test_data_made_with_another_password_is_told(layout: Layout) -> None:
    start(layout, "stores_only")
    down(layout)
    (layout.secrets / "postgres").unlink()
    with pytest.raises(PartNotReady, match="made with another password"):
        start(layout, "stores_only")


def test_a_tied_system_stops_when_its_owner_lets_go(layout: Layout) -> None:
    system = start(layout, "stores_only")
    assert system.owner is not None
    os.close(system.owner)
    assert system.state.supervisor.wait(10.0)


def test_stopping_what_never_ran_is_told(layout: Layout) -> None:
    with pytest.raises(StackError, match="nothing runs"):
        down(layout)
