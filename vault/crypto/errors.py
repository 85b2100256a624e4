"""Every way the keys can refuse; the docstring of each class is its message."""

from vault.errors import VaultError


class KeyRightMissing(VaultError):
    """The process may seal but holds no key that opens."""


class KeyRefused(VaultError):
    """What is wrapped does not open with this key and this context."""


class RecordAltered(VaultError):
    """The row of a document is not the one that was recorded."""


class SealBroken(VaultError):
    """The stored object is not the one that was sealed."""


class HolderKeyMissing(VaultError):
    """There is no such key of this holder: none was made, or it was destroyed."""


class RotationUnfinished(VaultError):
    """Something is still wrapped under an older version of the master key; it is not retired."""


class KeyFileMissing(VaultError):
    """The key file is not there."""


class KeyFileExists(VaultError):
    """A key file is there already and is never overwritten."""


class KeyFileUnsafe(VaultError):
    """The secret key file is open to others than its owner."""


class KeyFileMalformed(VaultError):
    """The key file does not hold the expected kind of key."""
