"""A signed word on what was destroyed and what remains, that anyone can check offline with a public key."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import insert, select

from contracts.calendar import paris_day
from contracts.identifiers import DocumentId, EntryId
from vault.crypto.errors import KeyFileMalformed
from vault.crypto.key_files import read_secret_file, write_secret_file
from vault.db import ReadTx, WriteTx
from vault.documents.tables import DESTRUCTION_CERTIFICATE

ORIGIN = "unefois/destruction"
FORMAT = "unefois-destruction-certificate/1"
KEY_BACKUP_LIFE = timedelta(days=35)
"""Backups of holder keys live this long at most; the day after it, none opens what was erased."""
DESTROYED = (
    "holder_key",
    "data_keys",
    "original",
    "viewing_copy",
    "file_name",
    "extracted_values",
    "findings",
    "judgements",
    "digests",
    "looks",
)
"""What an erasure destroys, by name; :mod:`hub.deposits.forgetting` and :mod:`vault.documents.erase` do it."""
_DOMAIN = b"unefois/destruction-certificate/v1\x00"
_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Remaining:
    """What stays after a destruction: a service's case copy, or a trace of ours; never the document."""

    what: str
    who: str
    why: str
    until: str
    fr: str


@dataclass(frozen=True, slots=True)
class Destruction:
    """What is certified of one document: identifiers, words and days, no value of it."""

    document_id: DocumentId
    evidence_type: str
    received_at: datetime
    destroyed_at: datetime
    cause: str
    key_generation: int
    entry_id: EntryId
    remaining: tuple[Remaining, ...] = field(default=())

    def body(self) -> dict[str, Any]:
        """Return what is signed."""
        dies_on = paris_day(self.destroyed_at + KEY_BACKUP_LIFE)
        return {
            "format": FORMAT,
            "document": str(self.document_id),
            "evidence_type": self.evidence_type,
            "received_at": self.received_at.isoformat(),
            "destroyed_at": self.destroyed_at.isoformat(),
            "cause": self.cause,
            "destroyed": list(DESTROYED),
            "holder_key": {"generation": self.key_generation, "last_backup_dies_on": dies_on.isoformat()},
            "remaining": [
                {"what": one.what, "who": one.who, "why": one.why, "until": one.until, "fr": one.fr}
                for one in self.remaining
            ],
            "journal_entry": str(self.entry_id),
            "fr": "Ce document est détruit : la clé qui l'ouvrait n'existe plus. La dernière copie de sauvegarde de "
            f"cette clé disparaît au plus tard le {dies_on.isoformat()}.",
        }


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """What a certificate shows: ``holds``, what it says, and if not why."""

    holds: bool
    body: Mapping[str, Any] = field(default_factory=dict)
    fails: str = ""


class CertificateSigner:
    """The key that signs destruction certificates and nothing else; given to the worker only."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.verifier = CertificateVerifier(private.public_key())

    @classmethod
    def create(cls, path: Path) -> "CertificateSigner":
        """Make a fresh key file (PEM, mode 0600); raises :class:`~vault.crypto.errors.KeyFileExists`."""
        private = Ed25519PrivateKey.generate()
        write_secret_file(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cls(private)

    @classmethod
    def load(cls, path: Path) -> "CertificateSigner":
        """Load the key file; raises as :func:`~vault.crypto.key_files.read_secret_file`, and ``KeyFileMalformed``."""
        try:
            private = load_pem_private_key(read_secret_file(path), password=None)
        except (ValueError, TypeError):
            raise KeyFileMalformed(f"{path.name} holds no key") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFileMalformed(f"{path.name} holds another kind of key")
        return cls(private)

    def sign(self, destruction: Destruction) -> str:
        """Return the certificate as JSON text, signed."""
        body = destruction.body()
        value = base64.b64encode(self._private.sign(_signed_bytes(body))).decode()
        signed = {"certificate": body, "signature": {"key": self.verifier.text(), "value": value}}
        return json.dumps(signed, ensure_ascii=False, indent=1)


class CertificateVerifier:
    """The public half."""

    def __init__(self, public: Ed25519PublicKey) -> None:
        self._public = public
        self._raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = hashlib.sha256(ORIGIN.encode() + b"\n" + _ED25519 + self._raw).digest()[:4].hex()

    @classmethod
    def from_text(cls, text: str) -> "CertificateVerifier":
        """Read the published form ``name+key id+key``; raises :class:`~vault.crypto.errors.KeyFileMalformed`."""
        try:
            name, key_id, key = text.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
            verifier = cls(Ed25519PublicKey.from_public_bytes(raw[1:]))
        except (ValueError, binascii.Error):
            raise KeyFileMalformed("no public key of destruction certificates") from None
        if (name, raw[:1], key_id) != (ORIGIN, _ED25519, verifier.key_id):
            raise KeyFileMalformed("no public key of destruction certificates")
        return verifier

    def text(self) -> str:
        """Return the published form of the key."""
        return f"{ORIGIN}+{self.key_id}+{base64.b64encode(_ED25519 + self._raw).decode()}"

    def check(self, certificate: str) -> CertificateVerdict:
        """Check a certificate with nothing but this key; what is no certificate does not hold either."""
        try:
            found = json.loads(certificate)
            body, signature = found["certificate"], base64.b64decode(found["signature"]["value"], validate=True)
            if body["format"] != FORMAT:
                return CertificateVerdict(holds=False, fails="not a certificate of this format")
            self._public.verify(signature, _signed_bytes(body))
        except InvalidSignature:
            return CertificateVerdict(holds=False, fails="this key did not sign these words")
        except (ValueError, KeyError, TypeError, AttributeError):
            return CertificateVerdict(holds=False, fails="not a certificate")
        return CertificateVerdict(holds=True, body=body)


def keep_certificate(tx: WriteTx, signer: CertificateSigner, destruction: Destruction) -> None:
    """Sign and keep the certificate of a destruction, in the transaction that destroys."""
    tx.execute(
        insert(DESTRUCTION_CERTIFICATE).values(
            document_id=destruction.document_id,
            certificate=signer.sign(destruction),
            issued_at=destruction.destroyed_at,
        )
    )


def certificate_of(tx: ReadTx, document_id: DocumentId) -> str | None:
    """Return the certificate of a destroyed document."""
    table = DESTRUCTION_CERTIFICATE
    found = tx.execute(select(table.c.certificate).where(table.c.document_id == document_id)).scalar_one_or_none()
    return None if found is None else str(found)


def _signed_bytes(body: Mapping[str, Any]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return _DOMAIN + text.encode()
