"""Every way the journal can refuse; the docstring of each class is its message."""

from vault.errors import VaultError


class RecordRefused(VaultError):
    """A journal entry holds something else than words, identifiers, counts and lists of them."""


class EntryUnknown(VaultError):
    """There is no such journal entry."""


class EntryNotSequenced(VaultError):
    """The journal entry is committed and not yet under a signed head; it will be within a second or so."""


class ProofMalformed(VaultError):
    """The proof is not of the form that this journal gives."""


class JournalBroken(VaultError):
    """The stored tree does not continue the last signed head; nothing more is signed."""


class JournalKeyMalformed(VaultError):
    """The file does not hold an Ed25519 key."""
