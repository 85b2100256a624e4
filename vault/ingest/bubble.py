"""Bubblewrap around the reader's server, where it is there and the machine lets it: no network, no files but programs.

The forks' own limits (:mod:`vault.ingest.limits`) hold without it. What it adds is for the server itself, which must
open files while it loads the parsers: it sees none of a key, a setting or a state folder, and no other process.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import contracts
import vault

_PROGRAMS = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")
_NOTHING_SHARED = (
    "--unshare-all", "--new-session", "--as-pid-1", "--cap-drop", "ALL",
    "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",  # noqa: S108 - the place inside, empty and its own
)  # fmt: skip
_PROBE_SECONDS = 20.0


def enclosed(command: Sequence[str], *, folder: Path, also: Sequence[Path] = ()) -> list[str]:
    """Return ``command`` as it is run in ``folder``: inside, if this machine grants that; ``also`` is shown there, to read."""
    program = shutil.which("bwrap")
    if program is None or not granted():
        return list(command)
    return [program, *_NOTHING_SHARED, *_shown((*_ours(), *also)), "--chdir", str(folder), "--", *command]


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill what :func:`enclosed` started, with what is around it, and wait for it.

    Not by ``--die-with-parent``: that is the thread which started it, and the server outlives that one.
    """
    inside = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    with suppress(OSError):
        for child in inside.read_text().split():
            os.kill(int(child), signal.SIGKILL)
    process.kill()
    process.wait()


@cache
def granted() -> bool:
    """Tell whether bubblewrap is there and may do its work; in most containers it may not."""
    program = shutil.which("bwrap")
    if program is None:
        return False
    trying = [program, *_NOTHING_SHARED, *_shown(_ours()), "--", sys.executable, "-E", "-s", "-c", ""]
    try:
        tried = subprocess.run(trying, capture_output=True, env={}, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def _ours() -> tuple[Path, ...]:
    """Return where the interpreter, its libraries and the server's own code lie; of a checkout no other folder."""
    packages = [Path(str(package.__file__)).parent for package in (vault, contracts)]
    return (Path(sys.prefix), Path(sys.base_prefix), *packages)


def _shown(places: Sequence[Path]) -> list[str]:
    told: list[str] = []
    for place in (*map(Path, _PROGRAMS), *places):
        told += ["--ro-bind-try", str(place), str(place)]
    return told
