"""Secret files: made readable by their owner only, and refused when they are not."""

import os
import stat
from pathlib import Path

from vault.crypto.errors import KeyFileExists, KeyFileMissing, KeyFileUnsafe


def write_secret_file(path: Path, content: bytes) -> None:
    """Create ``path`` with mode 0600; raises :class:`KeyFileExists` rather than overwrite a key."""
    _create(path, content, 0o600)


def write_public_file(path: Path, content: bytes) -> None:
    """Create ``path`` with mode 0644; raises :class:`KeyFileExists` rather than overwrite a key."""
    _create(path, content, 0o644)


def replace_secret_file(path: Path, content: bytes) -> None:
    """Put ``content`` (mode 0600) in the place of ``path`` in one step; whoever reads sees the old or the new whole."""
    _replace(path, content, 0o600)


def replace_public_file(path: Path, content: bytes) -> None:
    """Put ``content`` (mode 0644) in the place of ``path`` in one step."""
    _replace(path, content, 0o644)


def read_secret_file(path: Path) -> bytes:
    """Return the content of ``path``.

    Raises :class:`KeyFileMissing`, and :class:`KeyFileUnsafe` where it is no regular file, belongs to another account,
    or gives its group or others any right.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise KeyFileMissing(f"{path.name} is missing") from None
    except OSError:
        raise KeyFileUnsafe(f"{path.name} is a link or cannot be read by this process") from None
    with os.fdopen(descriptor, "rb") as file:
        # The mode of the file that is open, not of whatever the path names a moment later.
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise KeyFileUnsafe(f"{path.name} is not a regular file")
        if found.st_uid != os.geteuid():
            raise KeyFileUnsafe(f"{path.name} belongs to another account than the one this process runs as")
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise KeyFileUnsafe(f"{path.name} has mode {mode:04o}; its group and others must have no right (0600)")
        return file.read()


def read_public_file(path: Path) -> bytes:
    """Return the content of ``path``; raises :class:`KeyFileMissing`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeyFileMissing(f"{path.name} is missing") from None


def _replace(path: Path, content: bytes, mode: int) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    _create(beside, content, mode)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError:
        raise KeyFileExists(f"{path.name} exists already") from None
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
