"""A resident asks for a paper to be gone: at once for everybody who may ask, and for good once the worker has run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from contracts.documents import DocumentState
from contracts.identifiers import DocumentId
from hub.errors import NothingHere
from hub.persons.accounts import SignedIn
from hub.releases.tables import RELEASE
from hub.requirements.catalogue import Catalogue
from hub.school_files.judging import judge_family, withdraw_evidence
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.documents.erase import erase
from vault.documents.tables import DOCUMENT
from vault.errors import VaultError
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.storage.objects import ObjectName

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class CaseCopy:
    """What was handed to a service stays in its case, on its own schedule."""

    recipient: str
    purpose: str
    handed_at: datetime


def ask_erasure(custody: Custody, who: SignedIn, document_id: UUID) -> list[CaseCopy]:
    """Withdraw a paper from every use now and have it erased; return what services received before.

    Raises :class:`NothingHere` for anybody else's paper. Asking again is harmless.
    """
    now = custody.now()
    with custody.db.transaction() as tx:
        row = tx.execute(
            select(DOCUMENT).where(DOCUMENT.c.document_id == document_id, DOCUMENT.c.holder_id == who.person_id)
        ).one_or_none()
        if row is None:
            raise NothingHere
        copies = case_copies(tx, document_id)
        if row.state is DocumentState.ERASED:
            return copies
        withdraw_evidence(tx, document_id, reason="erased_by_holder", now=now)
        actor = Actor(ActorKind.RESIDENT, str(who.person_id))
        entry = JournalEntry(act=JournalAct.WITHDRAW, actor=actor, document=document_id, subjects=(who.person_id,))
        append(tx, entry)
        defer(tx, Job.ERASE_DOCUMENT, document_id=document_id)
    return copies


def carry_out_erasure(custody: Custody, catalogue: Catalogue, document_id: UUID) -> None:
    """Destroy the key that opens a document, in the worker; what else the holder has may then serve in its place.

    Harmless to repeat. A deposit that commits during the re-keying makes it begin again.
    """
    names: tuple[ObjectName, ...] = ()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with custody.db.transaction() as tx:
                holder_id = tx.execute(
                    select(DOCUMENT.c.holder_id).where(DOCUMENT.c.document_id == document_id)
                ).scalar_one()
                withdraw_evidence(tx, document_id, reason="erased_by_holder", now=custody.now())
                names = erase(tx, custody, DocumentId(document_id), actor=Actor(ActorKind.PROCESS, "worker"))
                judge_family(tx, custody, catalogue, holder_id, now=custody.now())
            break
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    for name in names:
        _forget(custody, name)


def case_copies(tx: ReadTx, document_id: UUID) -> list[CaseCopy]:
    """Return what was handed to services of this document, oldest first; the person's own readings are none."""
    rows: Any = tx.execute(
        select(RELEASE.c.recipient, RELEASE.c.purpose, RELEASE.c.ordered_at)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == RELEASE.c.evidence_id)
        .where(EVIDENCE.c.document_id == document_id, RELEASE.c.channel != "own_copy")
        .order_by(RELEASE.c.ordered_at)
    )
    return [CaseCopy(row.recipient, row.purpose, row.ordered_at) for row in rows]


def _forget(custody: Custody, name: ObjectName) -> None:
    try:
        custody.objects.delete(name)
    except VaultError:
        # Its key is destroyed: what is left in the store is noise that reconciliation sweeps away.
        return
