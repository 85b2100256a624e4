"""What a hand-over commits to: a salted commitment to the facts, and a line of the journal that can be shown to anybody.

The journal's first line of a hand-over names our own identifiers, which no partner may see; this second one, written in
the same transaction, names only what the recipient knows anyway, so that its record makes a receipt.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update

from contracts.answers import Plain, canonical, commit_facts
from contracts.calendar import months_before
from contracts.grounds import Ground, Purpose
from contracts.identifiers import DocumentId, ReleaseId
from hub.releases.tables import DISCLOSURE, RELEASE
from hub.school_files.tables import EVIDENCE
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.forgetting import KEPT_MONTHS
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

SALT_BYTES = 32
BATCH = 5000
_HUB = Actor(ActorKind.PROCESS, "hub")


class Form(StrEnum):
    """What left."""

    DOCUMENT = "document"
    ORIGINAL = "original"
    """The bytes as they were handed in, because a rule asks for them."""
    ANSWER = "answer"
    LINE = "line"
    """A line of a file that was handed over."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Facts as they are committed to: their one spelling and a salt of this hand-over alone."""

    facts: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def of(cls, facts: Plain) -> "Sealed":
        """Spell ``facts`` out and draw a salt."""
        return cls(canonical(facts), secrets.token_bytes(SALT_BYTES))

    @property
    def commitment(self) -> bytes:
        """Return what may be shown."""
        return commit_facts(self.salt, self.facts)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One hand-over, as its receipt will tell of it; ``question`` is the SHA-256 of what it answers, if anything."""

    release_id: ReleaseId
    form: Form
    recipient: str
    purpose: Purpose
    ground: Ground
    sealed: Sealed
    question: bytes | None = None
    answer: str | None = field(default=None, repr=False)


def disclose(tx: WriteTx, told: Disclosure, *, now: datetime) -> None:
    """Write down what a hand-over commits to, in the transaction that orders it."""
    detail = {
        "release": str(told.release_id),
        "form": told.form.value,
        "commitment": encoded(told.sealed.commitment),
        "question": None if told.question is None else encoded(told.question),
        "answer": None if told.answer is None else encoded(hashlib.sha256(told.answer.encode()).digest()),
    }
    ground = {"basis": told.ground.basis, "instrument": told.ground.instrument, "act": told.ground.act}
    entry = JournalEntry(
        JournalAct.RECEIPT, _HUB, recipient=told.recipient, purpose=told.purpose.value, ground=ground, detail=detail
    )
    row = {
        "release_id": told.release_id,
        "receipt_entry_id": append(tx, entry),
        "commitment": told.sealed.commitment,
        "salt": told.sealed.salt,
        "facts": told.sealed.facts.decode(),
        "answer": told.answer,
        "disclosed_at": now,
        "recipient": told.recipient,
    }
    tx.insert(DISCLOSURE, row)


def forget_disclosures_of(tx: WriteTx, document_id: DocumentId) -> None:
    """Empty what was disclosed of a paper, in the transaction that destroys it; commitments and receipts stay."""
    released = (
        select(RELEASE.c.release_id)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == RELEASE.c.evidence_id)
        .where(EVIDENCE.c.document_id == document_id)
    )
    tx.execute(
        update(DISCLOSURE).where(DISCLOSURE.c.release_id.in_(released)).values(salt=None, facts=None, answer=None)
    )


def forget_old_disclosures(tx: WriteTx, *, now: datetime) -> int:
    """Empty what is older than 36 months (CRPA R.114-9-7), at most :data:`BATCH`; return how many were."""
    before = months_before(now, KEPT_MONTHS)
    old = (
        select(DISCLOSURE.c.release_id)
        .where(DISCLOSURE.c.disclosed_at < before, DISCLOSURE.c.salt.is_not(None))
        .limit(BATCH)
    )
    emptied = update(DISCLOSURE).where(DISCLOSURE.c.release_id.in_(old)).values(salt=None, facts=None, answer=None)
    return tx.execute(emptied).rowcount


def encoded(raw: bytes) -> str:
    """Return bytes in base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
