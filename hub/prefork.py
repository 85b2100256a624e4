"""Several processes behind one port, started and ended together: Python runs on one core in each (ADR 0022)."""

import ctypes
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable

Run = Callable[[socket.socket], None]
_PR_SET_PDEATHSIG = 1


def serve(run: Run, *, host: str, port: int, processes: int) -> int:
    """Call ``run`` with a listening socket in each of ``processes`` until told to stop; return the exit code.

    The kernel spreads connections over the sockets. Where one process ends unasked the others are ended too and the
    code is 1, so that whoever supervises starts all of them again. Call it before any thread is started. Raises
    :class:`OSError` where the port is taken.
    """
    sockets = [_listening(host, port, shared=processes > 1) for _ in range(processes)]
    if processes == 1:
        run(sockets[0])
        return 0
    parent = os.getpid()
    children = {_child(run, own, sockets, parent) for own in sockets}
    for one in sockets:
        one.close()
    return _wait(children)


def _listening(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind((host, port))
    return one


def _child(run: Run, own: socket.socket, sockets: list[socket.socket], parent: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        # A parent that is killed cannot end its children; they must not keep the port from its successor.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == parent:
            for other in sockets:
                if other is not own:
                    other.close()
            run(own)
            code = 0
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it is
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _wait(children: set[int]) -> int:
    told, code = False, 0

    def end(*_: object) -> None:
        nonlocal told
        told = True
        for pid in children:
            os.kill(pid, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while children:
        pid, _ = os.wait()
        children.discard(pid)
        if not told:
            code = 1
            end()
    return code
