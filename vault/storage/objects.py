"""The port to the object store: random names, ciphertext only, exact lengths."""

import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from vault.storage.errors import LongBody, ShortBody

ObjectName = NewType("ObjectName", str)
"""What the store calls an object: random, so that equal papers do not have equal names."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What the store says of one object: its length in bytes, and when it was written by the store's own clock."""

    name: ObjectName
    length: int
    stored_at: datetime
    shown: bool
    """False where the store keeps only older versions of it: to whoever asks for it, it is gone."""


class ObjectStore(Protocol):
    """Where the worker and the readers keep ciphertext.

    Every method raises :class:`~vault.storage.errors.StoreUnavailable` where the store does not answer and
    :class:`~vault.storage.errors.StoreRefused` where it does not accept us.
    """

    def put(self, name: ObjectName, chunks: Iterable[bytes], length: int) -> None:
        """Store exactly ``length`` bytes.

        Raises :class:`~vault.storage.errors.ShortBody` or :class:`~vault.storage.errors.LongBody`, and lets an error of
        ``chunks`` through; no object exists then.
        """
        ...

    def get(self, name: ObjectName) -> Iterator[bytes]:
        """Yield the object; raises :class:`~vault.storage.errors.ObjectMissing` at the first step."""
        ...

    def exists(self, name: ObjectName) -> bool:
        """Tell whether there is such an object."""
        ...

    def listing(self) -> Iterator[StoredObject]:
        """Yield everything the store keeps, each name once and in the order of names, holding a page of it at most."""
        ...

    def delete(self, name: ObjectName) -> None:
        """Delete the object in every version of it; one that is not there is no error.

        Raises :class:`~vault.storage.errors.ObjectRetained` where a lock keeps it for now.
        """
        ...

    def hold(self, name: ObjectName, *, on: bool) -> None:
        """Keep the object against deletion until the hold is taken off, where the store has object lock.

        Does nothing where the settings ask for no lock: the row's own state keeps the document then. Raises
        :class:`~vault.storage.errors.ObjectMissing`.
        """
        ...


class StreamingStore(ObjectStore, Protocol):
    """What a door needs on top: storing while the bytes still arrive."""

    async def put_stream(self, name: ObjectName, chunks: AsyncIterator[bytes], length: int) -> None:
        """Store exactly ``length`` bytes as they come; raises as :meth:`ObjectStore.put` does."""
        ...

    async def aclose(self) -> None:
        """Give the door's connections back."""
        ...


def new_object_name() -> ObjectName:
    """Return a random name of 128 bits in hexadecimal."""
    return ObjectName(secrets.token_hex(16))


class LengthGuard:
    """Counts a body against its announced length, so that too much or too little never becomes an object."""

    def __init__(self, length: int) -> None:
        self._left = length

    def take(self, chunk: bytes) -> bytes:
        """Return ``chunk``; raises :class:`~vault.storage.errors.LongBody` beyond the announced length."""
        self._left -= len(chunk)
        if self._left < 0:
            raise LongBody
        return chunk

    def end(self) -> None:
        """Raise :class:`~vault.storage.errors.ShortBody` where the announced length was not reached."""
        if self._left:
            raise ShortBody

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield ``chunks``, checked."""
        for chunk in chunks:
            yield self.take(chunk)
        self.end()

    async def over_stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield ``chunks`` as they come, checked."""
        async for chunk in chunks:
            yield self.take(chunk)
        self.end()
