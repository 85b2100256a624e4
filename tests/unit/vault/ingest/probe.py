"""Run as a program: confine this process, try what a captured parser would try, and print what came of it.

``without`` names limits to leave out, as a machine that lacks them would.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from vault.ingest import limits
from vault.ingest.limits import Limits


def attempts(parent: int, folder: str) -> dict[str, Callable[[], object]]:
    """Return each forbidden act by name."""
    libc = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *arguments: int) -> None:
        if libc.syscall(number, *arguments) < 0:
            raise OSError(ctypes.get_errno(), "refused")

    def touched() -> None:
        os.close(os.open(f"{folder}/left", os.O_WRONLY | os.O_CREAT, 0o600))

    return {
        "read a file": lambda: open("/etc/passwd", "rb").read(),  # noqa: PTH123 - the call itself is what is probed
        "read the parent's environment": lambda: open(f"/proc/{parent}/environ", "rb").read(),  # noqa: PTH123 - the call itself is what is probed
        "write a file": touched,
        "remove a file": lambda: os.unlink(f"{folder}/there"),  # noqa: PTH108 - the call itself is what is probed
        "change a mode": lambda: os.chmod(f"{folder}/there", 0o777),  # noqa: PTH101 - the call itself is what is probed
        "open a TCP socket": socket.socket,
        "open a UNIX socket": lambda: socket.socket(socket.AF_UNIX),
        "run a program": lambda: subprocess.run(["/bin/true"], check=False),
        "become a program": lambda: os.execv("/bin/true", ["true"]),
        "fork": lambda: os.fork() or os._exit(0),
        "signal the parent": lambda: os.kill(parent, 0),
        "signal everybody": lambda: os.kill(-1, 0),
        "trace the parent": lambda: call(101 if os.uname().machine == "x86_64" else 117, 16, parent),
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (99, 99)),
        "clone3": lambda: call(435, 0, 0),
    }


def tried(act: Callable[[], object]) -> str:
    """Return the error that an act met, or « done »."""
    try:
        act()
    except (OSError, ValueError) as error:
        return type(error).__name__
    return "done"


def allowed() -> list[str]:
    """Return what must still work: a thread, a pair of connected sockets, 100 MB; and not 2 GB."""
    works = []
    thread = threading.Thread(target=lambda: works.append("thread"))
    thread.start()
    thread.join()
    first, second = socket.socketpair()
    first.sendall(b"x")
    works.append("pair" if second.recv(1) == b"x" else "")
    works.append("memory" if bytearray(100_000_000) else "")
    try:
        bytearray(2_000_000_000)
    except MemoryError:
        works.append("bounded")
    return works


def main(folder: str, *without: str) -> None:
    """Confine this process and print the results as JSON."""
    for name in without:
        setattr(limits, f"_{name}", lambda: 0)
    granted = limits.confine(Limits(), parent=os.getppid())
    acts = attempts(os.getppid(), folder)
    results = {name: tried(act) for name, act in acts.items()}
    json.dump(
        {"landlock": granted.landlock, "seccomp": granted.seccomp, "acts": results, "works": allowed()}, sys.stdout
    )
    sys.stdout.flush()
    signal.raise_signal(signal.SIGABRT)


if __name__ == "__main__":
    main(*sys.argv[1:])
