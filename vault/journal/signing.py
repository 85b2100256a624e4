"""Signed heads of the tree as checkpoints: a C2SP signed note with an Ed25519 key that signs nothing else."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from vault.crypto.key_files import read_secret_file, write_secret_file
from vault.journal.errors import JournalKeyMalformed, ProofMalformed

ORIGIN = "unefois/journal"
_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: the tree had ``tree_size`` leaves and this root at ``signed_at``; before it ``previous_size``."""

    tree_size: int
    previous_size: int
    root_hash: bytes
    signed_at: datetime
    key_id: str
    signature: bytes

    def body(self) -> bytes:
        """Return the text that is signed."""
        return checkpoint_body(self.tree_size, self.previous_size, self.root_hash, self.signed_at)

    def note(self) -> str:
        """Return the whole signed note, as it is published."""
        signature = base64.b64encode(bytes.fromhex(self.key_id) + self.signature).decode()
        return f"{self.body().decode()}\n\N{EM DASH} {ORIGIN} {signature}\n"


class HeadSigner:
    """The worker's own signing key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.verifier = HeadVerifier(private.public_key())

    @classmethod
    def create(cls, path: Path) -> "HeadSigner":
        """Make a fresh key file (PEM, mode 0600); raises :class:`~vault.crypto.errors.KeyFileExists`."""
        private = Ed25519PrivateKey.generate()
        write_secret_file(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cls(private)

    @classmethod
    def load(cls, path: Path) -> "HeadSigner":
        """Load the key file.

        Raises :class:`~vault.crypto.errors.KeyFileMissing`, :class:`~vault.crypto.errors.KeyFileUnsafe` and
        :class:`~vault.journal.errors.JournalKeyMalformed`.
        """
        try:
            private = load_pem_private_key(read_secret_file(path), password=None)
        except (ValueError, TypeError):
            raise JournalKeyMalformed from None
        if not isinstance(private, Ed25519PrivateKey):
            raise JournalKeyMalformed
        return cls(private)

    def sign(self, tree_size: int, previous_size: int, root_hash: bytes, signed_at: datetime) -> Head:
        """Return the head of a tree of ``tree_size`` leaves, signed."""
        signature = self._private.sign(checkpoint_body(tree_size, previous_size, root_hash, signed_at))
        return Head(tree_size, previous_size, root_hash, signed_at, self.verifier.key_id, signature)


class HeadVerifier:
    """The public half: all that an auditor needs."""

    def __init__(self, public: Ed25519PublicKey) -> None:
        self._public = public
        self._raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = hashlib.sha256(ORIGIN.encode() + b"\n" + _ED25519 + self._raw).digest()[:4].hex()

    @classmethod
    def from_text(cls, text: str) -> "HeadVerifier":
        """Read the published form ``name+key id+key``; raises :class:`~vault.journal.errors.JournalKeyMalformed`."""
        try:
            name, key_id, key = text.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
            verifier = cls(Ed25519PublicKey.from_public_bytes(raw[1:]))
        except (ValueError, binascii.Error):
            raise JournalKeyMalformed from None
        if name != ORIGIN or raw[:1] != _ED25519 or key_id != verifier.key_id:
            raise JournalKeyMalformed
        return verifier

    def text(self) -> str:
        """Return the published form of the key (C2SP signed note)."""
        return f"{ORIGIN}+{self.key_id}+{base64.b64encode(_ED25519 + self._raw).decode()}"

    def accepts(self, head: Head) -> bool:
        """Tell whether this key signed ``head``."""
        if head.key_id != self.key_id:
            return False
        try:
            self._public.verify(head.signature, head.body())
        except InvalidSignature:
            return False
        return True


def checkpoint_body(tree_size: int, previous_size: int, root_hash: bytes, signed_at: datetime) -> bytes:
    """Return the signed text: origin, size, root (C2SP tlog-checkpoint), then two extension lines of ours.

    ``previous`` chains the heads, so that one taken out of the middle is missed.
    """
    root = base64.b64encode(root_hash).decode()
    time = signed_at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{ORIGIN}\n{tree_size}\n{root}\nprevious {previous_size}\nsigned-at {time}\n".encode()


def parse_note(note: str) -> Head:
    """Read a published head back; says nothing about its signature. Raises :class:`ProofMalformed`."""
    try:
        body, signature_line = note.split("\n\n", 1)
        _, size, root, previous, signed_at = body.split("\n")
        _, _, signature = signature_line.strip().split(" ")
        raw = base64.b64decode(signature, validate=True)
        head = Head(
            tree_size=int(size),
            previous_size=int(previous.removeprefix("previous ")),
            root_hash=base64.b64decode(root, validate=True),
            signed_at=datetime.fromisoformat(signed_at.removeprefix("signed-at ")),
            key_id=raw[:4].hex(),
            signature=raw[4:],
        )
    except ValueError:
        raise ProofMalformed from None
    # One text, one meaning: what does not come out again as it went in is refused.
    if head.signed_at.tzinfo is None or head.note() != note:
        raise ProofMalformed
    return head
