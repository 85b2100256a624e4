"""Parts of an unfinished upload in the store: sealed by the door as they come, opened by it only to finish."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

from vault.crypto.envelope import DataKey, open_whole, seal_stream
from vault.crypto.errors import KeyRefused, SealBroken
from vault.crypto.framing import frame
from vault.crypto.upload_key import UploadKey
from vault.documents.custody import Custody
from vault.storage.errors import ObjectMissing
from vault.storage.objects import ObjectName, new_object_name
from vault.uploads.errors import UploadBroken

PART_BYTES = 1024 * 1024
"""Bytes of a part at most: what one unfinished upload holds in memory, and what a dying door loses of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where one part lies; ``start`` is its first byte's place in the document."""

    start: int
    length: int
    object_name: ObjectName
    sealed_key: bytes = field(repr=False)
    commitment: bytes = field(repr=False)


async def store_part(custody: Custody, key: UploadKey, upload_id: UUID, start: int, content: bytes) -> Part:
    """Seal and store one part; nothing knows of it before its row is committed.

    Raises :class:`~vault.storage.errors.StoreUnavailable`.
    """
    sealer = seal_stream(upload_id, start)
    ciphertext = sealer.update(content) + sealer.finish()
    name = new_object_name()
    await custody.objects.put_stream(name, _once(ciphertext), len(ciphertext))
    context = _context(upload_id, start, len(content), sealer.commitment)
    return Part(start, len(content), name, key.seal(sealer.data_key.reveal(), context), sealer.commitment)


def open_part(custody: Custody, key: UploadKey, upload_id: UUID, part: Part) -> bytes:
    """Return a part's bytes, verified whole.

    Raises :class:`UploadBroken` where they are gone or not those that were sealed, and the store's errors.
    """
    try:
        keyset = key.open(part.sealed_key, _context(upload_id, part.start, part.length, part.commitment))
        return open_whole(
            b"".join(custody.objects.get(part.object_name)),
            DataKey(keyset),
            custody_id=upload_id,
            version=part.start,
            expected_commitment=part.commitment,
            expected_length=part.length,
        )
    except (KeyRefused, SealBroken, ObjectMissing):
        raise UploadBroken from None


def _context(upload_id: UUID, start: int, length: int, commitment: bytes) -> bytes:
    return frame("unefois/upload-part/v1", upload_id, start, length, commitment)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
