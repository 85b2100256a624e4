"""Every way the object store can refuse; the docstring of each class is its message."""

from vault.errors import VaultError


class StoreUnavailable(VaultError):
    """The object store does not answer, or broke off."""


class StorageFull(StoreUnavailable):
    """The object store has no room left; nothing was kept."""


class ObjectRetained(VaultError):
    """The object is under retention or legal hold and cannot be deleted yet."""


class LockUnavailable(VaultError):
    """The settings ask the object store for a lock that it does not have."""


class StoreRefused(VaultError):
    """The object store does not accept our credentials or our request."""


class ObjectMissing(VaultError):
    """There is no such object."""


class ShortBody(VaultError):
    """Fewer bytes came than were announced; no object was made."""


class LongBody(VaultError):
    """More bytes came than were announced; no object was made."""
