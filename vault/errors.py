"""Every way custody can refuse; the docstring of each class is its message."""


class VaultError(Exception):
    """Custody refused."""

    def __init__(self, detail: str = "") -> None:
        """Keep ``detail``: identifiers, counts and words of ours, never a value or bytes of a document."""
        self.detail = detail
        super().__init__(detail or (type(self).__doc__ or "").strip())


class DatabaseUnavailable(VaultError):
    """The database does not answer."""


class DocumentUnknown(VaultError):
    """There is no such document for this holder."""


class DocumentNotAvailable(VaultError):
    """The document is in a state in which it cannot be opened."""


class TransitionRefused(VaultError):
    """The document cannot go from its state to the one asked for."""


class EntryMissing(VaultError):
    """No committed journal entry covers this opening."""


class EmptyDocument(VaultError):
    """The document has no bytes."""


class DocumentTooLarge(VaultError):
    """The document is over the size limit."""


class LengthMismatch(VaultError):
    """The document does not have the announced length."""


class MediaTypeRefused(VaultError):
    """The bytes do not begin like any type that is taken."""


class MediaTypeMismatch(VaultError):
    """The bytes are not of the announced type."""
