"""Every way a backup or a restore can be refused, in words for the operator."""

from orchestration.stack.errors import StackError


class BackupFailed(StackError):
    """The backup was not taken."""


class RestoreRefused(StackError):
    """Nothing was restored."""
