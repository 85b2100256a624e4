"""Every way custody can refuse; the docstring of each class is its message."""


class VaultError(Exception):
    """Custody refused."""

    def __init__(self, detail: str = "") -> None:
        """Keep ``detail``: identifiers, counts and words of ours, never a value or bytes of a document."""
        self.detail = detail
        super().__init__(detail or (type(self).__doc__ or "").strip())


class DatabaseUnavailable(VaultError):
    """The database does not answer."""


class NothingChanged(VaultError):
    """A statement on which others depended found no row to change."""


class ObjectCondemned(VaultError):
    """The object lay so long without its row that it is being swept away; what it held must be sent again."""


class KeyServiceUnavailable(VaultError):
    """The key service is sealed, does not answer or does not know us: nothing can be sealed or opened meanwhile."""


class DocumentUnknown(VaultError):
    """There is no such document for this holder."""


class DocumentNotAvailable(VaultError):
    """The document is in a state in which it cannot be opened."""


class DocumentHeld(VaultError):
    """A legal hold keeps the document: it cannot be erased before the hold is lifted."""


class HoldUnknown(VaultError):
    """No legal hold keeps this document."""


class ErasureLogMalformed(VaultError):
    """The log of erasures holds something else."""


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


class BodyGone(VaultError):
    """What was said in this exchange is no longer kept: its key was destroyed with its period."""
