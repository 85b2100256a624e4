"""One part of the system as the supervisor sees it: how to start it, how to ask it, how to end it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.stack.account import SAME, Account, launch_command
from orchestration.stack.errors import PartNotReady, StackError
from orchestration.stack.layout import Layout
from orchestration.stack.lifeline import KILLED_WITHIN, Lifeline

CHECK_TIMEOUT = 2.0
LOG_LIMIT = 16 * 1024 * 1024
POLL = 0.02


class NotAnswering(StackError):
    """A part does not answer, or not yet."""


def nothing() -> None:
    """Ask nothing."""


@dataclass(frozen=True)
class Part:
    """``ready`` and ``health`` return when the part answers and raise NotAnswering when it does not, within seconds.

    Without a ``ready`` check a part counts as ready once it has lived for half a second. ``before`` runs before every
    start, ``after`` once it has been stopped. ``doomed`` says, of what a start has logged so far, that another try is
    quicker than waiting for this one. ``command`` runs under ``account``.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    cwd: Path
    stop_signal: signal.Signals
    stop_timeout: float
    ready: Callable[[], None] | None = None
    health: Callable[[], None] = nothing
    before: Callable[[], None] = nothing
    after: Callable[[], None] = nothing
    doomed: Callable[[bytes], bool] | None = None
    waited: bool = True
    account: Account = SAME


def wait_until_answering(check: Callable[[], None], name: str, layout: Layout, timeout: float) -> None:
    """Return once ``check`` does; raises PartNotReady after ``timeout`` seconds, with the end of what ``name`` logged."""
    until = time.monotonic() + timeout
    while True:
        try:
            return check()
        except NotAnswering as error:
            if time.monotonic() > until:
                message = f"{name}: {error}\n{tail(layout.log(name))}"
                raise PartNotReady(message) from error
            time.sleep(POLL)


def minimal_environment(layout: Layout) -> dict[str, str]:
    """What every part gets, and nothing of what the caller happens to have: no proxy, no token, no profile."""
    return {
        "PATH": os.pathsep.join(("/usr/local/bin", "/usr/bin", "/bin")),
        "HOME": str(layout.home),
        "TMPDIR": str(layout.temporary),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


def make_room(log: Path) -> int:
    """Put a long log aside, keeping one; returns where the next start will begin to write."""
    if not log.exists():
        return 0
    size = log.stat().st_size
    if size <= LOG_LIMIT:
        return size
    log.replace(log.with_suffix(".log.1"))
    return 0


def spawn(part: Part, log: Path) -> subprocess.Popen[bytes]:
    """Start the part in a session of its own, appending to ``log``; it is told to stop when this thread's process dies.

    To be called from the supervisor's main thread only: the kernel counts the death of the starting *thread*.
    """
    part.before()
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        return subprocess.Popen(
            launch_command(part.command, part.account, death_signal=part.stop_signal),
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            env=dict(part.env),
            cwd=part.cwd,
            start_new_session=True,
        )
    finally:
        os.close(handle)


def ended(process: subprocess.Popen[bytes]) -> bool:
    """Say whether the process is over; if so its group is killed before its pid can be given to anyone else."""
    if process.returncode is not None:
        return True
    seen = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if seen is None:
        return False
    _kill_group(process.pid)
    process.wait()
    return True


def stop(process: subprocess.Popen[bytes], number: signal.Signals, patience: float) -> None:
    """Ask the process to stop, wait ``patience`` seconds, then kill its group."""
    line = None if ended(process) else Lifeline.of(process.pid)
    if line is not None:
        # Not Popen.send_signal: it would reap a process that has just ended, and its group with it would escape us.
        os.kill(process.pid, number)
        if not line.wait(patience):
            _kill_group(process.pid)
            line.wait(KILLED_WITHIN)
    ended(process)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, for the person who wants to know why."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
