"""A proof that one entry is under a signed head: made here, verified by anyone offline with the public key."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from vault.db import ReadTx
from vault.journal.errors import EntryNotSequenced, EntryUnknown, JournalBroken, ProofMalformed
from vault.journal.records import commit_record, leaf_data
from vault.journal.sequencer import read_hashes, read_head, read_last_head
from vault.journal.signing import Head, HeadVerifier, parse_note
from vault.journal.tables import ENTRY, LEAF, RECORD
from vault.journal.tree import (
    HASH_LENGTH,
    consistency_spans,
    coordinates,
    hash_spans,
    inclusion_spans,
    is_consistent,
    leaf_hash,
    root_from_inclusion,
)

FORMAT = "unefois-journal-proof/1"
CONSISTENCY_FORMAT = "unefois-journal-consistency/1"


@dataclass(frozen=True, slots=True)
class ProofVerdict:
    """What a proof shows: ``holds``, and if not at which point it ``fails``."""

    holds: bool
    fails: str = ""


@dataclass(frozen=True, slots=True)
class _Proof:
    entry_id: UUID
    recorded_at: datetime
    act: str
    commitment: bytes
    salted_record: tuple[bytes, bytes] | None
    leaf_index: int
    path: list[bytes]
    checkpoint: str


def proof_for(tx: ReadTx, entry_id: UUID, *, with_record: bool = True, under: Head | None = None) -> str:
    """Return the inclusion proof of an entry under the newest head, or another signed one, as JSON text.

    It carries the record and its salt as long as they exist and ``with_record`` asks for them. Raises
    :class:`EntryUnknown`, :class:`EntryNotSequenced`, and :class:`JournalBroken` where a stored hash is missing.
    """
    statement = (
        select(ENTRY, LEAF.c.leaf_index, RECORD.c.record, RECORD.c.salt)
        .outerjoin(LEAF, LEAF.c.entry_id == ENTRY.c.entry_id)
        .outerjoin(RECORD, RECORD.c.entry_id == ENTRY.c.entry_id)
        .where(ENTRY.c.entry_id == entry_id)
    )
    row = tx.execute(statement).one_or_none()
    if row is None:
        raise EntryUnknown
    head = under or read_last_head(tx)
    if row.leaf_index is None or head is None or row.leaf_index >= head.tree_size:
        raise EntryNotSequenced
    spans = inclusion_spans(row.leaf_index, head.tree_size)
    try:
        path = hash_spans(spans, read_hashes(tx, coordinates(spans)))
    except KeyError:
        raise JournalBroken from None
    proof: dict[str, Any] = {
        "format": FORMAT,
        "entry_id": str(row.entry_id),
        "recorded_at": row.recorded_at.isoformat(timespec="microseconds"),
        "act": row.act,
        "commitment": _text(row.commitment),
        "leaf_index": row.leaf_index,
        "path": [_text(one) for one in path],
        "checkpoint": head.note(),
    }
    if with_record and row.record is not None:
        proof |= {"record": _text(row.record), "salt": _text(row.salt)}
    return json.dumps(proof, indent=1, ensure_ascii=False)


def verify_proof(proof_json: str, public_key: HeadVerifier) -> ProofVerdict:
    """Check a proof with nothing but the journal's public key; raises :class:`ProofMalformed`."""
    proof = _parse(proof_json)
    head = parse_note(proof.checkpoint)
    if not public_key.accepts(head):
        return ProofVerdict(holds=False, fails="the head is not signed by this key")
    if proof.salted_record is not None and commit_record(*proof.salted_record) != proof.commitment:
        return ProofVerdict(holds=False, fails="the record is not the one that was committed to")
    leaf = leaf_hash(leaf_data(proof.entry_id, proof.recorded_at, proof.act, proof.commitment))
    if root_from_inclusion(leaf, proof.leaf_index, head.tree_size, proof.path) != head.root_hash:
        return ProofVerdict(holds=False, fails="the path does not lead from the entry to the signed root")
    return ProofVerdict(holds=True)


def consistency_proof(tx: ReadTx, first: int, second: int) -> str:
    """Return the proof that the tree of ``second`` leaves only added to that of ``first``, as JSON text (RFC 9162).

    Both must be sizes of signed heads. Raises :class:`EntryNotSequenced` for a size that is none, and
    :class:`JournalBroken` where a stored hash is missing.
    """
    heads = [read_head(tx, size) for size in (first, second)]
    if heads[0] is None or heads[1] is None or not 0 < first <= second:
        raise EntryNotSequenced(f"no signed heads of sizes {first} and {second}, the first no larger")
    spans = consistency_spans(first, second)
    try:
        path = hash_spans(spans, read_hashes(tx, coordinates(spans)))
    except KeyError:
        raise JournalBroken from None
    proof = {
        "format": CONSISTENCY_FORMAT,
        "first": heads[0].note(),
        "second": heads[1].note(),
        "path": [_text(one) for one in path],
    }
    return json.dumps(proof, indent=1, ensure_ascii=False)


def verify_consistency(proof_json: str, public_key: HeadVerifier) -> ProofVerdict:
    """Check a consistency proof with nothing but the journal's public key; raises :class:`ProofMalformed`."""
    try:
        found = json.loads(proof_json)
        if found["format"] != CONSISTENCY_FORMAT:
            raise ProofMalformed
        first, second = parse_note(found["first"]), parse_note(found["second"])
        path = [_bytes(one) for one in found["path"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProofMalformed from None
    if not (public_key.accepts(first) and public_key.accepts(second)):
        return ProofVerdict(holds=False, fails="a head is not signed by this key")
    roots = (first.root_hash, second.root_hash)
    if not is_consistent(first.tree_size, second.tree_size, roots, path):
        return ProofVerdict(holds=False, fails="the later tree does not hold the earlier one")
    return ProofVerdict(holds=True)


def _parse(proof_json: str) -> _Proof:
    try:
        found = json.loads(proof_json)
        if found["format"] != FORMAT:
            raise ProofMalformed
        salted = (_bytes(found["salt"]), _bytes(found["record"])) if "record" in found else None
        proof = _Proof(
            entry_id=UUID(found["entry_id"]),
            recorded_at=datetime.fromisoformat(found["recorded_at"]),
            act=str(found["act"]),
            commitment=_bytes(found["commitment"]),
            salted_record=salted,
            leaf_index=int(found["leaf_index"]),
            path=[_bytes(one) for one in found["path"]],
            checkpoint=str(found["checkpoint"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProofMalformed from None
    if proof.recorded_at.tzinfo is None or any(len(one) != HASH_LENGTH for one in proof.path):
        raise ProofMalformed
    return proof


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
