"""The port to the master key, split by right: wrapping needs a public key, unwrapping the private one."""

from enum import StrEnum
from typing import Protocol

from sqlalchemy import func, select

from vault.db import WriteTx

_ROTATION = "master_key_rotation"


class KeyState(StrEnum):
    """How the master key is at this moment, in a word for whoever watches."""

    READY = "ready"
    SEALED = "sealed"
    AWAY = "away"


class MasterKey(Protocol):
    """What holds, or reaches, the master key. It only ever sees other keys, never a document.

    Both acts raise :class:`~vault.errors.KeyServiceUnavailable` where the key lies in a service that is sealed, away,
    or does not know us.
    """

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Seal ``secret`` under the newest version of the master key, bound to ``context``."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Open what :meth:`wrap` sealed.

        Raises :class:`~vault.crypto.errors.KeyRightMissing` where this process may only wrap, and
        :class:`~vault.crypto.errors.KeyRefused` for another key, another context or a changed byte.
        """
        ...

    def state(self) -> KeyState:
        """Ask whether the key can be used now; raises nothing."""
        ...


class RotatingMasterKey(MasterKey, Protocol):
    """A master key in the hands of whoever may rotate it; both rights, and versions."""

    def begin(self) -> None:
        """Make a new version that wraps from now on; the older ones still open.

        Where a rotation was begun and not finished it is taken up again and no version is made.
        """
        ...

    def newest_prefix(self) -> bytes:
        """Return the bytes with which everything wrapped under the newest version begins."""
        ...

    def retire(self) -> None:
        """Let every older version open nothing from now on; it can still be brought back for an old backup."""
        ...


def hold_version(tx: WriteTx) -> None:
    """Say that ``tx`` is going to write something wrapped under the master key; to be called before it is wrapped.

    No older version is retired before ``tx`` has ended.
    """
    tx.execute(select(func.pg_advisory_xact_lock_shared(func.hashtextextended(_ROTATION, 0))))


def await_versions(tx: WriteTx) -> None:
    """Wait until every transaction that called :func:`hold_version` has ended; new ones wait until ``tx`` ends."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_ROTATION, 0))))
