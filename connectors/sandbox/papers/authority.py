"""The test seal authority: mints 2D-Doc codes under the authority identifier reserved for tests."""

import re
import unicodedata
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from connectors.sandbox.papers import keys

AUTHORITY_ID = "XX00"
CERTIFICATE_ID = "0001"
FIXED_LENGTH = frozenset({"24", "26", "40", "44", "45", "47", "49", "4A"})
"""Identifiers we mint whose values have one length, and therefore no separator after them."""

_KEY_FILE = f"{AUTHORITY_ID}-{CERTIFICATE_ID}.key.pem"
_EPOCH = date(2000, 1, 1)
_GS, _US = "\x1d", "\x1f"


@dataclass(frozen=True, slots=True)
class SealAuthority:
    """A sealer of the test authority; ``trust`` is the folder of certificates a verifier may be given."""

    trust: Path
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def seal(self, document_type: str, fields: Mapping[str, str], *, issued_on: date) -> bytes:
        """Return a 2D-Doc v04 code of ``document_type`` over ``fields``, issued and sealed on ``issued_on``.

        Values are folded to what the code can carry (capitals without accents). The same input gives the same code:
        the signature's nonce is derived from the message (RFC 6979).
        """
        day = f"{(issued_on - _EPOCH).days:04X}"
        header = f"DC04{AUTHORITY_ID}{CERTIFICATE_ID}{day}{day}{document_type}01FR"
        fixed = "".join(name + folded(value) for name, value in fields.items() if name in FIXED_LENGTH)
        variable = "".join(name + folded(value) + _GS for name, value in fields.items() if name not in FIXED_LENGTH)
        signed = (header + fixed + variable).encode("ascii")
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(self.key.sign(signed, algorithm))
        signature = b32encode(r.to_bytes(32) + s.to_bytes(32)).decode("ascii").rstrip("=")
        return signed + (_US + signature).encode("ascii")


def create_authority(folder: Path) -> SealAuthority:
    """Return the test authority that lives in ``folder``, made there on the first call.

    The private key has mode 0600; certificates go to ``folder/trust``. The authority's own key is thrown away after
    it has issued its one sealer.
    """
    trust = folder / "trust"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    trust.mkdir(mode=0o700, exist_ok=True)
    if not (folder / _KEY_FILE).exists():
        authority_key, sealer_key = keys.new_key(), keys.new_key()
        authority = keys.name(organisation="Autorité de test Une Fois", common=AUTHORITY_ID)
        sealer = keys.name(organisation="Émetteur de test Une Fois", common=CERTIFICATE_ID)
        keys.write_certificate(
            trust / f"{AUTHORITY_ID}.pem",
            keys.issue(subject=authority, key=authority_key, issuer=authority, issuer_key=authority_key),
        )
        keys.write_certificate(
            trust / f"{AUTHORITY_ID}-{CERTIFICATE_ID}.pem",
            keys.issue(subject=sealer, key=sealer_key, issuer=authority, issuer_key=authority_key),
        )
        keys.write_private(folder / _KEY_FILE, sealer_key)
    return SealAuthority(trust, keys.read_private(folder / _KEY_FILE))


def folded(text: str) -> str:
    """Return ``text`` in the alphabet of the code: capitals, digits, space, slash and comma, without accents."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae")).upper()
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^A-Z0-9/,]", " ", kept).split())


def split_name(text: str) -> tuple[str, str]:
    """Split a written name into family name and first names.

    Words in capitals are the family name, as French administrations write it (« Inès VASSEUR-LENOIR »); where none
    is, the last word is.
    """
    words = text.split()
    capitals = [word for word in words if word == word.upper()]
    if not capitals or len(capitals) == len(words):
        return words[-1], " ".join(words[:-1])
    return " ".join(capitals), " ".join(word for word in words if word not in capitals)
