"""Why machines could not be made ready."""

from orchestration.stack.errors import StackError


class NotProvisioned(StackError):
    """What the processes need before they start could not be made."""


class KeyServiceNotReady(NotProvisioned):
    """The key service does not answer, is sealed, or does not let this token set it up."""


class StoreNotReady(NotProvisioned):
    """The object store does not answer, or refuses these credentials."""
