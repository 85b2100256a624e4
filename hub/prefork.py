"""Several processes behind one port, started and ended together: Python runs on one core in each (ADR 0022)."""

import ctypes
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

_PR_SET_PDEATHSIG = 1
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_ENDED_WELL = frozenset({0, -signal.SIGTERM, -signal.SIGINT})
"""Whoever handles the signal, and whoever had not come to handling it yet."""
_BACKLOG = 2048
_AT_ONCE = 64
"""How many connections are taken before anything else is looked at."""


@dataclass(frozen=True, slots=True)
class Handed:
    """The child's end of how connections reach it: its parent takes them from the port and hands them over."""

    channel: socket.socket

    def ready(self) -> None:
        """Tell the parent to hand over connections; it listens when every process has told so."""
        self.channel.send(b"r")

    def take(self) -> Iterator[socket.socket]:
        """Return the connections that wait to be taken, without waiting for more."""
        for _ in range(_AT_ONCE):
            try:
                _, descriptors, _, _ = socket.recv_fds(self.channel, 1, 1, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if not descriptors:
                # The parent has ended, and takes this process along.
                return
            yield socket.socket(fileno=descriptors[0])


Run = Callable[[socket.socket | Handed], None]
"""Serves the connections of one process until told to stop: those of a port of its own, or those it is handed."""


def serve(run: Run, *, host: str, port: int, processes: int) -> int:
    """Call ``run`` in each of ``processes`` until told to stop; return the exit code.

    Connections go to the processes by turns. Where one process ends unasked the others are ended too and the code is 1,
    so that whoever supervises starts all of them again. Call it before any thread is started. Raises :class:`OSError`
    where the port is taken.
    """
    listening = _bound(host, port)
    if processes == 1:
        run(listening)
        return 0
    parent = _Parent(listening)
    # Told to stop while the children are being made, it must still be able to tell all of them.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    for _ in range(processes):
        parent.bear(run)
    return parent.watch()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections have it from here.
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        one.bind((host, port))
    except OSError:
        one.close()
        raise
    return one


@dataclass
class _Parent:
    """Holds the port, hands each connection to the next process, and hears when one of them ends."""

    listening: socket.socket
    children: dict[int, int] = field(default_factory=dict)
    """The processes, each by a descriptor that tells when it ends."""
    channels: list[socket.socket] = field(default_factory=list)
    awaited: int = 0
    """How many are not ready yet."""
    turn: int = 0
    told: bool = False
    code: int = 0

    def bear(self, run: Run) -> None:
        """Start one more process."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent, pid = os.getpid(), os.fork()
        if not pid:
            for other in (ours, *self.channels, self.listening):
                other.close()
            _live(run, Handed(theirs), parent)
        theirs.close()
        ours.settimeout(0)
        self.channels.append(ours)
        self.children[os.pidfd_open(pid)] = pid
        self.awaited += 1

    def watch(self) -> int:
        """Hand over connections until told to stop and all processes have ended; return the exit code."""
        heard, woken = os.pipe()
        os.set_blocking(woken, False)
        signal.set_wakeup_fd(woken)
        for number in _ENDING:
            signal.signal(number, lambda *_: None)
        # A signal that came before there was anybody to hear it.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        with selectors.DefaultSelector() as selector:
            selector.register(heard, selectors.EVENT_READ, self._stop)
            for descriptor in self.children:
                selector.register(descriptor, selectors.EVENT_READ, self._bury)
            for channel in self.channels:
                selector.register(channel, selectors.EVENT_READ, self._hear)
            while self.children:
                for key, _ in selector.select():
                    key.data(selector, key.fileobj)
        return self.code

    def _stop(self, selector: selectors.BaseSelector, heard: int) -> None:
        os.read(heard, 64)
        self._end(selector)

    def _hear(self, selector: selectors.BaseSelector, channel: socket.socket) -> None:
        selector.unregister(channel)
        # One that ended before it was ready is heard of by its own descriptor.
        with suppress(ConnectionError):
            self.awaited -= len(channel.recv(1))
        if not self.awaited and not self.told:
            self.listening.listen(_BACKLOG)
            self.listening.settimeout(0)
            selector.register(self.listening, selectors.EVENT_READ, self._hand_over)

    def _hand_over(self, _: selectors.BaseSelector, __: socket.socket) -> None:
        for _turn in range(0 if self.told else _AT_ONCE):
            try:
                connection, _address = self.listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            with connection:
                self._give(connection)

    def _give(self, connection: socket.socket) -> None:
        """Give a connection to the next process that takes it; where none does it is closed."""
        for _ in self.channels:
            self.turn = (self.turn + 1) % len(self.channels)
            with suppress(BlockingIOError, ConnectionError):
                socket.send_fds(self.channels[self.turn], [b"c"], [connection.fileno()])
                return

    def _bury(self, selector: selectors.BaseSelector, descriptor: int) -> None:
        selector.unregister(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(self.children.pop(descriptor), 0)
        if not self.told:
            self.code = 1
            self._end(selector)
        elif os.waitstatus_to_exitcode(status) not in _ENDED_WELL:
            self.code = 1

    def _end(self, selector: selectors.BaseSelector) -> None:
        self.told = True
        if self.listening.fileno() >= 0:
            with suppress(KeyError):
                selector.unregister(self.listening)
            self.listening.close()
        for pid in self.children.values():
            os.kill(pid, signal.SIGTERM)


def _live(run: Run, handed: Handed, parent: int) -> None:
    """Be a child, to the end of the process."""
    code = 1
    try:
        # A parent that is killed cannot end its children; they must not keep its callers waiting for nobody.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == parent:
            # A shell that starts something in the background has it ignore these, and children inherit that.
            for number in _ENDING:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
            run(handed)
            code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it is
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
