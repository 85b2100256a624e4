"""The seal on a document's row: only who records makes it, and no document is opened past one that does not hold."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from vault.crypto.errors import KeyFileMalformed, RecordAltered
from vault.crypto.framing import frame
from vault.crypto.key_files import read_public_file, read_secret_file, write_secret_file

NAME = "unefois/records"
SEAL_LENGTH = 72
"""Bytes: eight name the key, sixty-four are the signature (Ed25519, RFC 8032)."""
_ID = 8


@dataclass(frozen=True, slots=True)
class SealedRow:
    """What the seal on a row binds: which object is whose, in which form, and what it must open to."""

    document_id: UUID
    form: str
    """``deposit`` or ``record`` for a document itself, ``viewing_copy`` for the copy made of it."""
    version: int
    holder_id: UUID
    media_type: str
    plaintext_length: int
    object_name: str
    commitment: bytes

    def encode(self) -> bytes:
        """Return the canonical bytes that are signed."""
        return frame(
            "unefois/record/v1",
            self.document_id,
            self.form,
            self.version,
            self.holder_id,
            self.media_type,
            self.plaintext_length,
            self.object_name,
            self.commitment,
        )


class RecordVerifier:
    """The public halves: one or, after a change of key, several."""

    def __init__(self, publics: Sequence[Ed25519PublicKey]) -> None:
        self._publics = {_key_id(public): public for public in publics}

    @classmethod
    def load(cls, path: Path) -> "RecordVerifier":
        """Load the public keys, one a line as :meth:`text` writes them, the newest first.

        Raises :class:`~vault.crypto.errors.KeyFileMissing` and :class:`~vault.crypto.errors.KeyFileMalformed`.
        """
        lines = read_public_file(path).decode("utf-8", "replace").split()
        if not lines:
            raise KeyFileMalformed(f"{path.name} holds no key")
        return cls([_public(path, line) for line in lines])

    def text(self) -> str:
        """Return the keys in their published form ``name+key id+key``, one a line."""
        return "".join(f"{NAME}+{key_id.hex()}+{_encoded(key)}\n" for key_id, key in self._publics.items())

    def check(self, row: SealedRow, seal: bytes | None) -> None:
        """Raise :class:`RecordAltered` unless ``seal`` was made over exactly this row, by a key that is known here."""
        seal = seal or b""
        public = self._publics.get(seal[:_ID])
        if public is None or len(seal) != SEAL_LENGTH:
            raise RecordAltered(str(row.document_id))
        try:
            public.verify(seal[_ID:], row.encode())
        except InvalidSignature:
            raise RecordAltered(str(row.document_id)) from None


class RecordSigner:
    """The key of whoever records: the residents' door and the worker. It opens nothing."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self._id = _key_id(private.public_key())
        self.verifier = RecordVerifier([private.public_key()])

    @classmethod
    def generate(cls) -> "RecordSigner":
        """Make a fresh key that lies nowhere."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def create(cls, path: Path) -> "RecordSigner":
        """Make a fresh key file (PEM, mode 0600); raises :class:`~vault.crypto.errors.KeyFileExists`."""
        private = Ed25519PrivateKey.generate()
        write_secret_file(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cls(private)

    @classmethod
    def load(cls, path: Path) -> "RecordSigner":
        """Load the key file.

        Raises :class:`~vault.crypto.errors.KeyFileMissing`, :class:`~vault.crypto.errors.KeyFileUnsafe` and
        :class:`~vault.crypto.errors.KeyFileMalformed`.
        """
        try:
            private = load_pem_private_key(read_secret_file(path), password=None)
        except (ValueError, TypeError):
            raise KeyFileMalformed(f"{path.name} holds no key") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFileMalformed(f"{path.name} holds a key of another kind")
        return cls(private)

    def seal(self, row: SealedRow) -> bytes:
        """Return the seal on a row (72 bytes)."""
        return self._id + self._private.sign(row.encode())

    def __repr__(self) -> str:
        """Show nothing."""
        return "<RecordSigner>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("a key is never pickled")


@dataclass(frozen=True, slots=True)
class RecordSeals:
    """One process's share: who records can sign, who opens can verify; pipelines do neither."""

    signer: RecordSigner | None
    verifier: RecordVerifier | None

    def seal(self, row: SealedRow) -> bytes:
        """Seal a row; raises :class:`RuntimeError` in a process that records nothing."""
        if self.signer is None:
            raise RuntimeError("VAULT_RECORD_SIGNING_KEY: this process records documents and needs it")
        return self.signer.seal(row)

    def check(self, row: SealedRow, seal: bytes | None) -> None:
        """Verify a row; raises :class:`RecordAltered`, and :class:`RuntimeError` in a process that opens nothing."""
        if self.verifier is None:
            raise RuntimeError("VAULT_RECORD_PUBLIC_KEYS: this process opens documents and needs it")
        self.verifier.check(row, seal)


def _public(path: Path, line: str) -> Ed25519PublicKey:
    try:
        name, key_id, key = line.split("+", 2)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error):
        raise KeyFileMalformed(f"{path.name} holds a line that is no key") from None
    if name != NAME or key_id != _key_id(public).hex():
        raise KeyFileMalformed(f"{path.name} holds a key of another name")
    return public


def _encoded(public: Ed25519PublicKey) -> str:
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def _key_id(public: Ed25519PublicKey) -> bytes:
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(NAME.encode() + b"\n" + raw).digest()[:_ID]
