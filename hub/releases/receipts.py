"""The receipt of a reuse: one file that says what left, to whom, on what ground and when, and proves it offline."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.answers import commit_facts
from contracts.identifiers import PersonId, Siret
from hub.errors import NothingHere
from hub.releases.disclosing import encoded
from hub.releases.tables import DISCLOSURE, RELEASE
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx
from vault.journal.errors import ProofMalformed, RecordRefused
from vault.journal.proofs import ProofVerdict, proof_for, verify_proof
from vault.journal.records import JournalAct, JournalEntry, parse_record
from vault.journal.signing import HeadVerifier

FORMAT = "unefois-reuse-receipt/1"
_OF_RECORD = ("release", "form", "commitment", "question", "answer")
"""What the record keeps in its detail; the rest are members of its own."""


def receipt_of_partner(tx: ReadTx, siret: Siret, release_id: UUID) -> str:
    """Return the receipt of something a partner received, as JSON text.

    Raises :class:`NothingHere` for what it did not receive and what is older than 36 months, and
    :class:`~vault.journal.errors.EntryNotSequenced` for the second or so before the journal's next signed head.
    """
    row = tx.execute(_RECEIPT.where(RELEASE.c.release_id == release_id, RELEASE.c.recipient == siret)).one_or_none()
    return _text(_told(tx, row))


def receipt_of_person(tx: ReadTx, person_id: PersonId, release_id: UUID) -> str:
    """Return the receipt of something of one's own that left, with what opens its commitment; raises as above.

    The salt and the facts are the family's alone; they are gone once the paper is erased.
    """
    row = tx.execute(
        _RECEIPT.where(RELEASE.c.release_id == release_id, EVIDENCE.c.holder_id == person_id)
    ).one_or_none()
    told = _told(tx, row)
    if row is not None and row.salt is not None:
        told["opening"] = {"salt": encoded(bytes(row.salt)), "facts": row.facts, "answer": row.answer}
    return _text(told)


@dataclass(frozen=True, slots=True)
class Shared:
    """What left of somebody's, as they may read it; claims and facts are gone once the paper is erased."""

    release_id: UUID
    recipient: Siret
    form: str
    at: datetime
    claims: dict[str, Any] | None
    facts: dict[str, Any]


def shared_with(tx: ReadTx, person_id: PersonId, release_id: UUID) -> Shared:
    """Return what left in one release of one's own; raises :class:`NothingHere` for any other."""
    whose = (RELEASE.c.release_id == release_id, EVIDENCE.c.holder_id == person_id)
    row = tx.execute(_RECEIPT.add_columns(RELEASE.c.recipient, RELEASE.c.channel).where(*whose)).one_or_none()
    if row is None:
        raise NothingHere
    claims = None if row.answer is None else json.loads(_decoded(row.answer.split(".")[1]))
    facts = {} if row.facts is None else json.loads(row.facts)
    form = facts.get("form", _FORMS[row.channel])
    return Shared(row.release_id, Siret(row.recipient), form, row.disclosed_at, claims, facts)


def verify_receipt(text: str, public_key: HeadVerifier) -> ProofVerdict:
    """Check a receipt with nothing but the journal's public key, and name the first thing that is wrong.

    Raises :class:`~vault.journal.errors.ProofMalformed` for what is no receipt.
    """
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise ProofMalformed
        proof = told["proof"]
        verdict = verify_proof(json.dumps(proof), public_key)
        if not verdict.holds:
            return verdict
        entry = parse_record(base64.b64decode(proof["record"], validate=True))
        return _against(told, entry) or _against_opening(told) or verdict
    except (ValueError, KeyError, TypeError, AttributeError, RecordRefused):
        raise ProofMalformed from None


_FORMS = {"pull": "document", "push": "line", "answer": "answer"}
"""By the channel of the release."""
_RECEIPT = (
    select(DISCLOSURE)
    .join(RELEASE, RELEASE.c.release_id == DISCLOSURE.c.release_id)
    .join(EVIDENCE, EVIDENCE.c.evidence_id == RELEASE.c.evidence_id)
)


def _told(tx: ReadTx, row: Any) -> dict[str, Any]:
    if row is None:
        raise NothingHere
    # Whoever was shown the disclosure has business with the entry that tells of it.
    tx.stand(entry=row.receipt_entry_id)
    proof = json.loads(proof_for(tx, row.receipt_entry_id))
    if "record" not in proof:
        # After 36 months the leaf is all that is left of it.
        raise NothingHere
    entry = parse_record(base64.b64decode(proof["record"]))
    return {"format": FORMAT, **_said(entry), "released_at": proof["recorded_at"], "proof": proof}


def _said(entry: JournalEntry) -> dict[str, Any]:
    told = {name: entry.detail[name] for name in _OF_RECORD}
    return {**told, "recipient": entry.recipient, "purpose": entry.purpose, "ground": entry.ground}


def _against(told: dict[str, Any], entry: JournalEntry) -> ProofVerdict | None:
    if entry.act is not JournalAct.RECEIPT:
        return ProofVerdict(holds=False, fails="the journal's entry is of another act")
    kept = _said(entry) | {"released_at": told["proof"]["recorded_at"]}
    wrong = next((name for name, value in kept.items() if told[name] != value), None)
    return None if wrong is None else ProofVerdict(holds=False, fails=f"{wrong} is not what the journal has")


def _against_opening(told: dict[str, Any]) -> ProofVerdict | None:
    opening = told.get("opening")
    if opening is None:
        return None
    facts = str(opening["facts"]).encode()
    if encoded(commit_facts(_decoded(opening["salt"]), facts)) != told["commitment"]:
        return ProofVerdict(holds=False, fails="the facts are not those that were committed to")
    answer = opening["answer"]
    if answer is not None and encoded(hashlib.sha256(answer.encode()).digest()) != told["answer"]:
        return ProofVerdict(holds=False, fails="the answer is not the one that was sent")
    return None


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ProofMalformed from None


def _text(told: dict[str, Any]) -> str:
    return json.dumps(told, indent=1, ensure_ascii=False)
