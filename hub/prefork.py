"""Several processes behind one port, started and ended together: Python runs on one core in each (ADR 0022)."""

import ctypes
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

Run = Callable[[socket.socket], None]
_PR_SET_PDEATHSIG = 1
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_ENDED_WELL = frozenset({0, -signal.SIGTERM, -signal.SIGINT})
"""Whoever handles the signal, and whoever had not come to handling it yet."""


def serve(run: Run, *, host: str, port: int, processes: int) -> int:
    """Call ``run`` with a listening socket in each of ``processes`` until told to stop; return the exit code.

    The kernel spreads connections over the sockets. Where one process ends unasked the others are ended too and the
    code is 1, so that whoever supervises starts all of them again. Call it before any thread is started. Raises
    :class:`OSError` where the port is taken.
    """
    sockets = _sockets(host, port, processes)
    if processes == 1:
        run(sockets[0])
        return 0
    parent, children = os.getpid(), set[int]()
    # Told to stop while the children are being made, it must still be able to tell all of them.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    for own in sockets:
        children.add(_child(run, own, sockets, parent))
    for one in sockets:
        one.close()
    return _wait(children)


def _sockets(host: str, port: int, count: int) -> list[socket.socket]:
    # The first is bound for itself alone, and lets the others join it only then: a second door is refused the port,
    # where it would otherwise quietly get half of the connections.
    first = _bound(host, port, shared=False)
    if count == 1:
        return [first]
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    taken = first.getsockname()[1]
    return [first, *(_bound(host, taken, shared=True) for _ in range(count - 1))]


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        one.bind((host, port))
    except OSError:
        one.close()
        raise
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
            # A shell that starts something in the background has it ignore these, and children inherit that.
            for number in _ENDING:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
            for other in sockets:
                if other is not own:
                    other.close()
            run(own)
            code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
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
            # It may have ended in this very moment.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    # A signal that came before there was anybody to hear it.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    while children:
        pid, status = os.wait()
        children.discard(pid)
        if not told:
            end()
            code = 1
        elif os.waitstatus_to_exitcode(status) not in _ENDED_WELL:
            code = 1
    return code
