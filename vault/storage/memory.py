"""An object store in memory, for unit tests."""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime

from vault.storage.errors import ObjectMissing, ObjectRetained
from vault.storage.objects import LengthGuard, ObjectName, StoredObject


class MemoryObjectStore:
    """Keeps objects in a dictionary; see :class:`vault.storage.objects.StreamingStore`."""

    def __init__(self) -> None:
        self._objects: dict[ObjectName, bytes] = {}
        self._held: set[ObjectName] = set()
        self._stored: dict[ObjectName, datetime] = {}

    def put(self, name: ObjectName, chunks: Iterable[bytes], length: int) -> None:
        """Store exactly ``length`` bytes."""
        self._keep(name, b"".join(LengthGuard(length).over(chunks)))

    async def put_stream(self, name: ObjectName, chunks: AsyncIterator[bytes], length: int) -> None:
        """Store exactly ``length`` bytes as they come."""
        self._keep(name, b"".join([chunk async for chunk in LengthGuard(length).over_stream(chunks)]))

    def get(self, name: ObjectName) -> Iterator[bytes]:
        """Yield the object."""
        if name not in self._objects:
            raise ObjectMissing
        yield self._objects[name]

    def exists(self, name: ObjectName) -> bool:
        """Tell whether there is such an object."""
        return name in self._objects

    def listing(self) -> Iterator[StoredObject]:
        """Yield everything in the order of names."""
        for name in sorted(self._objects):
            yield StoredObject(name, len(self._objects[name]), self._stored[name], shown=True)

    def delete(self, name: ObjectName) -> None:
        """Delete the object."""
        if name in self._held:
            raise ObjectRetained(name)
        self._objects.pop(name, None)

    def hold(self, name: ObjectName, *, on: bool) -> None:
        """Keep the object against deletion, or no longer."""
        if name not in self._objects:
            raise ObjectMissing
        if on:
            self._held.add(name)
        else:
            self._held.discard(name)

    async def aclose(self) -> None:
        """Do nothing: there are no connections."""

    def _keep(self, name: ObjectName, content: bytes) -> None:
        self._objects[name], self._stored[name] = content, datetime.now(UTC)
