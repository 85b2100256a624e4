"""What a process was given to work with: database, objects, keys by right, clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from vault.crypto.digest import DuplicateKey
from vault.crypto.holders import HolderKeys
from vault.crypto.records import RecordSeals
from vault.db import Database
from vault.documents.certificates import CertificateSigner
from vault.documents.erasure_log import ErasureLog
from vault.storage.objects import StreamingStore


@dataclass(frozen=True, slots=True)
class Custody:
    """One process's share of the vault; ``keys`` wraps only, or also unwraps, as that process may."""

    db: Database
    objects: StreamingStore
    keys: HolderKeys = field(repr=False)
    duplicates: DuplicateKey | None = field(repr=False)
    records: RecordSeals = field(repr=False)
    max_document_bytes: int
    now: Callable[[], datetime]
    certifier: CertificateSigner | None = field(default=None, repr=False)
    """Given only to the process that erases."""
    erasure_log: ErasureLog | None = None
    """The same; it lies outside every backup, so that a restored one can be told what was erased since."""
