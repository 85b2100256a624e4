"""The limited child from outside: hand it a stranger's bytes, get a reading, whatever the bytes do to it."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Self

import vault
from contracts.documents import MediaType
from vault.errors import VaultError
from vault.ingest import frames, rule_files
from vault.ingest.bubble import enclosed, end
from vault.ingest.engines import Wanted
from vault.ingest.limits import Limits, available_limits
from vault.ingest.reading import Reading, WireError
from vault.ingest.reasons import Reason
from vault.ingest.scanning import Scanner, joined, named, weighed
from vault.ingest.seals_seen import SealsSeen
from vault.seals.trust import TrustStore

__all__ = ["Limits", "ReaderChild", "ReaderUnavailable", "available_limits"]

_SERVER = "vault.ingest.server"
"""Started by name and never imported here: the process that holds keys loads no parser."""
_START_SECONDS = 120.0
"""A server that breaks is known at once; one that loads an engine on a busy machine takes its time."""
_GRACE_SECONDS = 5.0
_PARALLEL = 2
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
"""The server's whole environment: a process that forks must have one thread, and so must what it loads."""
_ATTEMPTS = 2
_END_BYTES = 256
_FAILED = {"late": 0, "code": 1}
_Message = tuple[dict[str, object], bytes]
_Answer = tuple[_Message | None, dict[str, int]]


class ReaderUnavailable(VaultError):
    """The reader of documents cannot be started; nothing was read."""


class _ServerDiedError(Exception):
    """The fork server ended under a document, which may not be the document's fault."""


class ReaderChild:
    """A fork server of ours, started on first use and again when it dies; any thread may call :meth:`read`.

    The server is a fresh interpreter with no environment but a few constants, no key and no connection but the one to us.
    """

    def __init__(
        self,
        trust: TrustStore,
        *,
        limits: Limits | None = None,
        scanners: Sequence[Scanner] = (),
        ocr: Wanted | None = None,
    ) -> None:
        """Keep whom to trust, how much to allow each document, who scans it too, and what reads pixels.

        Nothing is started yet.

        Our own rules always scan, inside the child; ``scanners`` are asked from here, after it.
        """
        self._trust = trust
        self._scanners = scanners
        self._limits = limits or Limits()
        self._ocr = ocr or Wanted()
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_PARALLEL)
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.close()

    def start(self) -> int:
        """Start the server unless it runs, and return its process identifier, or that of what is around it.

        Raises:
            ReaderUnavailable: it did not come up.
        """
        with self._lock:
            server, _ = self._running()
            return server.pid

    def close(self) -> None:
        """Stop the server and every reading under way."""
        with self._lock:
            self._stop()

    def read(self, data: bytes, announced: MediaType, *, today: date) -> Reading:
        """Return the reading of ``data``; a document that breaks, stalls or starves the reader is quarantined.

        Raises:
            ReaderUnavailable: the server cannot be started.
        """
        reading = _conclude(*self._ask({"announced": announced.value, "today": today.isoformat()}, data))
        return weighed(reading, [scanner.scan(data) for scanner in self._scanners])

    def seals(self, data: bytes, announced: MediaType, *, today: date) -> SealsSeen:
        """Return only the seals of ``data``, with the values they seal.

        Raises:
            ReaderUnavailable: the server cannot be started.
        """
        request = {"announced": announced.value, "today": today.isoformat(), "only_seals": "yes"}
        return _conclude_seals(*self._ask(request, data))

    def scan(self, data: bytes, announced: MediaType, *, today: date) -> Reading:
        """Return only what the scanners say of ``data``, as the finding of each and the reason they weigh up to.

        Raises:
            ReaderUnavailable: the server cannot be started.
        """
        request = {"announced": announced.value, "today": today.isoformat(), "only_scan": "yes"}
        reading = _conclude(*self._ask(request, data))
        return weighed(reading, [scanner.scan(data) for scanner in self._scanners])

    def scanned_with(self) -> str | None:
        """Name scanners and rules as they are now, as findings of :meth:`read` do; nothing where one is away."""
        names = [named(rule_files.NAME, rule_files.rules_version()), *(each.scanned_with() for each in self._scanners)]
        known = [name for name in names if name is not None]
        return joined(known) if len(known) == len(names) else None

    def shortcomings(self, length: int) -> list[str]:
        """Say in words for the operator which scanners do not take documents of ``length`` bytes."""
        return [words for scanner in self._scanners if (words := scanner.refuses(length))]

    def _ask(self, request: dict[str, str], data: bytes) -> _Answer:
        with self._slots:
            for _ in range(_ATTEMPTS):
                server, document, report = self._hand_over()
                try:
                    return self._ask_once(document, report, request=request, data=data)
                except _ServerDiedError:
                    self._discard(server)
        return None, _FAILED

    def _ask_once(
        self, document: socket.socket, report: socket.socket, *, request: dict[str, str], data: bytes
    ) -> _Answer:
        with document, report:
            document.settimeout(self._limits.wall_seconds + _GRACE_SECONDS)
            report.settimeout(_GRACE_SECONDS)
            answer = _converse(document, request, data)
            return answer, _end_of(report)

    def _hand_over(self) -> tuple[subprocess.Popen[bytes], socket.socket, socket.socket]:
        """Give a living server the far ends of two sockets, for the document and for its end; return the near ones."""
        document, document_far = socket.socketpair()
        report, report_far = socket.socketpair()
        with document_far, report_far, self._lock:
            for _ in range(_ATTEMPTS):
                server, control = self._running()
                try:
                    socket.send_fds(control, [b"."], [document_far.fileno(), report_far.fileno()])
                except OSError:
                    self._stop()
                else:
                    return server, document, report
        document.close()
        report.close()
        raise ReaderUnavailable

    def _discard(self, server: subprocess.Popen[bytes]) -> None:
        """Stop ``server``, unless another thread has replaced it already."""
        with self._lock:
            if self._server is server:
                self._stop()

    def _running(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        """Return a living server and its control socket; the lock is held."""
        if self._server is None or self._control is None or self._server.poll() is not None:
            self._stop()
            self._server, self._control = self._launch()
        return self._server, self._control

    def _launch(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        control, far = socket.socketpair()
        folder = Path(vault.__file__).parents[1]
        command = [sys.executable, "-E", "-s", "-m", _SERVER]
        with far:
            server = subprocess.Popen(
                enclosed(command, folder=folder, also=[] if self._ocr.data is None else [self._ocr.data]),
                stdin=far.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=folder,
                env=_ONE_THREAD,
            )
        control.settimeout(_START_SECONDS)
        try:
            frames.send(control, _setup(self._trust, self._limits, self._ocr))
            frames.receive(control)
        except (OSError, frames.FrameBroken):
            control.close()
            end(server)
            raise ReaderUnavailable from None
        return server, control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._server is not None:
            end(self._server)
            self._server = None


def _converse(document: socket.socket, request: dict[str, str], data: bytes) -> _Message | None:
    """Send the document and return the answer, or nothing when the fork ended before it gave one."""
    try:
        frames.send(document, dict(request), data)
    except OSError:
        return None
    try:
        return frames.receive(document)
    except (OSError, frames.FrameBroken):
        return None


def _end_of(report: socket.socket) -> dict[str, int]:
    """Return how the fork ended, in the server's words.

    Raises:
        _ServerDiedError: the server has none, for it is gone.
    """
    try:
        text = report.recv(_END_BYTES)
    except OSError:
        raise _ServerDiedError from None
    if not text:
        raise _ServerDiedError
    end: dict[str, int] = json.loads(text)
    return end


def _refusal(answer: _Message | None, end: dict[str, int]) -> Reason | None:
    if end["late"] or end["code"] == -signal.SIGXCPU:
        return Reason.TOO_SLOW
    return Reason.READER_FAILED if answer is None or end["code"] != 0 else None


def _conclude(answer: _Message | None, end: dict[str, int]) -> Reading:
    refusal = _refusal(answer, end)
    if answer is None or refusal is not None:
        return Reading.refused(refusal or Reason.READER_FAILED)
    try:
        return Reading.from_wire(*answer)
    except WireError:
        return Reading.refused(Reason.READER_FAILED)


def _conclude_seals(answer: _Message | None, end: dict[str, int]) -> SealsSeen:
    refusal = _refusal(answer, end)
    if answer is None or refusal is not None:
        return SealsSeen(refusal or Reason.READER_FAILED)
    try:
        return SealsSeen.from_wire(answer[0])
    except WireError:
        return SealsSeen(Reason.READER_FAILED)


def _setup(trust: TrustStore, limits: Limits, ocr: Wanted) -> dict[str, object]:
    """Return the first frame a server is sent: whom to trust, how much to allow, what reads pixels."""
    return {"trust": trust.to_wire(), "limits": asdict(limits), "ocr": ocr.to_wire()}
