"""The fork server: loads the parsers once, then gives every document a process of its own, limited and short-lived.

It never sees a document: the asker's socket is passed on to the fork, so that no process holds two families' papers.
"""

import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from contracts.documents import MediaType
from vault.ingest import frames, ocr, preload
from vault.ingest.engines import Wanted
from vault.ingest.limits import Limits, confine, forbid_new_privileges
from vault.ingest.ocr import Engine
from vault.ingest.reader import read
from vault.ingest.reading import Reading
from vault.ingest.reasons import Reason
from vault.ingest.scan_only import scanned
from vault.ingest.seal_look import look
from vault.ingest.seals_seen import SealsSeen
from vault.seals.trust import TrustStore

PASSED_SOCKETS = 2
"""With each request come the document's socket and the one on which the server reports how the fork ended."""


@dataclass(slots=True)
class _Fork:
    pid: int
    report: socket.socket
    deadline: float
    late: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """What every fork inherits."""

    trust: TrustStore
    engine: Engine | None


def serve(control: socket.socket) -> None:
    """Serve until ``control`` is closed by the process that started this one."""
    setup, _ = frames.receive(control)
    trust = TrustStore.from_wire(setup["trust"])
    forbid_new_privileges()
    engine = ocr.engine(Wanted.from_wire(setup["ocr"]))
    preload.everything(trust, engine)
    frames.send(control, {"ready": os.getpid()})
    _Server(control, Means(trust, engine), Limits(**setup["limits"])).run()


class _Server:
    """One thread, one loop: new requests, forks that ended, forks that are late."""

    def __init__(self, control: socket.socket, means: Means, limits: Limits) -> None:
        self._control = control
        self._means = means
        self._limits = limits
        self._forks: dict[int, _Fork] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def run(self) -> None:
        try:
            while True:
                for descriptor, _ in self._poll.poll(self._patience()):
                    if descriptor != self._control.fileno():
                        self._finish(descriptor)
                    elif not self._begin():
                        return
                self._stop_late()
        finally:
            for fork in self._forks.values():
                os.kill(fork.pid, signal.SIGKILL)

    def _begin(self) -> bool:
        """Fork for one request; false when nobody asks any more."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, PASSED_SOCKETS)
        if not message or len(descriptors) != PASSED_SOCKETS:
            return False
        document, report = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _answer_and_exit(document, self._means, self._limits, parent)
        document.close()
        handle = os.pidfd_open(pid)
        self._forks[handle] = _Fork(pid, report, time.monotonic() + self._limits.wall_seconds)
        self._poll.register(handle, select.POLLIN)
        return True

    def _finish(self, handle: int) -> None:
        """Report how a fork ended: its signal, or its exit status."""
        fork = self._forks.pop(handle)
        self._poll.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(fork.pid, 0)
        end = {"late": fork.late, "code": os.waitstatus_to_exitcode(status)}
        with suppress(OSError), fork.report:
            fork.report.sendall(json.dumps(end).encode("ascii"))

    def _patience(self) -> float | None:
        """Milliseconds until the next fork is late."""
        waiting = [fork.deadline for fork in self._forks.values() if not fork.late]
        return max(0.0, min(waiting) - time.monotonic()) * 1000 + 1 if waiting else None

    def _stop_late(self) -> None:
        now = time.monotonic()
        for fork in self._forks.values():
            if not fork.late and now >= fork.deadline:
                fork.late = True
                os.kill(fork.pid, signal.SIGKILL)


def _answer_and_exit(document: socket.socket, means: Means, limits: Limits, parent: int) -> None:
    """Read the one document that comes through ``document``, answer, and end; never returns.

    Nothing of an exception is told: its words may hold words of the document.
    """
    code = 1
    try:
        _drop_descriptors(document.fileno())
        confine(limits, parent=parent)
        header, data = frames.receive(document)
        announced, today = MediaType(header["announced"]), date.fromisoformat(header["today"])
        if header.get("only_scan"):
            frames.send(document, _guarded(lambda: scanned(data, announced)).to_wire())
        elif header.get("only_seals"):
            frames.send(document, _guarded_look(data, announced, means.trust, today).to_wire())
        else:
            reading = _guarded(lambda: read(data, announced, trust=means.trust, today=today, engine=means.engine))
            frames.send(document, reading.to_wire(), reading.viewing_copy)
        code = 0
    finally:
        os._exit(code)


def _guarded(reading: Callable[[], Reading]) -> Reading:
    try:
        return reading()
    except MemoryError:
        return Reading.refused(Reason.TOO_MUCH_MEMORY)
    except Exception:  # noqa: BLE001 - a parser's bug is the document's fate, not ours; quarantined, fail closed
        return Reading.refused(Reason.READER_FAILED)


def _guarded_look(data: bytes, announced: MediaType, trust: TrustStore, today: date) -> SealsSeen:
    try:
        return look(data, announced, trust=trust, today=today)
    except MemoryError:
        return SealsSeen(Reason.TOO_MUCH_MEMORY)
    except Exception:  # noqa: BLE001 - as above
        return SealsSeen(Reason.READER_FAILED)


def _drop_descriptors(kept: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        if standard != kept:
            os.dup2(nothing, standard)
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
