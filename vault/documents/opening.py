"""Opening what is sealed: for reading in the worker, and for a release that a committed journal entry covers."""

import json
import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, ColumnElement, Table, Uuid, and_, any_, bindparam, func, literal, select
from sqlalchemy.engine import Row

from contracts.documents import GONE, KEPT, OPENABLE, SEEN_BY_HOLDER
from contracts.identifiers import DocumentId, EntryId
from vault.crypto.envelope import DataKey, open_verified
from vault.crypto.errors import HolderKeyMissing, KeyRefused, RecordAltered
from vault.crypto.holders import OpenedHolder, ValueContext, WrapContext, holder_key_in
from vault.crypto.records import SealedRow
from vault.crypto.tables import HOLDER_KEY
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.documents.deposit import FACTS, FIELDS, FIRST_VERSION, PLACES, VIEWING
from vault.documents.tables import DOCUMENT, READING, VIEWING_COPY
from vault.errors import DocumentNotAvailable, DocumentUnknown, EntryMissing
from vault.journal.entries import find_release_entry
from vault.journal.records import JournalAct
from vault.journal.tables import ENTRY, RECORD
from vault.ready import Ready
from vault.standing import standing

_LOG = logging.getLogger(__name__)
_DOCUMENT = select(DOCUMENT).where(DOCUMENT.c.document_id == bindparam("document"))
_COPY = select(VIEWING_COPY).where(VIEWING_COPY.c.document_id == bindparam("document"))

_FIELDS = (
    select(DOCUMENT.c.document_id, DOCUMENT.c.holder_id, DOCUMENT.c.holder_generation, READING.c.sealed_fields)
    .join(READING, READING.c.document_id == DOCUMENT.c.document_id)
    .where(
        DOCUMENT.c.document_id == any_(bindparam("documents", type_=ARRAY(Uuid))),
        DOCUMENT.c.state.not_in(tuple(GONE)),
        READING.c.sealed_fields.is_not(None),
    )
)


class Form(StrEnum):
    """Which of the sealed objects of a document is meant."""

    ORIGINAL = "original"
    VIEWING_COPY = "viewing_copy"


_OWN = {Form.ORIGINAL: KEPT, Form.VIEWING_COPY: SEEN_BY_HOLDER}
"""In which states a person gets what of their own paper: what they gave always comes back."""


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


def open_released(
    custody: Custody, document_id: DocumentId, entry_id: EntryId, form: Form, *, own: bool = False
) -> Opened:
    """Open a document for the hand-over that the journal entry ``entry_id`` records.

    The key is unwrapped only after the entry is seen committed and naming this document, so that no code path can
    give out what the journal does not know of. To its holder, with ``own``, goes also what serves nobody else. Raises
    :class:`~vault.errors.EntryMissing`, and as :func:`open_original` does.
    """
    with standing(entry=entry_id), custody.db.single() as tx:
        found = tx.row(_RELEASED[form], {"entry": entry_id, "document": document_id})
    if found is None or found.act != JournalAct.RELEASE or found.entered != document_id:
        raise EntryMissing(str(entry_id))
    document, copy, key = (_part(found, table) for table in _PARTS)
    if document is None:
        raise DocumentUnknown(str(document_id))
    if document.state not in (_OWN[form] if own else OPENABLE):
        raise DocumentNotAvailable(str(document_id))
    check_record(custody, document, form=document.origin, version=document.version)
    if copy is not None:
        check_record(custody, copy, form=VIEWING, version=document.version)
    row = document if form is Form.ORIGINAL else copy or _record_only(document)
    if row.holder_id != document.holder_id:
        raise RecordAltered(str(document_id))
    if key is None:
        raise HolderKeyMissing
    holder = custody.keys.open(holder_key_in(key))
    return Opened(row.media_type, row.plaintext_length, sealed_chunks(custody, row, holder, row.holder_id))


_PARTS = (DOCUMENT, VIEWING_COPY, HOLDER_KEY)
_PLACES = {
    table: slice(start, start + len(table.columns))
    for table, start in zip(_PARTS, accumulate((len(one.columns) for one in _PARTS), initial=2), strict=False)
}
"""Where the columns of each stand in a row of :func:`_released`, after its first two."""


def _released(form: Form) -> Ready:
    """Return everything a release needs in one look: what the journal says, the sealed object's row, its holder's key.

    One statement is one moment: a holder re-keyed meanwhile cannot make a row point at a key that is gone.
    """
    generation: ColumnElement[int] = DOCUMENT.c.holder_generation
    if form is Form.VIEWING_COPY:
        generation = func.coalesce(VIEWING_COPY.c.holder_generation, generation)
    key = and_(HOLDER_KEY.c.holder_id == DOCUMENT.c.holder_id, HOLDER_KEY.c.generation == generation)
    copy = and_(VIEWING_COPY.c.document_id == DOCUMENT.c.document_id, literal(form is Form.VIEWING_COPY))
    return Ready(
        select(ENTRY.c.act, RECORD.c.document_id.label("entered"), *_PARTS)
        .select_from(ENTRY)
        .join(RECORD, RECORD.c.entry_id == ENTRY.c.entry_id)
        .outerjoin(DOCUMENT, DOCUMENT.c.document_id == bindparam("document"))
        .outerjoin(VIEWING_COPY, copy)
        .outerjoin(HOLDER_KEY, key)
        .where(ENTRY.c.entry_id == bindparam("entry"))
    )


_RELEASED = {form: _released(form) for form in Form}


def _part(found: Sequence[Any], table: Table) -> Any:
    """Return one table's columns of a joined row, or nothing where the join found none."""
    part = SimpleNamespace(**dict(zip(table.columns.keys(), found[_PLACES[table]], strict=True)))
    return None if any(getattr(part, key.name) is None for key in table.primary_key) else part


def open_released_name(custody: Custody, document_id: DocumentId, entry_id: EntryId) -> str:
    """Return what its holder called the file, for the hand-over to them that the journal entry ``entry_id`` records.

    Empty where they gave no name. Raises as :func:`open_released` does.
    """
    with standing(entry=entry_id), custody.db.read() as tx:
        _covered(tx, document_id, entry_id)
        row = _document(tx, document_id)
        key = custody.keys.find(tx, row.holder_id, row.holder_generation)
    facts = custody.keys.open(key).open_value(row.sealed_facts, ValueContext(row.holder_id, document_id, FACTS))
    return str(json.loads(facts)["name"])


def open_released_fields(
    custody: Custody, document_id: DocumentId, entry_id: EntryId, *, own: bool = False
) -> dict[str, str]:
    """Return the values that reading extracted, for the hand-over that the journal entry ``entry_id`` records.

    To its holder, with ``own``, go also those of a paper that serves nobody else. Raises as :func:`open_released` does.
    """
    with standing(entry=entry_id), custody.db.read() as tx:
        (_covered if own else _openable)(tx, document_id, entry_id)
        return open_fields(custody, tx, document_id)


def open_released_places(custody: Custody, document_id: DocumentId, entry_id: EntryId) -> dict[str, list[float]]:
    """Return where on the paper those values stand, as far as it is known, for the same hand-over.

    Of each value: page from 0, left, top, right and bottom as fractions of the page, and how surely it was read (0 to 1).
    Raises as :func:`open_released` does.
    """
    with standing(entry=entry_id), custody.db.read() as tx:
        _openable(tx, document_id, entry_id)
        opened: dict[str, list[float]] = _open_value(custody, tx, document_id, READING.c.sealed_places, PLACES)
        return opened


def released_media_type(tx: ReadTx, document_id: DocumentId, form: Form = Form.VIEWING_COPY) -> str:
    """Return the type of what a release of this document gives: its rebuilt copy, the record itself, or the original."""
    if form is Form.ORIGINAL:
        return str(_document(tx, document_id).media_type)
    copied = tx.execute(
        select(VIEWING_COPY.c.media_type).where(VIEWING_COPY.c.document_id == document_id)
    ).scalar_one_or_none()
    return copied or str(_document(tx, document_id).media_type)


def open_fields(custody: Custody, tx: ReadTx, document_id: DocumentId) -> dict[str, str]:
    """Return the values that reading extracted, in clear, for as long as a judgement needs them."""
    opened: dict[str, str] = _open_value(custody, tx, document_id, READING.c.sealed_fields, FIELDS)
    return opened


def _open_value(custody: Custody, tx: ReadTx, document_id: DocumentId, column: Column[bytes], form: str) -> Any:
    """Return one sealed value of a reading; an empty one where nothing was read."""
    row = _document(tx, document_id)
    sealed = tx.execute(select(column).where(READING.c.document_id == document_id)).scalar_one_or_none()
    if sealed is None:
        return {}
    holder = custody.keys.open(custody.keys.find(tx, row.holder_id, row.holder_generation))
    return json.loads(holder.open_value(sealed, ValueContext(row.holder_id, document_id, form)))


def open_fields_of(custody: Custody, tx: ReadTx, documents: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the extracted values of many documents in clear, as :func:`open_fields` does for one.

    Each holder's key is unwrapped once, lives as long as this call, and opens the values of its own holder only. What is
    gone, or was never read, is left out, and so are, with an error in the log, values that do not open: one altered row
    must not stop the judgement of everybody else. Two round trips, however many documents.
    """
    rows = tx.execute(_FIELDS, {"documents": list(documents)}).all()
    keys = custody.keys.find_all(tx, {row.holder_id for row in rows})
    opened: dict[tuple[UUID, int], OpenedHolder] = {}
    found: dict[UUID, dict[str, str]] = {}
    for row in rows:
        place = (row.holder_id, row.holder_generation)
        if place not in keys:
            continue
        if place not in opened:
            opened[place] = custody.keys.open(keys[place])
        context = ValueContext(row.holder_id, row.document_id, FIELDS)
        try:
            found[row.document_id] = json.loads(opened[place].open_value(row.sealed_fields, context))
        except KeyRefused:
            _LOG.error("integrity: extracted values of document %s do not open", row.document_id)
    return found


def _openable(tx: ReadTx, document_id: DocumentId, entry_id: EntryId) -> None:
    _covered(tx, document_id, entry_id)
    if _document(tx, document_id).state not in OPENABLE:
        raise DocumentNotAvailable(str(document_id))


def _covered(tx: ReadTx, document_id: DocumentId, entry_id: EntryId) -> None:
    entry = find_release_entry(tx, entry_id)
    if entry is None or entry.act is not JournalAct.RELEASE or entry.document != document_id:
        raise EntryMissing(str(entry_id))


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
