"""The key of one unfinished upload: it is its address, carried by the sender and kept nowhere here (ADR 0013)."""

import base64
import binascii
import hashlib
import secrets
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.crypto.errors import KeyRefused

_LENGTH = 32
_NONCE = 12


class UploadKey:
    """256 random bits; a door that is not being talked to by the sender cannot make it again, and it shows nothing."""

    __slots__ = ("_aead", "_secret")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        key = HKDF(algorithm=SHA256(), length=_LENGTH, salt=b"unefois/upload/v1", info=b"parts").derive(secret)
        self._aead = AESGCM(key)

    @classmethod
    def fresh(cls) -> "UploadKey":
        """Return the key of a new upload."""
        return cls(secrets.token_bytes(_LENGTH))

    @classmethod
    def of_token(cls, token: str) -> "UploadKey | None":
        """Return the key a sender's ``token`` stands for, or nothing where it cannot be one."""
        try:
            secret = base64.b64decode(token + "=", altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        return cls(secret) if len(secret) == _LENGTH else None

    def token(self) -> str:
        """Return what the sender is told: 43 characters of base64url."""
        return base64.urlsafe_b64encode(self._secret).rstrip(b"=").decode()

    def digest(self) -> bytes:
        """Return by what the upload is found; it leads neither to the token nor to the key."""
        return hashlib.sha256(b"unefois/upload-address/v1" + self._secret).digest()

    def seal(self, value: bytes, context: bytes) -> bytes:
        """Seal a small value (a part's data key, a file's name), bound to ``context``."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._aead.encrypt(nonce, value, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open what :meth:`seal` sealed; or raise :class:`~vault.crypto.errors.KeyRefused`."""
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
        except InvalidTag:
            raise KeyRefused from None

    def __repr__(self) -> str:
        """Show nothing."""
        return "<UploadKey>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("a key is never pickled")
