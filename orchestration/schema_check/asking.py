"""Have a folder's schemas compiled by a child that can reach nothing; whatever they do to it, there is a report."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectors.schemas.checking import Report
from orchestration.schema_check import child
from orchestration.schema_check.gathering import Gathered, gather
from orchestration.stack.layout import CODE_ROOT

_FILE_SECONDS = 60.0
"""On the clock, for one file: wide, since the seconds of processor are the real bound."""
_START_SECONDS = 120.0
_BROKEN_AT_MOST = 20
"""Files that may end the child before the rest of the folder is given up."""
_LINE_BYTES = 1 << 20
_NOT_CONFINED = "not checked: this machine does not let a process be cut off from the network"
_NOT_STARTED = "not checked: the checker did not start"
_GIVEN_UP = f"not checked: {_BROKEN_AT_MOST} files of this folder broke the checker before it"


def check(folder: Path) -> Report:
    """Return what every schema under ``folder`` comes to; what cannot be checked has failed.

    Raises:
        OSError: a folder cannot be listed.
    """
    gathered = gather(folder)
    report = Report(dict(gathered.refused))
    waiting = gathered.checked
    for _ in range(_BROKEN_AT_MOST):
        if not waiting:
            return report
        report.faults |= _one_child(gathered, waiting)
        waiting = [path for path in waiting if path not in report.faults]
    report.faults |= dict.fromkeys(waiting, _GIVEN_UP)
    return report


def _one_child(gathered: Gathered, wanted: list[str]) -> dict[str, str]:
    """Return the faults one child found; where it ended early, the last of them is the file that ended it."""
    command = [sys.executable, "-E", "-s", "-m", child.__name__, str(os.getpid())]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CODE_ROOT, env={}
    )
    with process:
        try:
            return _conversation(process, gathered, wanted)
        finally:
            process.kill()


def _conversation(process: "subprocess.Popen[bytes]", gathered: Gathered, wanted: list[str]) -> dict[str, str]:
    lines = _Lines(process)
    if lines.next(_START_SECONDS) is None:
        unconfined = lines.ended() == child.UNCONFINED
        return dict.fromkeys(wanted, _NOT_CONFINED if unconfined else _NOT_STARTED)
    _hand_over(process, gathered, wanted)
    faults: dict[str, str] = {}
    for path in wanted:
        begun, done = lines.next(_FILE_SECONDS), lines.next(_FILE_SECONDS)
        if begun is None or done is None:
            return faults | {path: _end(lines.ended())}
        faults[path] = str(done["fault"])
    return faults


def _hand_over(process: "subprocess.Popen[bytes]", gathered: Gathered, wanted: list[str]) -> None:
    files = [(path, len(data)) for path, data in gathered.files.items()]
    header = json.dumps({"files": files, "wanted": wanted}).encode("ascii") + b"\n"
    if process.stdin is None:
        raise TypeError
    # A child that is gone shows in what it no longer says.
    with suppress(BrokenPipeError), process.stdin as sink:
        sink.writelines((header, *gathered.files.values()))


class _Lines:
    """What a child says, line by line, each within a time."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._said = self._messages()
        self._deadline = 0.0
        self.late = False

    def next(self, seconds: float) -> dict[str, Any] | None:
        """Return the next message, or nothing where none came in time or none will."""
        self._deadline = time.monotonic() + seconds
        return next(self._said, None)

    def ended(self) -> int:
        """Stop the child and return its exit status: zero for one that was late."""
        if not self.late:
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(timeout=5)
        self._process.kill()
        self._process.wait()
        return 0

    def _messages(self) -> Iterator[dict[str, Any]]:
        if self._process.stdout is None:
            raise TypeError
        descriptor, pending = self._process.stdout.fileno(), b""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while True:
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                yield json.loads(line)
            if not poll.poll(max(0.0, self._deadline - time.monotonic()) * 1000):
                self.late = True
                return
            read = os.read(descriptor, _LINE_BYTES)
            if not read:
                return
            pending += read


def _end(status: int) -> str:
    """Return what a child's end says of the file it was at."""
    if status == -signal.SIGPROF:
        return f"takes over {child.PROCESSOR_SECONDS} s of processor"
    if status == 0:
        return f"takes over {_FILE_SECONDS:.0f} s"
    return f"broke the checker ({signal.Signals(-status).name if status < 0 else f'status {status}'})"
