"""The port to the master key, split by right: wrapping needs a public key, unwrapping the private one."""

from typing import Protocol


class MasterKey(Protocol):
    """What holds, or reaches, the master key. It only ever sees other keys, never a document."""

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Seal ``secret`` under the master key, bound to ``context``."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Open what :meth:`wrap` sealed.

        Raises :class:`~vault.crypto.errors.KeyRightMissing` where this process may only wrap, and
        :class:`~vault.crypto.errors.KeyRefused` for another key, another context or a changed byte.
        """
        ...
