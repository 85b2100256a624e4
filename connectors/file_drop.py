"""Hand a file to a partner's folder so that the partner sees it whole or not at all."""

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from connectors.drops import (
    NAME_REFUSED,
    OTHER_FILE_THERE,
    SAME_FILE_THERE,
    WRITTEN,
    Lying,
    handed,
    in_the_making,
    is_file_name,
)
from connectors.errors import FileTooLarge, FolderUnreachable
from connectors.port import Exchange, WireRequest
from contracts.outcomes import Phase

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
        return is_file_name(name) and (self._folder / name).is_file()

    def send(self, request: WireRequest) -> Exchange:
        """Write the file under a temporary name, make it durable, then give it its name.

        ``NOT_SENT`` until the rename; ``SENT`` when the rename happened but could not be made durable.
        """
        if not is_file_name(request.url):
            return handed(Phase.NOT_SENT, fault=NAME_REFUSED)
        phase = Phase.NOT_SENT
        try:
            with _locked(self._folder) as folder:
                present = _digest_of(request.url, folder)
                digest = hashlib.sha256(request.body).hexdigest()
                if present is not None:
                    status = SAME_FILE_THERE if present == digest else OTHER_FILE_THERE
                    return handed(Phase.COMPLETE, status=status, digest=present)
                temporary = in_the_making(request.url)
                _write_durably(temporary, request.body, folder)
                phase = Phase.SENT
                os.rename(temporary, request.url, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
                return handed(Phase.COMPLETE, status=WRITTEN, digest=digest)
        except OSError as error:
            return handed(phase, fault=f"os:{error.errno}")


class FolderInbox:
    """A folder on this machine into which a partner puts files for us."""

    def __init__(self, folder: Path) -> None:
        """Fetch from ``folder``."""
        self._folder = folder

    def listing(self) -> list[Lying]:
        """Return the files whose names we take, by name."""
        try:
            with os.scandir(self._folder) as entries:
                found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            raise FolderUnreachable(f"os:{error.errno}") from None
        files = ((name, status) for name, status in found if is_file_name(name) and stat.S_ISREG(status.st_mode))
        return sorted(
            (Lying(name, status.st_size, int(status.st_mtime)) for name, status in files), key=lambda one: one.name
        )

    def fetch(self, name: str, at_most: int) -> bytes:
        """Return the bytes of one file."""
        try:
            with _locked(self._folder) as folder:
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
                with os.fdopen(handle, "rb") as stream:
                    body = stream.read(at_most + 1)
        except OSError as error:
            raise FolderUnreachable(f"os:{error.errno}") from None
        if len(body) > at_most:
            raise FileTooLarge
        return body

    def clear(self, name: str) -> None:
        """Take a file away."""
        try:
            with _locked(self._folder) as folder, suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
        except OSError as error:
            raise FolderUnreachable(f"os:{error.errno}") from None


def _digest_of(name: str, folder: int) -> str | None:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_durably(name: str, body: bytes, folder: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(name, flags, _FILE_MODE, dir_fd=folder)
    with os.fdopen(handle, "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
