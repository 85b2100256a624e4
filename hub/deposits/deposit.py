"""A resident hands in a paper: sealed while it arrives, then one transaction with receipt, journal, event and job."""

import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from anyio.to_thread import run_sync
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from contracts.documents import DECISIONS, EvidenceType
from contracts.identifiers import DocumentId, new_uuid
from hub.deposits import idempotency
from hub.deposits.leases import leases_of
from hub.deposits.tables import RECEIPT
from hub.errors import InvalidValue
from hub.persons.accounts import SignedIn
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import (
    IN_MEMORY,
    Deposited,
    Holder,
    SealedObject,
    record_deposit,
    seal_in_memory,
    seal_to_store,
    store,
)
from vault.documents.tables import DOCUMENT
from vault.errors import VaultError
from vault.journal.records import Actor, ActorKind
from vault.storage.objects import ObjectName

_LOG = logging.getLogger(__name__)
FILE_NAME_MAX = 150
SERVICE_IN_CHARGE = "Ville de Paris, porte-documents Une Fois"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the sender says of a document before its first byte."""

    key: str
    media_type: str
    length: int
    file_name: str
    evidence_type: EvidenceType


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a deposit: created, or the same content held already."""

    status: int
    receipt: dict[str, Any]

    @property
    def document_id(self) -> DocumentId:
        """The document the receipt is for."""
        return DocumentId(UUID(self.receipt["document"]))


def announced(
    *, key: str | None, media_type: str | None, length: int, file_name: str, evidence_type: str | None
) -> Announcement:
    """Check what can be checked before the body; raises :class:`InvalidValue` and the errors of the key."""
    kind = evidence_type or EvidenceType.UNKNOWN
    if kind not in set(EvidenceType) - DECISIONS:
        raise InvalidValue("document-kind: not in the catalogue")
    plain = (media_type or "").partition(";")[0].strip().lower()
    return Announcement(idempotency.checked_key(key), plain, length, clean_name(file_name), EvidenceType(kind))


def clean_name(name: str) -> str:
    """Return a file name fit to be shown: no path, no control or direction-changing character, at most 150."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(
        c for c in last if c.isprintable() and c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    return shown.strip()[:FILE_NAME_MAX]


async def deposit(custody: Custody, who: SignedIn, announcement: Announcement, body: AsyncIterator[bytes]) -> Outcome:
    """Take in one document.

    A retry with the same key and bytes gets the first answer and has no second effect. Raises the errors of intake,
    of the store and of the key; nothing is kept of a document that is refused.
    """
    caller = str(who.person_id)
    stored, holder = await run_sync(_begin, custody, who, announcement.key)
    if stored is not None:
        idempotency.same_content(stored, await _fingerprint(caller, announcement, body))
        return Outcome(stored.status, stored.response)
    leases, key = leases_of(custody.db, custody.now), (caller, announcement.key)
    leases.hold(key)
    try:
        outcome = await _take_in(custody, who, announcement, body, holder)
    except BaseException:
        await run_sync(leases.give_back, key)
        raise
    leases.let_go(key)
    return outcome


async def _take_in(
    custody: Custody,
    who: SignedIn,
    announcement: Announcement,
    body: AsyncIterator[bytes],
    holder: Holder | None,
) -> Outcome:
    if announcement.length > IN_MEMORY:
        sealed = await seal_to_store(custody, body, announced=announcement.media_type, length=announcement.length)
        return await run_sync(_record, custody, who, announcement, sealed, holder)
    held = await seal_in_memory(custody, body, announced=announcement.media_type, length=announcement.length)
    return await run_sync(lambda: _record(custody, who, announcement, store(custody, held), holder))


def _record(
    custody: Custody, who: SignedIn, announcement: Announcement, sealed: SealedObject, holder: Holder | None
) -> Outcome:
    return record(custody, who, announcement, sealed, _settling(custody, who, announcement, sealed), known=holder)


def _begin(custody: Custody, who: SignedIn, key: str) -> tuple[idempotency.Stored | None, Holder | None]:
    beside = [custody.keys.asking_current(who.person_id)]
    stored, (found,) = idempotency.begin_with(custody.db, str(who.person_id), key, beside, now=custody.now())
    return stored, custody.keys.found(found)


async def _fingerprint(caller: str, announcement: Announcement, body: AsyncIterator[bytes]) -> bytes:
    digest = hashlib.sha256()
    async for chunk in body:
        digest.update(chunk)
    return _fingerprint_of(caller, announcement, digest.digest())


def _fingerprint_of(caller: str, announcement: Announcement, sha256: bytes) -> bytes:
    return idempotency.fingerprint_of(
        caller, announcement.media_type.encode(), announcement.evidence_type.encode(), sha256
    )


Settle = Callable[[WriteTx, Outcome], None]
"""What else commits with a deposit, so that a retry finds its answer."""


def record(
    custody: Custody,
    who: SignedIn,
    announcement: Announcement,
    sealed: SealedObject,
    settle: Settle,
    *,
    known: Holder | None = None,
) -> Outcome:
    """Make what was sealed a deposit: receipt, journal, event, job and what ``settle`` adds, in one transaction.

    ``known`` is the holder's key where it has just been looked up.
    """
    try:
        outcome, reused = _record_once(custody, who, announcement, sealed, settle, known=known)
    except IntegrityError:
        # The same content is held or came in twice at once, or the holder was re-keyed meanwhile: this look sees it.
        outcome, reused = _record_once(custody, who, announcement, sealed, settle, known=None)
    if reused:
        forget_object(custody, sealed.object_name)
    return outcome


def _record_once(
    custody: Custody,
    who: SignedIn,
    announcement: Announcement,
    sealed: SealedObject,
    settle: Settle,
    *,
    known: Holder | None,
) -> tuple[Outcome, bool]:
    now, caller = custody.now(), str(who.person_id)
    with custody.db.transaction() as tx:
        deposited = record_deposit(
            tx,
            custody,
            sealed,
            holder_id=who.person_id,
            actor=Actor(ActorKind.RESIDENT, caller),
            file_name=announcement.file_name,
            announced_type=announcement.evidence_type,
            known=known,
        )
        receipt = _receipt(tx, who, deposited, sealed, now=now)
        outcome = Outcome(200 if deposited.reused else 201, receipt)
        settle(tx, outcome)
    return outcome, deposited.reused


def _settling(custody: Custody, who: SignedIn, announcement: Announcement, sealed: SealedObject) -> Settle:
    caller = str(who.person_id)

    def settle(tx: WriteTx, outcome: Outcome) -> None:
        idempotency.settle(
            tx,
            caller,
            announcement.key,
            fingerprint=_fingerprint_of(caller, announcement, sealed.sha256),
            status=outcome.status,
            response=outcome.receipt,
            now=custody.now(),
        )

    return settle


def _receipt(
    tx: WriteTx, who: SignedIn, deposited: Deposited, sealed: SealedObject, *, now: datetime
) -> dict[str, Any]:
    """Keep and return the receipt; ``entry`` is the journal entry whose inclusion can be proved later."""
    receipt_id = new_uuid()
    content: dict[str, Any] = {
        "receipt": str(receipt_id),
        "document": str(deposited.document_id),
        "received_at": now.isoformat(),
        "in_charge": SERVICE_IN_CHARGE,
        "media_type": sealed.media_type.value,
        "length": sealed.length,
        "entry": str(deposited.entry_id),
        "reuse": _reuse(tx, deposited.document_id) if deposited.reused else None,
    }
    row = {
        "receipt_id": receipt_id,
        "person_id": who.person_id,
        "document_id": deposited.document_id,
        "content": content,
        "issued_at": now,
    }
    tx.insert(RECEIPT, row)
    return content


def _reuse(tx: WriteTx, document_id: DocumentId) -> dict[str, str]:
    first = tx.execute(select(DOCUMENT.c.received_at).where(DOCUMENT.c.document_id == document_id)).scalar_one()
    return {
        "document": str(document_id),
        "held_since": first.isoformat(),
        "fr": "Vous avez déjà déposé ce document. Nous le réutilisons : vous n'avez rien d'autre à faire.",
        "en": "You handed in this document before. It is reused; there is nothing else to do.",
    }


def forget_object(custody: Custody, name: ObjectName) -> None:
    """Delete an object that nothing refers to, or leave it to reconciliation where the store is away."""
    try:
        custody.objects.delete(name)
    except VaultError:
        # Nothing can open it: it is noise that reconciliation sweeps away.
        _LOG.warning("object without a key left in the store")
