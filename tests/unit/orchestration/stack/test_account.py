"""Under which account PostgreSQL runs, and what a part may not do any more once it is launched."""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.stack import account
from orchestration.stack.account import MAPPED, SAME, Account, choose, launch_command, lend, nobody, take_back, works
from orchestration.stack.errors import NoAccountForPostgres
from orchestration.stack.layout import CODE_ROOT, Layout
from orchestration.stack.parts import stop
from orchestration.stack.ports import free_port
from orchestration.stack.postgres import Postgres, binaries

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its account")
IMPOSSIBLE = Account("lent", 2**31, 2**31)


@pytest.fixture
def passable() -> Iterator[Layout]:
    """A state folder below folders every account may pass, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o711)
    layout = Layout(folder / ".unefois")
    layout.create()
    yield layout
    shutil.rmtree(folder)


def test_a_plain_user_keeps_its_own_account(passable: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert choose(passable, binaries()) is SAME


@as_root
def test_without_user_namespaces_nobody_runs_it(passable: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    lent = nobody()
    if lent is None or not works(lent, {binaries() / "postgres": os.X_OK}):
        pytest.skip("nobody cannot reach the binaries here")
    monkeypatch.setattr(account, "MAPPED", IMPOSSIBLE)
    server = Postgres.at(passable, free_port())
    server.initialise()
    process = server.spawn()
    try:
        server.wait_ready(10)
        assert Path(f"/proc/{process.pid}").stat().st_uid == lent.user == passable.postgres_data.stat().st_uid
        assert passable.secrets.stat().st_uid == os.geteuid()
    finally:
        stop(process, signal.SIGINT, 5)


@as_root
def test_what_was_lent_is_taken_back(passable: Layout) -> None:
    lend(passable, Account("lent", 65534, 65534))
    take_back(passable)
    assert passable.postgres.stat().st_uid == os.geteuid()
    assert passable.state.stat().st_mode & 0o077 == 0


@as_root
def test_when_no_account_will_do_it_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(tmp_path / ".unefois")
    layout.create()
    monkeypatch.setattr(account, "MAPPED", IMPOSSIBLE)
    tmp_path.chmod(0o700)
    with pytest.raises(NoAccountForPostgres, match="plain user"):
        choose(layout, binaries())
    assert layout.state.stat().st_mode & 0o077 == 0


@as_root
def test_in_a_user_namespace_root_is_nobody() -> None:
    if not works(MAPPED, {}):
        pytest.skip("user namespaces are closed here")
    told = subprocess.run(launch_command(["id", "-u"], MAPPED), capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "65534"


def test_a_launched_program_dumps_no_core_and_writes_for_its_owner_only() -> None:
    command = launch_command(["sh", "-c", "ulimit -c; umask"])
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == ["0", "0077"]


def test_a_launched_program_ends_with_the_one_that_launched_it() -> None:
    launching = (
        "import subprocess, sys; from orchestration.stack.account import launch_command; "
        "p = subprocess.Popen(launch_command(['sleep', '100'], death_signal=15)); print(p.pid, flush=True); "
        "sys.stdin.read(1)"
    )
    command = [sys.executable, "-c", launching]
    env = {"PYTHONPATH": str(CODE_ROOT)}
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        handle = os.pidfd_open(int(launcher.stdout.readline()))
        launcher.kill()
    assert _ends(handle)


def _ends(handle: int) -> bool:
    watch = select.poll()
    watch.register(handle, select.POLLIN)
    return bool(watch.poll(3000))
