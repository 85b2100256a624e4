"""Every way a backup file can be refused; the docstring of each class is its message."""

from vault.errors import VaultError


class BackupMalformed(VaultError):
    """The file is no backup of ours."""


class BackupBroken(VaultError):
    """The file does not open: another key, or not the bytes that were sealed."""
