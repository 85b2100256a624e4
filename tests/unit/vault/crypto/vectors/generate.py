"""Makes the vectors of vault/crypto/FORMAT.md anew: ``python -m tests.unit.vault.crypto.vectors.generate``.

Every key in them is made up here and used nowhere else.
"""

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vault.crypto.digest import DuplicateKey
from vault.crypto.envelope import seal_stream
from vault.crypto.holders import HolderKey, ValueContext, WrapContext, seal_value, wrap_data_key
from vault.crypto.primitives import new_hybrid_pair
from vault.crypto.records import RecordSigner, SealedRow

CUSTODY = UUID("01980000-0000-7000-8000-000000000001")
HOLDER = UUID("01980000-0000-7000-8000-00000000000a")
LENGTHS = (1, 4040, 4041, 8121)
FILE = Path(__file__).with_name("vectors.json")


def plaintext(length: int) -> bytes:
    """Return the text of ``length`` bytes that the vectors seal."""
    return bytes(number % 251 for number in range(length))


def b64(data: bytes) -> str:
    """Return ``data`` as base64."""
    return base64.b64encode(data).decode()


def object_vector(length: int, holder: HolderKey) -> dict[str, Any]:
    """Seal one object and wrap its key."""
    sealer = seal_stream(CUSTODY, 1)
    ciphertext = sealer.update(plaintext(length)) + sealer.finish()
    context = WrapContext(CUSTODY, 1, HOLDER, "application/pdf", length, sealer.commitment)
    return {
        "plaintext_length": length,
        "data_keyset": b64(sealer.data_key.reveal()),
        "ciphertext": b64(ciphertext),
        "plaintext_sha256": sealer.plaintext_sha256.hex(),
        "commitment": sealer.commitment.hex(),
        "wrap_context": context.encode().hex(),
        "wrapped_key": b64(wrap_data_key(holder, sealer.data_key, context)),
    }


def record_vector() -> dict[str, str]:
    """Seal the row of a made-up deposit; the same every time, as Ed25519 is."""
    private = bytes(range(32))
    signer = RecordSigner(Ed25519PrivateKey.from_private_bytes(private))
    row = SealedRow(CUSTODY, "deposit", 1, HOLDER, "application/pdf", 4040, "0" * 32, bytes(range(64)))
    return {
        "private_key": private.hex(),
        "public_key": signer.verifier.text().strip(),
        "signed": row.encode().hex(),
        "seal": signer.seal(row).hex(),
    }


def main() -> None:
    """Write the file."""
    pair = new_hybrid_pair()
    holder = HolderKey(HOLDER, 1, pair.public, b"", b"\x02" * 32)
    place = ValueContext(HOLDER, CUSTODY, "file name")
    digest = DuplicateKey(b"\x01" * 32).digest(holder.digest_salt, b"\x03" * 32)
    vectors = {
        "holder_private_keyset": b64(pair.private),
        "objects": [object_vector(length, holder) for length in LENGTHS],
        "value": {
            "context": place.encode().hex(),
            "plaintext": "facture.pdf",
            "sealed": b64(seal_value(holder, b"facture.pdf", place)),
        },
        "duplicate_digest": {
            "key": "01" * 32,
            "holder_salt": "02" * 32,
            "plaintext_sha256": "03" * 32,
            "digest": digest.hex(),
        },
        "record_seal": record_vector(),
    }
    FILE.write_text(json.dumps(vectors, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
