"""Take a backup: rows of one moment, the ciphertexts they name, and holder keys apart with a day of their own to die."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import vault.bootstrap as vault_parts
from contracts.calendar import paris_day
from orchestration.backup import dumping
from orchestration.stack.plan import StoreAddresses
from vault.backup.sealed_file import sealed_writer
from vault.documents.certificates import KEY_BACKUP_LIFE
from vault.documents.sealed_names import sealed_objects
from vault.storage.errors import ObjectMissing
from vault.storage.objects import ObjectName, ObjectStore

FORMAT = 1
KEYS_SUFFIX = ".holder-keys"
PIECE = 4 * 1024 * 1024
"""Bytes of a dump in one member of the archive: it is written before its length is known."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a backup holds; ``missing`` are objects erased while it was taken."""

    backup: str
    objects: int
    missing: int
    keys_die_on: date


def keys_file(file: Path) -> Path:
    """Return where the holder keys of a backup lie: beside it, in a file of their own."""
    return file.with_name(file.name + KEYS_SUFFIX)


def take(stores: StoreAddresses, objects: ObjectStore, file: Path, recipient: Path) -> Taken:
    """Write the backup to ``file`` and the holder keys beside it, both sealed to ``recipient``.

    The master key is in neither. Raises ``FileExistsError``, :class:`~orchestration.backup.errors.BackupFailed`, and as
    the stores do; then neither file is left.
    """
    now = vault_parts.utc_now()
    dies_on = paris_day(now + KEY_BACKUP_LIFE)
    header = {"format": FORMAT, "backup": str(uuid4()), "taken_at": now.isoformat()}
    keys = header | {"part": "holder-keys", "expires_on": dies_on.isoformat()}
    counts = {"objects": 0, "missing": 0}
    with dumping.snapshot(stores) as (connection, name):
        with sealed_writer(keys_file(file), recipient, keys) as stream, _archive(stream) as archive:
            table = ("--data-only", f"--table={dumping.HOLDER_KEYS}")
            _add_pieces(archive, "keys", dumping.dump(stores, name, table))
        try:
            with sealed_writer(file, recipient, header | {"part": "data"}) as stream, _archive(stream) as archive:
                _add_pieces(archive, "versions", dumping.dump(stores, name, (f"--table={dumping.VERSIONS}",)))
                _add_pieces(archive, "database", dumping.dump(stores, name, dumping.everything()))
                for object_name, length in sealed_objects(connection):
                    counts["objects" if _add_object(archive, objects, object_name, length) else "missing"] += 1
                _add(archive, "end.json", json.dumps(counts).encode())
        except BaseException:
            keys_file(file).unlink(missing_ok=True)
            raise
    return Taken(header["backup"] if isinstance(header["backup"], str) else "", **counts, keys_die_on=dies_on)


def _archive(stream: BinaryIO) -> tarfile.TarFile:
    return tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _add_pieces(archive: tarfile.TarFile, folder: str, chunks: Iterable[bytes]) -> None:
    buffer, number = bytearray(), 0
    for chunk in chunks:
        buffer += chunk
        if len(buffer) >= PIECE:
            _add(archive, f"{folder}/{number:08d}", bytes(buffer))
            buffer, number = bytearray(), number + 1
    _add(archive, f"{folder}/{number:08d}", bytes(buffer))


def _add_object(archive: tarfile.TarFile, objects: ObjectStore, name: ObjectName, length: int) -> bool:
    chunks = objects.get(name)
    try:
        first = next(chunks, b"")
    except ObjectMissing:
        return False
    member = tarfile.TarInfo(f"objects/{name}")
    member.size = length
    archive.addfile(member, _Chunks(first, chunks))
    chunks.close()  # type: ignore[attr-defined]  # a generator: it gives its connection back
    return True


class _Chunks(io.RawIOBase):
    """Chunks of an object as the file tarfile reads; a short one raises, because the member's length is written."""

    def __init__(self, first: bytes, rest: Iterator[bytes]) -> None:
        super().__init__()
        self._pending, self._rest = first, rest

    def read(self, size: int = -1, /) -> bytes:
        while len(self._pending) < size and (more := next(self._rest, b"")):
            self._pending += more
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken
