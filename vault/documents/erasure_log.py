"""What was erased, line by line, in a file outside every backup: a restored one is told from it what must go again."""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from contracts.identifiers import DocumentId
from vault.errors import ErasureLogMalformed
from vault.storage.errors import StoreUnavailable

_BEGINNING = '{"document"'


@dataclass(frozen=True, slots=True)
class LoggedErasure:
    """One document to be gone: an identifier and a moment, nothing else."""

    document_id: DocumentId
    at: datetime
    cause: str


class ErasureLog:
    """Append-only; a line is on the disk before the destruction commits, so that none is ever missing.

    With a folder elsewhere every line is on both disks before that: nothing is erased whose line could be lost.
    """

    def __init__(self, path: Path, *, copies: Path | None = None) -> None:
        """Write to ``path``, and to a file of this machine's own in the folder ``copies``, which must be there."""
        self.path = path
        # Machines that share a folder do not share a file: an append is whole only on a disk of one's own.
        self._copy = None if copies is None else copies / f"erasures-{socket.gethostname()}.log"
        self._caught_up = False

    def append(self, erasure: LoggedErasure) -> None:
        """Write one line and wait for the disks; a line for an erasure that then fails and is tried again is harmless.

        Raises :class:`~vault.storage.errors.StoreUnavailable` where the copy cannot be written: nothing is erased then.
        """
        line = json.dumps(
            {"document": str(erasure.document_id), "at": erasure.at.isoformat(), "cause": erasure.cause}
        ).encode()
        _append(self.path, [line])
        if self._copy is not None:
            try:
                _append(self._copy, [line] if self._caught_up else self._missing(self._copy))
            except OSError as error:
                raise StoreUnavailable(f"the copy of the log of erasures: {type(error).__name__}") from None
            self._caught_up = True

    def _missing(self, copy: Path) -> list[bytes]:
        """Return what the copy lacks, such as what was logged before there was one."""
        there = set(copy.read_bytes().split(b"\n")) if copy.exists() else set()
        return [line for line in self.path.read_bytes().split(b"\n") if line and line not in there]


def _append(path: Path, lines: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # A line cut by a power cut must not swallow the next one.
        size = os.fstat(descriptor).st_size
        lead = b"" if size == 0 or os.pread(descriptor, 1, size - 1) == b"\n" else b"\n"
        whole = lead + b"".join(line + b"\n" for line in lines)
        if os.write(descriptor, whole) != len(whole):
            raise OSError(errno.ENOSPC, "a line of the log of erasures was cut")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if size == 0:
        _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    """Wait until the name of a new file is on the disk too; storage that has no such notion has its own way."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def read_logs(paths: Iterable[Path]) -> list[LoggedErasure]:
    """Return what several logs say together, each document once, oldest first; a folder stands for the logs in it.

    Raises as :func:`read_erasures` does, and ``OSError``.
    """
    files = [file for path in paths for file in (sorted(path.glob("erasures*.log")) if path.is_dir() else [path])]
    found: dict[DocumentId, LoggedErasure] = {}
    for file in files:
        for erasure in read_erasures(file.read_text(encoding="utf-8")):
            known = found.setdefault(erasure.document_id, erasure)
            if erasure.at < known.at:
                found[erasure.document_id] = erasure
    return sorted(found.values(), key=lambda one: (one.at, one.document_id))


def read_erasures(text: str) -> Iterator[LoggedErasure]:
    """Yield what a log says, oldest first; a cut last line is left out.

    Raises :class:`~vault.errors.ErasureLogMalformed` for any other line that is none of ours.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            found = json.loads(line)
            yield LoggedErasure(
                DocumentId(UUID(found["document"])), datetime.fromisoformat(found["at"]), str(found["cause"])
            )
        except (ValueError, KeyError, TypeError):
            # What a power cut left of a line that was written anew, or of the last.
            if line[: len(_BEGINNING)] == _BEGINNING[: len(line)] and not line.endswith("}"):
                continue
            raise ErasureLogMalformed(f"line {number}") from None
