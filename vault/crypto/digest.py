"""A digest keyed per holder: it finds the same paper twice within one holder and nothing across two."""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.crypto.errors import KeyFileMalformed
from vault.crypto.key_files import read_secret_file, write_secret_file

_KEY_LENGTH = 32


class DuplicateKey:
    """The door's secret for duplicate detection; it opens nothing, and shows nothing."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def create(cls, path: Path) -> "DuplicateKey":
        """Make a fresh key file, mode 0600; raises :class:`~vault.crypto.errors.KeyFileExists`."""
        key = secrets.token_bytes(_KEY_LENGTH)
        write_secret_file(path, key)
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> "DuplicateKey":
        """Load the key file of 32 bytes.

        Raises :class:`~vault.crypto.errors.KeyFileMissing`, :class:`~vault.crypto.errors.KeyFileUnsafe` and
        :class:`~vault.crypto.errors.KeyFileMalformed`.
        """
        key = read_secret_file(path)
        if len(key) != _KEY_LENGTH:
            raise KeyFileMalformed(f"{path.name} does not hold {_KEY_LENGTH} bytes")
        return cls(key)

    def digest(self, holder_salt: bytes, plaintext_sha256: bytes) -> bytes:
        """Return 32 bytes, equal for equal plaintexts of one holder generation only."""
        hkdf = HKDF(algorithm=SHA256(), length=32, salt=holder_salt, info=b"unefois/duplicate/v1")
        return hmac.new(hkdf.derive(self._key), plaintext_sha256, hashlib.sha256).digest()

    def __repr__(self) -> str:
        """Show nothing."""
        return "<DuplicateKey>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("a key is never pickled")
