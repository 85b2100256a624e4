"""A proof verifies offline, says nothing once changed, and survives the end of its record."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from vault.crypto.errors import KeyFileUnsafe
from vault.db import Database
from vault.journal.entries import append_all
from vault.journal.errors import EntryNotSequenced, EntryUnknown, JournalKeyMalformed, ProofMalformed
from vault.journal.proofs import proof_for, verify_proof
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.journal.sequencer import sequence_batch
from vault.journal.signing import HeadSigner, HeadVerifier, parse_note


def written(db: Database, signer: HeadSigner, size: int = 11) -> list[UUID]:
    """Write and sequence ``size`` entries."""
    actor = Actor(ActorKind.PARTNER, "caisse-19")
    with db.transaction() as tx:
        entries = append_all(tx, [JournalEntry(JournalAct.PULL, actor, document=uuid4()) for _ in range(size)])
    with db.transaction() as tx:
        sequence_batch(tx, signer, datetime.now(UTC))
    return list(entries)


def proof(db: Database, entry_id: UUID, *, with_record: bool = True) -> str:
    """Ask the journal for a proof."""
    with db.read() as tx:
        return proof_for(tx, entry_id, with_record=with_record)


def test_every_entry_has_a_proof_that_verifies_offline(db: Database, signer: HeadSigner) -> None:
    public = HeadVerifier.from_text(signer.verifier.text())
    for entry_id in written(db, signer):
        assert verify_proof(proof(db, entry_id), public).holds


def test_proof_holds_without_its_record(db: Database, signer: HeadSigner) -> None:
    entry_id = written(db, signer)[4]
    assert "record" not in json.loads(proof(db, entry_id, with_record=False))
    with db.transaction() as tx:
        tx.execute(text("DELETE FROM vault.journal_record"))
    assert "record" not in json.loads(proof(db, entry_id))
    assert verify_proof(proof(db, entry_id), signer.verifier).holds


CHANGES: dict[str, Any] = {
    "entry_id": str(uuid4()),
    "act": "release",
    "recorded_at": "2026-01-01T00:00:00.000000+00:00",
    "leaf_index": 3,
    "commitment": "AAAA",
    "record": "e30=",
    "path": [],
}


@pytest.mark.parametrize("member", CHANGES)
def test_changed_proof_fails(db: Database, signer: HeadSigner, member: str) -> None:
    changed = json.loads(proof(db, written(db, signer)[4])) | {member: CHANGES[member]}
    verdict = verify_proof(json.dumps(changed), signer.verifier)
    assert not verdict.holds
    assert verdict.fails


def test_proof_of_another_journal_fails(db: Database, signer: HeadSigner, tmp_path: Path) -> None:
    stranger = HeadSigner.create(tmp_path / "other.pem").verifier
    assert "not signed" in verify_proof(proof(db, written(db, signer)[0]), stranger).fails


@pytest.mark.parametrize("member", ["format", "checkpoint", "path", "leaf_index", "recorded_at"])
def test_malformed_proof_is_refused(db: Database, signer: HeadSigner, member: str) -> None:
    changed = json.loads(proof(db, written(db, signer)[4])) | {member: "?"}
    with pytest.raises(ProofMalformed):
        verify_proof(json.dumps(changed), signer.verifier)
    for nonsense in ("", "[]", "{}", "null"):
        with pytest.raises(ProofMalformed):
            verify_proof(nonsense, signer.verifier)


def test_unknown_and_waiting_entries_have_no_proof_yet(db: Database) -> None:
    with db.transaction() as tx:
        waiting = append_all(tx, [JournalEntry(JournalAct.DEPOSIT, Actor(ActorKind.RESIDENT, "p1"))])[0]
    with pytest.raises(EntryNotSequenced):
        proof(db, waiting)
    with pytest.raises(EntryUnknown):
        proof(db, uuid4())


def test_note_has_one_spelling(signer: HeadSigner) -> None:
    head = signer.sign(5, 2, bytes(32), datetime(2026, 9, 1, 8, tzinfo=UTC))
    assert parse_note(head.note()) == head
    assert signer.verifier.accepts(head)
    for changed in (head.note() + "\n", head.note().replace("\n5\n", "\n05\n"), head.note().replace("unefois", "x")):
        with pytest.raises(ProofMalformed):
            parse_note(changed)


def test_signing_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.pem"
    made = HeadSigner.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert HeadSigner.load(path).verifier.text() == made.verifier.text()
    path.chmod(0o640)
    with pytest.raises(KeyFileUnsafe, match="0640"):
        HeadSigner.load(path)


@pytest.mark.parametrize("content", ["", "nonsense", "unefois/journal+00000000+AAAA", "other+00+AQ=="])
def test_foreign_key_text_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(JournalKeyMalformed):
        HeadVerifier.from_text(content)
    path = tmp_path / "key.pem"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(JournalKeyMalformed):
        HeadSigner.load(path)
