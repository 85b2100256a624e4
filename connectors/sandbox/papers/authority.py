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
from tddoc.data_definition import c40

from connectors.sandbox.papers import keys

AUTHORITY_ID = "XX00"
CERTIFICATE_ID = "0001"
_NATIONAL = 1
"""The perimeter of the State's own document types."""

_KEY_FILE = f"{AUTHORITY_ID}-{CERTIFICATE_ID}.key.pem"
_EPOCH = date(2000, 1, 1)
_GS, _US = "\x1d", "\x1f"


@dataclass(frozen=True, slots=True)
class SealAuthority:
    """A sealer of the test authority; ``trust`` is the folder of certificates a verifier may be given."""

    trust: Path
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    authority: str = AUTHORITY_ID
    certificate: str = CERTIFICATE_ID

    def seal(
        self, document_type: str, fields: Mapping[str, str], *, issued_on: date, signed_on: date | None = None
    ) -> bytes:
        """Return a 2D-Doc v04 code of ``document_type`` over ``fields``, sealed on ``signed_on`` or else ``issued_on``.

        Values are folded to what the code can carry (capitals without accents). The same input gives the same code:
        the signature's nonce is derived from the message (RFC 6979).
        """
        days = _day(issued_on) + _day(signed_on or issued_on)
        header = f"DC04{self.authority}{self.certificate}{days}{document_type}01FR"
        fixed = "".join(name + folded(value) for name, value in fields.items() if _has_one_length(name))
        variable = "".join(name + folded(value) + _GS for name, value in fields.items() if not _has_one_length(name))
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


def _day(day: date) -> str:
    """Return ``day`` as the header has it: hexadecimal days since 2000."""
    return f"{(day - _EPOCH).days:04X}"


def _has_one_length(identifier: str) -> bool:
    """Tell whether values of this identifier have one length, and therefore no separator after them."""
    return c40.datatype_get(_NATIONAL, identifier)[1].fixed is not None


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
