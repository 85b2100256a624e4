"""The scanner a city may add: ClamAV's daemon over its local socket, in its own words (clamd(8), INSTREAM)."""

import socket
import struct
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vault.ingest.reasons import Reason
from vault.ingest.scanning import Scan, named

NAME = "clamd"
SECONDS = 30.0
MAX_AGE = timedelta(days=14)
"""Signatures older than this are as good as none."""
UNREACHABLE = "clamd, no answer"
_CHUNK = 1 << 18
_ANSWER_BYTES = 4096
_NOT_LOOKED_AT = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
"""Words for what the daemon could not look into; « OK » would have been worse."""


class ClamdScanner:
    """Scans by asking a daemon; whatever is not a clear answer in time is « not scanned »."""

    def __init__(self, path: Path, *, seconds: float = SECONDS) -> None:
        """Keep where the daemon listens and how many ``seconds`` one document may take in all."""
        self._path = path
        self._seconds = seconds

    def scan(self, data: bytes) -> Scan:
        """Send ``data`` and return what the daemon says of it."""
        deadline = time.monotonic() + self._seconds
        try:
            version = self._ask(b"zVERSION\0", b"", deadline)
            if _too_old(version):
                return Scan(NAME, Reason.NOT_SCANNED, version)
            answer = self._ask(b"zINSTREAM\0", data, deadline)
            if _over_stream_limit(answer):
                version = f"{version}, over StreamMaxLength"
            return Scan(NAME, _reason(answer), version)
        except (OSError, ValueError):
            return Scan(NAME, Reason.NOT_SCANNED, UNREACHABLE)

    def scanned_with(self) -> str | None:
        """Ask the daemon for its version and that of its signatures."""
        try:
            return named(NAME, self._ask(b"zVERSION\0", b"", time.monotonic() + self._seconds))
        except (OSError, ValueError):
            return None

    def refuses(self, length: int) -> str:
        """Send ``length`` empty bytes once, and say which of its limits the daemon names; nothing where it is away."""
        try:
            answer = self._ask(b"zINSTREAM\0", bytes(length), time.monotonic() + self._seconds)
        except (OSError, ValueError):
            return ""
        if _over_stream_limit(answer):
            return f"clamd: StreamMaxLength is below {length} bytes; such papers stay in quarantine"
        if _NOT_LOOKED_AT[0] in answer:
            return f"clamd: MaxFileSize or MaxScanSize is below {length} bytes; such papers stay in quarantine"
        return ""

    def _ask(self, command: bytes, data: bytes, deadline: float) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_left(deadline))
            connection.connect(str(self._path))
            connection.sendall(command)
            if data:
                # A daemon that has enough closes early, and has said why.
                with suppress(BrokenPipeError, ConnectionResetError):
                    _send(connection, memoryview(data), deadline)
            return _receive(connection, deadline)


def _send(connection: socket.socket, data: memoryview, deadline: float) -> None:
    for start in range(0, len(data), _CHUNK):
        piece = data[start : start + _CHUNK]
        connection.settimeout(_left(deadline))
        connection.sendall(struct.pack("!I", len(piece)))
        connection.sendall(piece)
    connection.sendall(struct.pack("!I", 0))


def _receive(connection: socket.socket, deadline: float) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _ANSWER_BYTES:
        connection.settimeout(_left(deadline))
        piece = connection.recv(_ANSWER_BYTES)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n").decode("ascii")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _over_stream_limit(answer: str) -> bool:
    return answer.startswith("INSTREAM size limit exceeded")


def _reason(answer: str) -> Reason:
    if answer == "stream: OK":
        return Reason.READ
    if not answer.startswith("stream: ") or not answer.endswith(" FOUND"):
        return Reason.NOT_SCANNED
    return Reason.NOT_SCANNED if any(words in answer for words in _NOT_LOOKED_AT) else Reason.MALWARE


def _too_old(version: str) -> bool:
    """Tell whether « ClamAV 1.4.6/27000/Thu Nov 5 09:00:00 2026 » names signatures past their age.

    A folder of hand-made signatures has no date; whoever made it answers for its age.
    """
    if not version.startswith("ClamAV "):
        raise ValueError
    _, _, made = version.rpartition("/")
    if made == version:
        return False
    day = datetime.strptime(" ".join(made.split()), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    return datetime.now(UTC) - day > MAX_AGE
