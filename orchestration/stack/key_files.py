"""The keys of our own that lie in files: each is made once, and what is public of it is written beside it."""

from pathlib import Path
from typing import Protocol

from hub.partners.keys import ANSWERS, TOKENS, TokenKeys
from orchestration.stack.layout import write_private
from vault.bootstrap import utc_now
from vault.crypto.digest import DuplicateKey
from vault.crypto.records import RecordSigner
from vault.documents.certificates import CertificateSigner
from vault.journal.signing import HeadSigner


class _Verifier(Protocol):
    def text(self) -> str: ...


def create_keys(folder: Path) -> None:
    """Make every key of ours that ``folder`` lacks, but for the master key; harmless to repeat."""
    if not (folder / "duplicate.key").exists():
        DuplicateKey.create(folder / "duplicate.key")
    for name, signer in (("journal", HeadSigner), ("records", RecordSigner), ("destruction", CertificateSigner)):
        private = folder / f"{name}.pem"
        if not private.exists():
            signer.create(private)
        verifier: _Verifier = signer.load(private).verifier
        write_private(folder / f"{name}.pub", verifier.text(), durable=False)
    for signs in (TOKENS, ANSWERS):
        ring = folder / f"{signs.word}.jwks.json"
        if not ring.exists():
            write_private(ring, TokenKeys.fresh(utc_now(), signs).text())
