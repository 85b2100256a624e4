"""Codes that people read aloud and type: short, of symbols nobody mixes up, and of them only a slow, salted hash is kept.

Four symbols find the row and prove nothing; eight are the secret. Where five wrong secrets end a code, guessing one is a
chance of one in a hundred thousand million (:data:`TRIES` in 30 to the 8th). The hash is slow, since whoever reads the
table would try all secrets; the same work is done for a code that does not exist.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No symbol that is taken for another one, read aloud or in handwriting (0 O, 1 I L, U V)."""
LIFE = timedelta(minutes=30)
TRIES = 5
_LOCATOR, _SECRET, _GROUP = 4, 8, 4
_SHAPE = re.compile(f"[{ALPHABET}]{{{_LOCATOR + _SECRET}}}")
_SALT = 16
_COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
"""RFC 7914: 16 MiB and some 40 ms a try."""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code about to be kept; hashing it takes its time, so that it is made before a transaction."""

    symbols: str = field(repr=False)
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def coin(cls) -> "NewCode":
        """Draw one at random."""
        symbols = "".join(secrets.choice(ALPHABET) for _ in range(_LOCATOR + _SECRET))
        salt = secrets.token_bytes(_SALT)
        return cls(symbols, salt, _hashed(symbols[_LOCATOR:], salt))

    @property
    def locator(self) -> str:
        """What finds the row."""
        return self.symbols[:_LOCATOR]

    @property
    def spoken(self) -> str:
        """The code as it is read aloud: groups of four."""
        return "-".join(self.symbols[at : at + _GROUP] for at in range(0, len(self.symbols), _GROUP))


@dataclass(frozen=True, slots=True)
class Written:
    """A code as somebody wrote it."""

    locator: str
    secret: str = field(repr=False)

    @classmethod
    def read(cls, written: str) -> "Written":
        """Read a code; what is none becomes one that nobody has."""
        symbols = re.sub(r"[\s.\u2010-\u2015-]", "", written).upper()
        symbols = symbols if _SHAPE.fullmatch(symbols) else "0" * (_LOCATOR + _SECRET)
        return cls(symbols[:_LOCATOR], symbols[_LOCATOR:])

    def matches(self, salt: bytes | None, digest: bytes | None) -> bool:
        """Tell whether the secret is the one of this hash; takes as long where there is none."""
        kept = bytes(_COST["dklen"]) if digest is None else bytes(digest)
        return hmac.compare_digest(_hashed(self.secret, bytes(_SALT) if salt is None else bytes(salt)), kept)


def _hashed(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, **_COST)
