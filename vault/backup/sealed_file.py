"""One sealed file: a header anyone may read, and a body that only the offline private key opens.

Format: a line of magic, a line of JSON (the header, with the file's own key wrapped by HPKE to the recipient), then
Tink streaming ciphertext (AES256_GCM_HKDF_4KB) whose associated data is that very line: a changed header opens nothing.
"""

import base64
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from vault.backup.errors import BackupBroken, BackupMalformed
from vault.crypto.errors import KeyRefused, SealBroken
from vault.crypto.key_files import read_public_file, read_secret_file, write_public_file, write_secret_file
from vault.crypto.primitives import (
    StreamFault,
    decrypting_stream,
    encrypting_stream,
    hybrid_decrypt,
    hybrid_encrypt,
    new_hybrid_pair,
    new_stream_keyset,
    private_from_json,
    private_to_json,
    public_from_json,
    public_to_json,
)

MAGIC = b"unefois-backup/1\n"
PUBLIC_NAME, PRIVATE_NAME = "backup.public.json", "backup.private.json"
_HEADER_LIMIT = 64 * 1024
_CHUNK = 1024 * 1024


def create_recipient(folder: Path) -> None:
    """Make the pair of files backups are sealed to; the private one goes offline and never to a machine that runs.

    Raises :class:`~vault.crypto.errors.KeyFileExists` rather than overwrite either.
    """
    pair = new_hybrid_pair()
    write_secret_file(folder / PRIVATE_NAME, private_to_json(pair.private).encode())
    write_public_file(folder / PUBLIC_NAME, public_to_json(pair.public).encode())


@contextmanager
def sealed_writer(path: Path, recipient: Path, header: Mapping[str, Any]) -> Iterator[BinaryIO]:
    """Give a writable file whose content is sealed to the public key in ``recipient``; it exists whole or not at all.

    ``header`` stays readable: identifiers, days and words only. Raises ``FileExistsError``, and as the key file does.
    """
    public = public_from_json(read_public_file(recipient).decode())
    keyset = new_stream_keyset()
    told = json.dumps(dict(header), sort_keys=True).encode()
    key = base64.b64encode(hybrid_encrypt(public, keyset, told)).decode()
    line = json.dumps({"header": dict(header), "key": key}, sort_keys=True).encode() + b"\n"
    if path.exists():
        raise FileExistsError(path.name)
    passing = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(MAGIC + line)
            stream = encrypting_stream(keyset, _Kept(file), line)
            yield stream
            stream.close()
            file.flush()
            os.fsync(file.fileno())
        passing.rename(path)
    except BaseException:
        passing.unlink(missing_ok=True)
        raise


def read_header(path: Path) -> dict[str, Any]:
    """Return what a sealed file says of itself, unverified; raises :class:`BackupMalformed`."""
    with path.open("rb") as file:
        return _header(file)[0]


@contextmanager
def sealed_reader(path: Path, private_key: Path) -> Iterator[BinaryIO]:
    """Give the content of a sealed file; what is read counts only once :func:`verify_whole` has passed on the file.

    Raises :class:`BackupMalformed` and :class:`BackupBroken`.
    """
    pair = private_from_json(read_secret_file(private_key).decode())
    with path.open("rb") as file:
        header, key, line = _header(file)
        try:
            keyset = hybrid_decrypt(pair.private, key, json.dumps(header, sort_keys=True).encode())
            yield decrypting_stream(keyset, _Kept(file), line)
        except (KeyRefused, SealBroken, StreamFault):
            raise BackupBroken(f"{path.name} does not open: another key, or not the bytes that were sealed") from None


def verify_whole(path: Path, private_key: Path) -> int:
    """Read a sealed file to its end and keep nothing; return its bytes. Raises as :func:`sealed_reader` does."""
    total = 0
    with sealed_reader(path, private_key) as stream:
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
    return total


def _header(file: BinaryIO) -> tuple[dict[str, Any], bytes, bytes]:
    try:
        if file.read(len(MAGIC)) != MAGIC:
            raise BackupMalformed
        line = file.readline(_HEADER_LIMIT)
        found = json.loads(line)
        return dict(found["header"]), base64.b64decode(found["key"], validate=True), line
    except (ValueError, KeyError, TypeError):
        raise BackupMalformed from None


class _Kept(io.RawIOBase):
    """The file below Tink's stream, which closes what it was given; we close ours ourselves, after the disk has it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._file.write(bytes(data))
        return len(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)
