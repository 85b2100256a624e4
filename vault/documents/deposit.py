"""A document comes in: object first, under a random name, then one short transaction that makes it exist."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, select

from contracts.documents import OPENABLE, DocumentState, EvidenceType, Grade, MediaType
from contracts.events import DocumentReceived
from contracts.identifiers import DocumentId, EntryId, new_uuid
from vault.crypto.digest import DuplicateKey
from vault.crypto.envelope import DataKey, Sealer, ciphertext_length, seal_stream
from vault.crypto.holders import HolderKey, ValueContext, WrapContext, seal_value, wrap_data_key
from vault.crypto.records import SealedRow
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.intake import Intake
from vault.documents.tables import DOCUMENT, READING
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.outbox import publish
from vault.ready import Ready
from vault.storage.objects import ObjectName, new_object_name

FIRST_VERSION = 1
IN_MEMORY = 1024 * 1024
"""Bytes up to which a document is sealed whole before it goes to the store: most papers; a door holds few at once."""
FACTS = "document.facts"
"""Place name of the sealed facts (file name, digest) in a :class:`ValueContext`."""
FIELDS = "reading.fields"
"""Place name of the sealed extracted values in a :class:`ValueContext`."""
PLACES = "reading.places"
"""The same of where those values stand."""
DEPOSIT, RECORD, VIEWING = "deposit", "record", "viewing_copy"
"""The forms that a row's seal tells apart; the first two are also origins of a document."""
_SAME = Ready(
    select(DOCUMENT.c.document_id).where(
        DOCUMENT.c.holder_id == bindparam("holder_id"),
        DOCUMENT.c.keyed_digest == bindparam("digest"),
        or_(*(DOCUMENT.c.state == state for state in (DocumentState.RECEIVED, *sorted(OPENABLE)))),
    )
)

Holder = HolderKey
"""Whose a paper is, with the public half that seals it."""


@dataclass(frozen=True, slots=True)
class SealedObject:
    """Ciphertext that lies in the store and that nobody can open until its key is committed."""

    document_id: DocumentId
    object_name: ObjectName
    data_key: DataKey = field(repr=False)
    commitment: bytes = field(repr=False)
    sha256: bytes = field(repr=False)
    length: int
    media_type: MediaType


@dataclass(frozen=True, slots=True)
class Held:
    """A small document, sealed, on its way to the store."""

    sealed: SealedObject
    ciphertext: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deposited:
    """What became of a deposit: a new document, or the one that already holds the same content."""

    document_id: DocumentId
    entry_id: EntryId
    reused: bool


async def seal_to_store(custody: Custody, source: AsyncIterator[bytes], *, announced: str, length: int) -> SealedObject:
    """Check, seal and store a document while it arrives; nothing is kept of one that is refused.

    Raises the errors of :class:`Intake`, and :class:`~vault.storage.errors.StoreUnavailable`.
    """
    intake = Intake(announced=announced, length=length, limit=custody.max_document_bytes)
    document_id, name = DocumentId(new_uuid()), new_object_name()
    sealer = seal_stream(document_id, FIRST_VERSION)

    async def ciphertext() -> AsyncIterator[bytes]:
        async for chunk in source:
            intake.update(chunk)
            if ready := sealer.update(chunk):
                yield ready
        intake.finish()
        yield sealer.finish()

    await custody.objects.put_stream(name, ciphertext(), ciphertext_length(length))
    return _sealed(document_id, name, sealer, intake.media_type)


async def seal_in_memory(custody: Custody, source: AsyncIterator[bytes], *, announced: str, length: int) -> Held:
    """Check and seal a small document while it arrives, for :func:`store`.

    A stream of its own to the store costs more than the rest of a small deposit. Raises the errors of :class:`Intake`.
    """
    intake = Intake(announced=announced, length=length, limit=min(IN_MEMORY, custody.max_document_bytes))
    document_id, name = DocumentId(new_uuid()), new_object_name()
    sealer = seal_stream(document_id, FIRST_VERSION)
    parts = []
    async for chunk in source:
        intake.update(chunk)
        parts.append(sealer.update(chunk))
    intake.finish()
    parts.append(sealer.finish())
    return Held(_sealed(document_id, name, sealer, intake.media_type), b"".join(parts))


def store(custody: Custody, held: Held) -> SealedObject:
    """Store what was sealed in memory; raises :class:`~vault.storage.errors.StoreUnavailable`."""
    custody.objects.put(held.sealed.object_name, (held.ciphertext,), len(held.ciphertext))
    return held.sealed


def seal_bytes(custody: Custody, document_id: DocumentId, content: bytes, media_type: MediaType) -> SealedObject:
    """Seal and store bytes made by ourselves: a pulled datum, a viewing copy."""
    name = new_object_name()
    sealer = seal_stream(document_id, FIRST_VERSION)
    ciphertext = sealer.update(content) + sealer.finish()
    custody.objects.put(name, (ciphertext,), len(ciphertext))
    return _sealed(document_id, name, sealer, media_type)


def record_deposit(
    tx: WriteTx,
    custody: Custody,
    sealed: SealedObject,
    *,
    holder_id: UUID,
    actor: Actor,
    file_name: str,
    announced_type: EvidenceType,
    known: HolderKey | None = None,
) -> Deposited:
    """Make the document exist: row, journal entry, event and job, in the caller's transaction.

    The same content of the same holder is not kept twice: the document that holds it is answered instead and the new
    object stays without a key. With the holder's key ``known`` nothing is looked for: where that content is held, or
    that key destroyed, the database refuses the row (:class:`sqlalchemy.exc.IntegrityError`), and the caller begins
    again without.
    """
    holder = known or custody.keys.current(tx, holder_id)
    digest = _duplicates(custody).digest(holder.digest_salt, sealed.sha256)
    held = None if known else tx.row(_SAME, {"holder_id": holder_id, "digest": digest})
    if held is not None:
        same = DocumentId(held.document_id)
        entry = _journal(tx, JournalAct.DEPOSIT, same, actor, holder_id=holder_id, reused=True)
        return Deposited(same, entry, reused=True)
    row = _row(custody, sealed, holder, origin=DEPOSIT, file_name=file_name, announced_type=announced_type)
    tx.insert(DOCUMENT, row | {"keyed_digest": digest, "state": DocumentState.RECEIVED})
    entry = _journal(tx, JournalAct.DEPOSIT, sealed.document_id, actor, holder_id=holder_id)
    publish(tx, DocumentReceived(sealed.document_id), now=custody.now())
    defer(tx, Job.READ_DOCUMENT, document_id=sealed.document_id)
    return Deposited(sealed.document_id, entry, reused=False)


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What a pulled datum is, and the values the fit rules will read, in clear until they are sealed."""

    evidence_type: EvidenceType
    issued_on: date
    fields: Mapping[str, str] = field(repr=False)


def deposit_record(
    tx: WriteTx, custody: Custody, sealed: SealedObject, facts: RecordFacts, *, holder_id: UUID, actor: Actor
) -> EntryId:
    """Make a pulled datum exist: sealed like a document, available at once because no parser reads it."""
    holder = custody.keys.current(tx, holder_id)
    row = _row(custody, sealed, holder, origin=RECORD, file_name="", announced_type=facts.evidence_type)
    tx.execute(insert(DOCUMENT).values(**row, keyed_digest=None, state=DocumentState.AVAILABLE))
    tx.execute(
        insert(READING).values(
            document_id=sealed.document_id,
            evidence_type=facts.evidence_type,
            grade=Grade.SOURCE_PULLED,
            issued_on=facts.issued_on,
            pages=1,
            sealed_fields=seal_fields(holder, sealed.document_id, facts.fields),
            concluded_at=custody.now(),
        )
    )
    return _journal(tx, JournalAct.PULL, sealed.document_id, actor, holder_id=holder_id)


def wrap_context(sealed: SealedObject, holder_id: UUID) -> WrapContext:
    """Return what the wrapped key of ``sealed`` is bound to."""
    return WrapContext(
        custody_id=sealed.document_id,
        version=FIRST_VERSION,
        holder_id=holder_id,
        media_type=sealed.media_type,
        plaintext_length=sealed.length,
        commitment=sealed.commitment,
    )


def record_seal(custody: Custody, sealed: SealedObject, holder_id: UUID, *, form: str) -> bytes:
    """Return the seal on the row of ``sealed``; ``form`` is its origin, or that it is a viewing copy."""
    return custody.records.seal(
        SealedRow(
            document_id=sealed.document_id,
            form=form,
            version=FIRST_VERSION,
            holder_id=holder_id,
            media_type=sealed.media_type,
            plaintext_length=sealed.length,
            object_name=sealed.object_name,
            commitment=sealed.commitment,
        )
    )


def seal_fields(holder: HolderKey, document_id: DocumentId, fields: Mapping[str, str]) -> bytes:
    """Seal the values reading extracted, for their holder."""
    place = ValueContext(holder.holder_id, document_id, FIELDS)
    return seal_value(holder, json.dumps(dict(fields), ensure_ascii=False).encode(), place)


def seal_places(holder: HolderKey, document_id: DocumentId, places: Mapping[str, Sequence[float]]) -> bytes:
    """Seal where on the paper those values stand, and how surely they were read, for their holder."""
    told = json.dumps({name: [round(each, 4) for each in place] for name, place in places.items()}).encode()
    return seal_value(holder, told, ValueContext(holder.holder_id, document_id, PLACES))


def keyed_digest(custody: Custody, holder: HolderKey, sha256: bytes) -> bytes:
    """Return the digest by which a second copy within one holder is noticed."""
    return _duplicates(custody).digest(holder.digest_salt, sha256)


def _sealed(document_id: DocumentId, name: ObjectName, sealer: Sealer, media_type: MediaType) -> SealedObject:
    return SealedObject(
        document_id=document_id,
        object_name=name,
        data_key=sealer.data_key,
        commitment=sealer.commitment,
        sha256=sealer.plaintext_sha256,
        length=sealer.plaintext_length,
        media_type=media_type,
    )


def _row(
    custody: Custody, sealed: SealedObject, holder: HolderKey, *, origin: str, file_name: str, announced_type: str
) -> dict[str, object]:
    facts = json.dumps({"name": file_name, "sha256": sealed.sha256.hex()}).encode()
    now = custody.now()
    return {
        "document_id": sealed.document_id,
        "version": FIRST_VERSION,
        "holder_id": holder.holder_id,
        "holder_generation": holder.generation,
        "origin": origin,
        "object_name": sealed.object_name,
        "wrapped_key": wrap_data_key(holder, sealed.data_key, wrap_context(sealed, holder.holder_id)),
        "commitment": sealed.commitment,
        "media_type": sealed.media_type,
        "plaintext_length": sealed.length,
        "sealed_facts": seal_value(holder, facts, ValueContext(holder.holder_id, sealed.document_id, FACTS)),
        "announced_type": announced_type,
        "record_seal": record_seal(custody, sealed, holder.holder_id, form=origin),
        "state_reason": "",
        "state_since": now,
        "received_at": now,
    }


def _journal(
    tx: WriteTx, act: JournalAct, document: DocumentId, actor: Actor, *, holder_id: UUID, reused: bool = False
) -> EntryId:
    detail = {"reused": True} if reused else {}
    return append(tx, JournalEntry(act=act, actor=actor, document=document, subjects=(holder_id,), detail=detail))


def _duplicates(custody: Custody) -> DuplicateKey:
    if custody.duplicates is None:
        raise RuntimeError("this process was given no key to notice duplicates with")
    return custody.duplicates
