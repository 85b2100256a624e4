"""Verifying the journal of a one-machine system, whole or one proof at a time."""

from pathlib import Path
from uuid import UUID

from hub.releases.receipts import FORMAT as RECEIPT_FORMAT
from hub.releases.receipts import verify_receipt
from orchestration.stack.addresses import addresses
from orchestration.stack.layout import Layout
from vault.db import Database
from vault.journal.proofs import CONSISTENCY_FORMAT, consistency_proof, proof_for, verify_consistency, verify_proof
from vault.journal.signing import HeadVerifier
from vault.journal.verify import verify_journal
from vault.standing import Purpose, standing


def verify_all(layout: Layout, public_key: Path, published: Path | None = None) -> tuple[str, bool]:
    """Recompute everything, and against a head published outside; return what was found in words, and whether it holds."""
    note = None if published is None else published.read_text(encoding="utf-8")
    database = _database(layout)
    try:
        with database.read() as tx:
            report = verify_journal(tx, _verifier(public_key), published=note)
    finally:
        database.close()
    counts = f"{report.sequenced} entries sequenced, {report.waiting} waiting, {report.heads} signed heads"
    if report.holds:
        return f"the journal holds: {counts}", True
    return f"THE JOURNAL DOES NOT HOLD: {report.fault} ({counts})", False


def check_proof(proof: Path, public_key: Path) -> tuple[str, bool]:
    """Check one proof file or reuse receipt offline."""
    text = proof.read_text(encoding="utf-8")
    kinds = ((CONSISTENCY_FORMAT, verify_consistency), (RECEIPT_FORMAT, verify_receipt))
    verify = next((check for name, check in kinds if name in text), verify_proof)
    verdict = verify(text, _verifier(public_key))
    return ("the proof holds" if verdict.holds else f"the proof does not hold: {verdict.fails}"), verdict.holds


@standing(purpose=Purpose.AUDIT)
def proof_of(layout: Layout, entry: str) -> str:
    """Return the inclusion proof of one entry; raises as :func:`vault.journal.proofs.proof_for` does."""
    database = _database(layout)
    try:
        with database.read() as tx:
            return proof_for(tx, UUID(entry))
    finally:
        database.close()


def consistency_of(layout: Layout, first: int, second: int) -> str:
    """Return the proof between two signed heads; raises as :func:`vault.journal.proofs.consistency_proof` does."""
    database = _database(layout)
    try:
        with database.read() as tx:
            return consistency_proof(tx, first, second)
    finally:
        database.close()


def _verifier(public_key: Path) -> HeadVerifier:
    return HeadVerifier.from_text(public_key.read_text(encoding="utf-8"))


def _database(layout: Layout) -> Database:
    # The pipelines' login reads the journal and can change nothing of it.
    return Database.connect(addresses(layout).dsn("unefois_pipelines", driver="psycopg"), pool_size=1)
