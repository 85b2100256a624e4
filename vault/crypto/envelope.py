"""One stored object: sealed while it streams in, opened only as what it was sealed as (format: FORMAT.md)."""

import hashlib
import hmac
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.crypto.errors import SealBroken
from vault.crypto.framing import frame
from vault.crypto.primitives import StreamFault, decrypting_stream, encrypting_stream, new_stream_keyset

SEGMENT_FORMAT = "AES256_GCM_HKDF_4KB"
COMMITMENT_LENGTH = 64
"""Bytes: half commits to the key, half to the plaintext."""
WHOLE_LIMIT = 4 * 1024 * 1024
"""Bytes of plaintext up to which an object is verified in memory before any of it goes on."""

_SEGMENT, _TAG, _HEADER = 4096, 16, 40
_CHUNK = 64 * 1024


class DataKey:
    """The key of one object, in clear; it shows and pickles nothing."""

    __slots__ = ("_keyset",)

    def __init__(self, keyset: bytes) -> None:
        self._keyset = keyset

    def reveal(self) -> bytes:
        """Return the serialized Tink keyset; for wrapping only."""
        return self._keyset

    def __repr__(self) -> str:
        """Show nothing."""
        return "<DataKey>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a key in clear never lies on a disk or in a queue."""
        raise TypeError("a data key is never pickled")


@dataclass(frozen=True, slots=True)
class _Sealing:
    custody_id: UUID
    version: int
    length: int
    commitment: bytes

    @property
    def ciphertext_length(self) -> int:
        return ciphertext_length(self.length)


class Sealer:
    """Encrypts one object as it streams past; :attr:`data_key` and the rest exist after :meth:`finish`."""

    def __init__(self, custody_id: UUID, version: int) -> None:
        self._custody_id, self._version = custody_id, version
        self._key = DataKey(new_stream_keyset())
        self._digest = hashlib.sha256()
        self._length = 0
        self._sink = _Sink()
        associated = _associated_data(custody_id, version)
        self._stream = encrypting_stream(self._key.reveal(), self._sink, associated)

    def update(self, chunk: bytes) -> bytes:
        """Take plaintext, return the ciphertext that is ready to send: often none, then about 128 kB at once."""
        self._digest.update(chunk)
        self._length += len(chunk)
        self._stream.write(chunk)
        return self._sink.take()

    def finish(self) -> bytes:
        """Return the tail of the ciphertext; nothing may be added after it."""
        self._stream.close()
        return self._sink.take()

    @property
    def data_key(self) -> DataKey:
        """The fresh key of this object."""
        self._require_finished()
        return self._key

    @property
    def plaintext_sha256(self) -> bytes:
        """SHA-256 of the plaintext: never stored in clear, because it would tell equal papers of two holders."""
        self._require_finished()
        return self._digest.digest()

    @property
    def plaintext_length(self) -> int:
        """Bytes of plaintext."""
        self._require_finished()
        return self._length

    @property
    def commitment(self) -> bytes:
        """What binds this object to this key and this plaintext, and tells neither (64 bytes)."""
        key_part = _commit_key(self.data_key, self._custody_id, self._version)
        sealing = _Sealing(self._custody_id, self._version, self._length, key_part)
        return key_part + _commit_content(self.data_key, sealing, self.plaintext_sha256)

    def _require_finished(self) -> None:
        if not self._stream.closed:
            raise ValueError("the seal is not finished")


def seal_stream(custody_id: UUID, version: int) -> Sealer:
    """Begin to seal the object of one custody record under a fresh key."""
    return Sealer(custody_id, version)


def ciphertext_length(plaintext_length: int) -> int:
    """Return the exact length in bytes of what ``plaintext_length`` bytes become.

    A header of 40 bytes lies in the first segment of 4096; every segment, the first of an empty text too, carries a tag
    of 16 (Tink, AES-GCM-HKDF streaming). Raises :class:`ValueError` below zero.
    """
    if plaintext_length < 0:
        raise ValueError("a length is not negative")
    beyond_first = max(0, plaintext_length - (_SEGMENT - _HEADER - _TAG))
    segments = 1 - (-beyond_first // (_SEGMENT - _TAG))
    return plaintext_length + _HEADER + segments * _TAG


def open_whole(
    ciphertext: bytes,
    data_key: DataKey,
    *,
    custody_id: UUID,
    version: int,
    expected_commitment: bytes,
    expected_length: int,
) -> bytes:
    """Return the plaintext, verified whole; raises :class:`SealBroken` for anything but the object that was sealed."""
    sealing = _Sealing(custody_id, version, expected_length, expected_commitment)
    return b"".join(_open((ciphertext,), data_key, sealing))


def open_stream(
    source: Iterable[bytes],
    data_key: DataKey,
    *,
    custody_id: UUID,
    version: int,
    expected_commitment: bytes,
    expected_length: int,
) -> Iterator[bytes]:
    """Yield plaintext as it is authenticated; only the end of the iteration says that the whole was right.

    Raises :class:`SealBroken` before the first byte for a wrong key or record, at the fault for a changed segment, and
    at the end for a wrong length or digest. An error of ``source`` comes through as it is.
    """
    return _open(source, data_key, _Sealing(custody_id, version, expected_length, expected_commitment))


def open_verified(
    fetch: Callable[[], Iterable[bytes]],
    data_key: DataKey,
    *,
    custody_id: UUID,
    version: int,
    expected_commitment: bytes,
    expected_length: int,
) -> Iterator[bytes]:
    """Yield plaintext of which nothing leaves before the whole was verified once.

    Up to :data:`WHOLE_LIMIT` bytes it is held in memory; beyond, ``fetch`` is called twice, and a fault in the second
    pass raises :class:`SealBroken` in the middle, so the caller must abort without a clean end.
    """
    sealing = _Sealing(custody_id, version, expected_length, expected_commitment)
    if expected_length <= WHOLE_LIMIT:
        yield b"".join(_open(fetch(), data_key, sealing))
        return
    for _ in _open(fetch(), data_key, sealing):
        pass
    yield from _open(fetch(), data_key, sealing)


def _open(source: Iterable[bytes], data_key: DataKey, sealing: _Sealing) -> Iterator[bytes]:
    key_part = _commit_key(data_key, sealing.custody_id, sealing.version)
    if not hmac.compare_digest(sealing.commitment[: len(key_part)], key_part):
        raise SealBroken
    reader = _Reader(source, sealing.ciphertext_length)
    associated = _associated_data(sealing.custody_id, sealing.version)
    digest = hashlib.sha256()
    try:
        stream = decrypting_stream(data_key.reveal(), reader, associated)
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            yield chunk
    except StreamFault:
        # Tink turns every error of its source into its own; an unreachable store is no forgery.
        raise reader.fault or SealBroken() from None
    content_part = _commit_content(data_key, sealing, digest.digest())
    if not reader.complete or not hmac.compare_digest(sealing.commitment[len(key_part) :], content_part):
        raise SealBroken


def _associated_data(custody_id: UUID, version: int) -> bytes:
    return frame("unefois/object/v1", custody_id, version, SEGMENT_FORMAT)


def _commit_key(key: DataKey, custody_id: UUID, version: int) -> bytes:
    return _derive(key, frame("key", custody_id, version, SEGMENT_FORMAT))


def _commit_content(key: DataKey, sealing: _Sealing, plaintext_sha256: bytes) -> bytes:
    info = frame("content", sealing.custody_id, sealing.version, sealing.length, plaintext_sha256)
    return _derive(key, info)


def _derive(key: DataKey, info: bytes) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=COMMITMENT_LENGTH // 2, salt=b"unefois/commitment/v1", info=info)
    return hkdf.derive(key.reveal())


class _Sink(io.RawIOBase):
    """Where Tink writes ciphertext; it can still be emptied after Tink closed it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # Tink only ever hands bytes
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


class _Reader(io.RawIOBase):
    """Chunks of ciphertext as the file Tink reads; never more than the sealed length."""

    def __init__(self, source: Iterable[bytes], length: int) -> None:
        super().__init__()
        self._source = iter(source)
        self._left = length
        self._pending = memoryview(b"")
        self.fault: Exception | None = None

    @property
    def complete(self) -> bool:
        """Whether the source held exactly the sealed length."""
        return self._left == 0 and not self._pending and not any(self._source)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while not self._pending:
            try:
                self._pending = memoryview(next(self._source))
            except StopIteration:
                return b""
            except Exception as error:
                self.fault = error
                raise
        wanted = len(self._pending) if size < 0 else min(size, len(self._pending))
        taken = bytes(self._pending[:wanted])
        self._pending = self._pending[wanted:]
        self._left -= len(taken)
        if self._left < 0:
            self.fault = SealBroken()
            raise self.fault
        return taken
