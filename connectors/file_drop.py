"""Hand a file to a partner's folder so that the partner sees it whole or not at all."""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connectors.port import Exchange, WireRequest
from contracts.outcomes import Phase

WRITTEN = 201
SAME_FILE_THERE = 200
OTHER_FILE_THERE = 409
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")
_FILE_MODE = 0o640


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    # The lock keeps two of our own processes from both finding the name free.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


class FileDropTransport:
    """A partner's drop folder as a transport: the request's URL is the bare file name, its body the file.

    The status of the exchange borrows HTTP's words: 201 written, 200 the same file was there already (a
    duplicate), 409 another file has this name (an amendment needs another sequence number).
    """

    def __init__(self, folder: Path) -> None:
        """Drop into ``folder``, which must exist: a missing mount must not become a local folder."""
        self._folder = folder

    def holds(self, name: str) -> bool:
        """Tell whether a file of this name still lies there; whoever fetches it may have taken it."""
        return bool(_NAME.fullmatch(name)) and (self._folder / name).is_file()

    def send(self, request: WireRequest) -> Exchange:
        """Write the file under a temporary name, make it durable, then give it its name.

        ``NOT_SENT`` until the rename; ``SENT`` when the rename happened but could not be made durable.
        """
        if not _NAME.fullmatch(request.url):
            return _exchange(Phase.NOT_SENT, fault="name_refused")
        phase = Phase.NOT_SENT
        try:
            with _locked(self._folder) as folder:
                present = _digest_of(request.url, folder)
                digest = hashlib.sha256(request.body).hexdigest()
                if present is not None:
                    status = SAME_FILE_THERE if present == digest else OTHER_FILE_THERE
                    return _exchange(Phase.COMPLETE, status=status, digest=present)
                temporary = f".{request.url}.part"
                _write_durably(temporary, request.body, folder)
                phase = Phase.SENT
                os.rename(temporary, request.url, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
                return _exchange(Phase.COMPLETE, status=WRITTEN, digest=digest)
        except OSError as error:
            return _exchange(phase, fault=f"os:{error.errno}")


def _digest_of(name: str, folder: int) -> str | None:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_durably(name: str, body: bytes, folder: int) -> None:
    # The temporary name is fixed, so what a crash left behind is overwritten and never piles up.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(name, flags, _FILE_MODE, dir_fd=folder)
    with os.fdopen(handle, "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())


def _exchange(phase: Phase, *, status: int | None = None, digest: str = "", fault: str = "") -> Exchange:
    headers = (("x-sha256", digest),) if digest else ()
    return Exchange(phase=phase, at=datetime.now(UTC), status=status, headers=headers, fault=fault)
