"""Which process is meant: a pid together with the moment it started, so that a pid used again is never mistaken."""

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path

STARTTIME_FIELD = 22
KILLED_WITHIN = 5.0


def boot_id() -> str:
    """The kernel's name for this boot: start times are counted from it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def start_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot (proc(5)); None when there is none or only a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold spaces and parentheses itself.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[STARTTIME_FIELD - 3])


@dataclass(frozen=True, slots=True)
class Lifeline:
    """One process of this boot, recognised by pid and start time."""

    pid: int
    ticks: int

    @classmethod
    def of(cls, pid: int) -> "Lifeline | None":
        """The lifeline of a living process, None when it is gone."""
        ticks = start_ticks(pid)
        return None if ticks is None else cls(pid, ticks)

    def alive(self) -> bool:
        """Say whether exactly this process still runs."""
        return start_ticks(self.pid) == self.ticks

    def end(self, number: signal.Signals, patience: float) -> bool:
        """Signal exactly this process and wait ``patience`` seconds, then kill it with its group.

        Returns False when it was not there any more. Any account's process that merely has the same pid is left alone.
        """
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.alive():
                return False
            with contextlib.suppress(ProcessLookupError):
                leads = os.getpgid(self.pid) == self.pid
                signal.pidfd_send_signal(handle, number)
                if not _gone(handle, patience):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                if leads:
                    # While a member lives the kernel gives the group's number to nobody else.
                    os.killpg(self.pid, signal.SIGKILL)
                _gone(handle, KILLED_WITHIN)
            return True
        finally:
            os.close(handle)

    def wait(self, patience: float) -> bool:
        """Wait until this process ends, at most ``patience`` seconds; says whether it did."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            return not self.alive() or _gone(handle, patience)
        finally:
            os.close(handle)


def _gone(handle: int, patience: float) -> bool:
    watch = select.poll()
    watch.register(handle, select.POLLIN)
    until = time.monotonic() + patience
    while (left := until - time.monotonic()) > 0:
        if watch.poll(left * 1000):
            return True
    return False


def anyone_works_in(folder: Path) -> bool:
    """Say whether a process we may look at has ``folder`` as its working folder."""
    wanted = os.path.realpath(folder)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if str((entry / "cwd").readlink()) == wanted:
                    return True
    return False
