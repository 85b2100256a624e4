"""Opening what is sealed: for reading in the worker, and for a release that a committed journal entry covers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from contracts.documents import GONE, OPENABLE
from contracts.identifiers import DocumentId, EntryId
from vault.crypto.envelope import DataKey, open_verified
from vault.crypto.errors import RecordAltered
from vault.crypto.holders import OpenedHolder, ValueContext, WrapContext
from vault.crypto.records import SealedRow
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.documents.deposit import FIELDS, FIRST_VERSION, VIEWING
from vault.documents.tables import DOCUMENT, READING, VIEWING_COPY
from vault.errors import DocumentNotAvailable, DocumentUnknown, EntryMissing
from vault.journal.entries import find_release_entry
from vault.journal.records import JournalAct

_DOCUMENT = select(DOCUMENT).where(DOCUMENT.c.document_id == bindparam("document"))
_COPY = select(VIEWING_COPY).where(VIEWING_COPY.c.document_id == bindparam("document"))


class Form(StrEnum):
    """Which of the sealed objects of a document is meant."""

    ORIGINAL = "original"
    VIEWING_COPY = "viewing_copy"


@dataclass(frozen=True, slots=True)
class Opened:
    """Plaintext on its way out: nothing of ``chunks`` is given before the whole object was verified once."""

    media_type: str
    length: int
    chunks: Iterator[bytes]


def open_original(custody: Custody, document_id: DocumentId) -> bytes:
    """Return a document whole, for reading it; needs the right to unwrap.

    Raises :class:`~vault.errors.DocumentUnknown`, :class:`~vault.errors.DocumentNotAvailable` and
    :class:`~vault.crypto.errors.SealBroken`.
    """
    with custody.db.read() as tx:
        row = _document(tx, document_id)
        check_record(custody, row, form=row.origin, version=row.version)
        key = custody.keys.find(tx, row.holder_id, row.holder_generation)
    return b"".join(sealed_chunks(custody, row, custody.keys.open(key), row.holder_id))


def open_released(custody: Custody, document_id: DocumentId, entry_id: EntryId, form: Form) -> Opened:
    """Open a document for the hand-over that the journal entry ``entry_id`` records.

    The key is unwrapped only after the entry is seen committed and naming this document, so that no code path can
    give out what the journal does not know of. Raises :class:`~vault.errors.EntryMissing`, and as
    :func:`open_original` does.
    """
    with custody.db.read() as tx:
        entry = find_release_entry(tx, entry_id)
        if entry is None or entry.act is not JournalAct.RELEASE or entry.document != document_id:
            raise EntryMissing(str(entry_id))
        row = _document(tx, document_id)
        if row.state not in OPENABLE:
            raise DocumentNotAvailable(str(document_id))
        check_record(custody, row, form=row.origin, version=row.version)
        holder_id = row.holder_id
        if form is Form.VIEWING_COPY:
            copy = tx.execute(_COPY, {"document": document_id}).one_or_none()
            if copy is not None:
                check_record(custody, copy, form=VIEWING, version=row.version)
            row = copy if copy is not None else _record_only(row)
        key = custody.keys.find(tx, holder_id, row.holder_generation)
    if row.holder_id != holder_id:
        raise RecordAltered(str(document_id))
    holder = custody.keys.open(key)
    return Opened(row.media_type, row.plaintext_length, sealed_chunks(custody, row, holder, holder_id))


def released_media_type(tx: ReadTx, document_id: DocumentId) -> str:
    """Return the type of what a release of this document gives: its rebuilt copy, or the record itself."""
    copied = tx.execute(
        select(VIEWING_COPY.c.media_type).where(VIEWING_COPY.c.document_id == document_id)
    ).scalar_one_or_none()
    return copied or str(_document(tx, document_id).media_type)


def open_fields(custody: Custody, tx: ReadTx, document_id: DocumentId) -> dict[str, str]:
    """Return the values that reading extracted, in clear, for as long as a judgement needs them."""
    row = _document(tx, document_id)
    sealed = tx.execute(
        select(READING.c.sealed_fields).where(READING.c.document_id == document_id)
    ).scalar_one_or_none()
    if sealed is None:
        return {}
    holder = custody.keys.open(custody.keys.find(tx, row.holder_id, row.holder_generation))
    opened: dict[str, str] = json.loads(holder.open_value(sealed, ValueContext(row.holder_id, document_id, FIELDS)))
    return opened


def _record_only(row: "Row[Any]") -> "Row[Any]":
    # A pulled datum was never parsed, so it has no rebuilt copy; a deposited paper without one is not shown at all.
    if row.origin != "record":
        raise DocumentNotAvailable(str(row.document_id))
    return row


def _document(tx: ReadTx, document_id: DocumentId) -> "Row[Any]":
    row = tx.execute(_DOCUMENT, {"document": document_id}).one_or_none()
    if row is None:
        raise DocumentUnknown(str(document_id))
    if row.state in GONE:
        raise DocumentNotAvailable(str(document_id))
    return row


def sealed_chunks(custody: Custody, row: "Row[Any]", holder: OpenedHolder, holder_id: Any) -> Iterator[bytes]:
    """Yield the plaintext of a document's or viewing copy's row, nothing of it before the whole was verified once."""
    key = data_key(row, holder, holder_id)
    return open_verified(
        lambda: custody.objects.get(row.object_name),
        key,
        custody_id=row.document_id,
        version=FIRST_VERSION,
        expected_commitment=row.commitment,
        expected_length=row.plaintext_length,
    )


def data_key(row: "Row[Any]", holder: OpenedHolder, holder_id: Any) -> DataKey:
    """Unwrap the data key of a document's or viewing copy's row."""
    return holder.unwrap_data_key(row.wrapped_key, context_of(row, holder_id))


def check_record(custody: Custody, row: "Row[Any]", *, form: str, version: int) -> None:
    """Verify the seal on a document's or viewing copy's row, before anything is fetched or unwrapped.

    Raises :class:`~vault.crypto.errors.RecordAltered`: whoever writes to the database without the key of a process
    that records cannot make one paper pass for another.
    """
    custody.records.check(
        SealedRow(
            document_id=row.document_id,
            form=form,
            version=version,
            holder_id=row.holder_id,
            media_type=row.media_type,
            plaintext_length=row.plaintext_length,
            object_name=row.object_name,
            commitment=row.commitment,
        ),
        row.record_seal,
    )


def context_of(row: "Row[Any]", holder_id: Any) -> WrapContext:
    """Return what the wrapped key in ``row`` is bound to."""
    return WrapContext(
        custody_id=row.document_id,
        version=FIRST_VERSION,
        holder_id=holder_id,
        media_type=row.media_type,
        plaintext_length=row.plaintext_length,
        commitment=row.commitment,
    )
