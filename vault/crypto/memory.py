"""A master key that lives in memory: for unit tests, and what the key files are loaded into."""

from vault.crypto.errors import KeyRightMissing
from vault.crypto.primitives import hybrid_decrypt, hybrid_encrypt, new_hybrid_pair


class MemoryMasterKey:
    """A hybrid master key; without the private half it can only wrap."""

    def __init__(self, public_keyset: bytes, private_keyset: bytes | None) -> None:
        self._public = public_keyset
        self._private = private_keyset

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
        if self._private is None:
            raise KeyRightMissing
        return hybrid_decrypt(self._private, wrapped, context)
