"""What was erased, line by line, in a file outside every backup: a restored one is told from it what must go again."""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from contracts.identifiers import DocumentId
from vault.errors import ErasureLogMalformed


@dataclass(frozen=True, slots=True)
class LoggedErasure:
    """One document to be gone: an identifier and a moment, nothing else."""

    document_id: DocumentId
    at: datetime
    cause: str


class ErasureLog:
    """Append-only; a line is on the disk before the destruction commits, so that none is ever missing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, erasure: LoggedErasure) -> None:
        """Write one line and wait for the disk; a line for an erasure that then fails and is tried again is harmless."""
        line = {"document": str(erasure.document_id), "at": erasure.at.isoformat(), "cause": erasure.cause}
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A line cut by a power cut must not swallow the next one.
            size = os.fstat(descriptor).st_size
            lead = b"" if size == 0 or os.pread(descriptor, 1, size - 1) == b"\n" else b"\n"
            os.write(descriptor, lead + json.dumps(line).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
            if line.startswith('{"document"') and not line.endswith("}"):
                continue
            raise ErasureLogMalformed(f"line {number}") from None
