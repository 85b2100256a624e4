"""Read the schema files of a folder into memory, within limits, and never through a link that leads out of it."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from connectors.schemas.checking import kind_of
from connectors.schemas.parsing import BOUNDS

_FOLDER_BYTES = 128 * 1024 * 1024
_ALSO_IMPORTED = (".xml",)
"""Suffixes under which vendors keep schemas that others import; such files are served, and not checked themselves."""


@dataclass(slots=True)
class Gathered:
    """The files of a folder by their relative posix paths, and why some of them were not read."""

    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    refused: dict[str, str] = field(default_factory=dict)
    size: int = 0

    @property
    def checked(self) -> list[str]:
        """The paths of the files that say they are schemas, sorted."""
        return sorted(path for path in self.files if kind_of(path))


def gather(folder: Path) -> Gathered:
    """Return what lies under ``folder``; links to folders are not followed.

    Raises:
        OSError: a folder cannot be listed, so that nobody could say what it holds.
    """
    root = folder.resolve()
    gathered = Gathered()
    for here, folders, names in os.walk(root, onerror=_raise):
        folders.sort()
        for name in sorted(names):
            path = Path(here, name)
            relative = path.relative_to(root).as_posix()
            if kind_of(name) or name.lower().endswith(_ALSO_IMPORTED):
                _take(gathered, root, path, relative)
    return gathered


def _raise(error: OSError) -> None:
    raise error


def _take(gathered: Gathered, root: Path, path: Path, relative: str) -> None:
    try:
        read = _read(root, path, _FOLDER_BYTES - gathered.size)
    except OSError as error:
        read = f"cannot be read: {error.strerror or type(error).__name__}"
    if isinstance(read, bytes):
        gathered.files[relative] = read
        gathered.size += len(read)
    elif kind_of(relative):
        gathered.refused[relative] = read


def _read(root: Path, path: Path, left: int) -> bytes | str:
    """Return the bytes of ``path``, or why they are not wanted."""
    # pathlib would tell a link that leads to itself as no error of the system.
    if not Path(os.path.realpath(path, strict=True)).is_relative_to(root):
        return "is a link that leads out of the folder"
    # A pipe by the name of a schema would keep a blocking open waiting for its writer.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a descriptor
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            return "is not a regular file"
        if found.st_size > BOUNDS.size:
            return f"is larger than any schema we read: {found.st_size} bytes, {BOUNDS.size} at most"
        if found.st_size > left:
            return f"is over what one folder may hold, {_FOLDER_BYTES} bytes"
        data = file.read(BOUNDS.size + 1)
        return data if len(data) <= min(BOUNDS.size, left) else "grew while it was read"
