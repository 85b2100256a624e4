"""What was sealed once opens for ever: the published vectors of FORMAT.md."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.unit.vault.crypto.vectors.generate import CUSTODY, FILE, HOLDER, plaintext
from vault.crypto.digest import DuplicateKey
from vault.crypto.envelope import ciphertext_length, open_whole
from vault.crypto.holders import OpenedHolder, ValueContext, WrapContext
from vault.crypto.records import RecordSigner, SealedRow

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
OPENED = OpenedHolder(base64.b64decode(VECTORS["holder_private_keyset"]))


@pytest.mark.parametrize("vector", VECTORS["objects"], ids=lambda vector: str(vector["plaintext_length"]))
def test_object_opens_from_its_wrapped_key(vector: dict[str, Any]) -> None:
    length, commitment = vector["plaintext_length"], bytes.fromhex(vector["commitment"])
    context = WrapContext(CUSTODY, 1, HOLDER, "application/pdf", length, commitment)
    assert context.encode().hex() == vector["wrap_context"]
    key = OPENED.unwrap_data_key(base64.b64decode(vector["wrapped_key"]), context)
    assert key.reveal() == base64.b64decode(vector["data_keyset"])
    known: dict[str, Any] = {"custody_id": CUSTODY, "version": 1}
    known |= {"expected_commitment": commitment, "expected_length": length}
    assert open_whole(base64.b64decode(vector["ciphertext"]), key, **known) == plaintext(length)


@pytest.mark.parametrize("vector", VECTORS["objects"], ids=lambda vector: str(vector["plaintext_length"]))
def test_figures_beside_the_object_are_right(vector: dict[str, Any]) -> None:
    text = plaintext(vector["plaintext_length"])
    assert hashlib.sha256(text).hexdigest() == vector["plaintext_sha256"]
    assert len(base64.b64decode(vector["ciphertext"])) == ciphertext_length(len(text))


def test_value_opens_in_its_place() -> None:
    vector, place = VECTORS["value"], ValueContext(HOLDER, CUSTODY, "file name")
    assert place.encode().hex() == vector["context"]
    assert OPENED.open_value(base64.b64decode(vector["sealed"]), place).decode() == vector["plaintext"]


def test_seal_on_a_row_holds_and_is_stable() -> None:
    vector = VECTORS["record_seal"]
    row = SealedRow(CUSTODY, "deposit", 1, HOLDER, "application/pdf", 4040, "0" * 32, bytes(range(64)))
    assert row.encode().hex() == vector["signed"]
    signer = RecordSigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_key"])))
    assert signer.verifier.text().strip() == vector["public_key"]
    assert signer.seal(row).hex() == vector["seal"]
    signer.verifier.check(row, bytes.fromhex(vector["seal"]))


def test_duplicate_digest_is_stable() -> None:
    vector = {name: bytes.fromhex(value) for name, value in VECTORS["duplicate_digest"].items()}
    assert DuplicateKey(vector["key"]).digest(vector["holder_salt"], vector["plaintext_sha256"]) == vector["digest"]
