"""A master key that lives in memory: for unit tests, and what the key files are loaded into."""

from vault.crypto.errors import KeyRightMissing
from vault.crypto.keyring import KeyState
from vault.crypto.primitives import (
    HybridOpener,
    HybridPair,
    hybrid_encrypt,
    new_hybrid_pair,
    opens_with_several,
    prefix_of_primary,
    with_fresh_primary,
    with_primary_only,
)


class MemoryMasterKey:
    """A hybrid master key; without the private half it can only wrap."""

    def __init__(self, public_keyset: bytes, private_keyset: bytes | None) -> None:
        self._public = public_keyset
        self._private = private_keyset
        self._opener: HybridOpener | None = None

    @classmethod
    def generate(cls) -> "MemoryMasterKey":
        """Make a fresh key with both rights."""
        pair = new_hybrid_pair()
        return cls(pair.public, pair.private)

    def wrap_only(self) -> "MemoryMasterKey":
        """Return the same key with the right to wrap and no other."""
        return MemoryMasterKey(self._public, None)

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """See :meth:`vault.crypto.keyring.MasterKey.wrap`."""
        return hybrid_encrypt(self._public, secret, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See :meth:`vault.crypto.keyring.MasterKey.unwrap`."""
        # Made at the first opening and kept, as the key is: parsing it took as long as opening.
        opener = self._opener
        if opener is None:
            opener = self._opener = HybridOpener(self._required_private())
        return opener.open(wrapped, context)

    def state(self) -> KeyState:
        """See :meth:`vault.crypto.keyring.MasterKey.state`."""
        return KeyState.READY

    def begin(self) -> None:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.begin`."""
        private = self._required_private()
        if not opens_with_several(private):
            self._take(with_fresh_primary(private))

    def newest_prefix(self) -> bytes:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.newest_prefix`."""
        return prefix_of_primary(self._public)

    def retire(self) -> None:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.retire`."""
        self._take(with_primary_only(self._required_private()))

    def _take(self, pair: HybridPair) -> None:
        self._public, self._private, self._opener = pair.public, pair.private, None

    def _required_private(self) -> bytes:
        if self._private is None:
            raise KeyRightMissing
        return self._private
