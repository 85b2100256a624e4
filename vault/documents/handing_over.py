"""Papers pass from one holder to another: their keys are wrapped anew, their rows sealed anew, no object is rewritten.

The object binds its custody id and version only; holder, type and length bind in the wrapped key and in the row's seal
(``vault/crypto/FORMAT.md``). Afterwards the holder before is re-keyed, so that their key no longer opens what they gave.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.engine import Row

from contracts.documents import GONE
from contracts.identifiers import DocumentId
from vault.crypto.holders import HolderKey, OpenedHolder, ValueContext, seal_value, wrap_data_key
from vault.crypto.records import SealedRow
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import FACTS, FIELDS, FIRST_VERSION, PLACES, VIEWING, keyed_digest
from vault.documents.erase import rekey_holder
from vault.documents.likeness import LOOKS
from vault.documents.opening import context_of
from vault.documents.tables import DOCUMENT, LIKENESS, READING, REPLACEMENT, VIEWING_COPY
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry


@dataclass(frozen=True, slots=True)
class _Passage:
    """From whom to whom papers pass, within one transaction."""

    custody: Custody
    opened: Mapping[int, OpenedHolder]
    before: UUID
    after: HolderKey

    def rewrap(self, row: "Row[Any]") -> bytes:
        """Return the data key of an object, wrapped for the new holder."""
        key = self.opened[row.holder_generation].unwrap_data_key(row.wrapped_key, context_of(row, self.before))
        return wrap_data_key(self.after, key, context_of(row, self.after.holder_id))

    def open(self, generation: int, document_id: UUID, place: str, sealed: bytes) -> bytes:
        """Return a value that was sealed for the holder before."""
        return self.opened[generation].open_value(sealed, ValueContext(self.before, document_id, place))

    def seal(self, document_id: UUID, place: str, value: bytes) -> bytes:
        """Return a value sealed for the new holder."""
        return seal_value(self.after, value, ValueContext(self.after.holder_id, document_id, place))

    def record(self, row: "Row[Any]", form: str) -> bytes:
        """Return the seal on a row, now that it is the new holder's."""
        return self.custody.records.seal(
            SealedRow(
                document_id=row.document_id,
                form=form,
                version=FIRST_VERSION,
                holder_id=self.after.holder_id,
                media_type=row.media_type,
                plaintext_length=row.plaintext_length,
                object_name=row.object_name,
                commitment=row.commitment,
            )
        )


def hand_over(
    tx: WriteTx, custody: Custody, documents: Collection[DocumentId], *, before: UUID, after: UUID, actor: Actor
) -> tuple[DocumentId, ...]:
    """Let papers of one holder become another's; return those that did. Harmless to repeat; both holders read of it.

    Needs the right to unwrap. What was noted between a paper that passes and one that stays (a likeness, a replacement
    asked for) is dropped.
    """
    rows = tx.execute(
        select(DOCUMENT)
        .where(DOCUMENT.c.document_id.in_(list(documents)), DOCUMENT.c.holder_id == before)
        .order_by(DOCUMENT.c.document_id)
        .with_for_update()
    ).all()
    if not rows:
        return ()
    generations = {row.holder_generation for row in rows if row.holder_generation is not None}
    opened = {one: custody.keys.open(custody.keys.find(tx, before, one)) for one in generations}
    passage = _Passage(custody, opened, before, custody.keys.current(tx, after))
    passing = [DocumentId(row.document_id) for row in rows]
    replacements = _untied(tx, passing)
    for row in rows:
        _pass(tx, passage, row)
        subjects = (before, after)
        append(tx, JournalEntry(JournalAct.TRANSFER, actor, document=row.document_id, subjects=subjects))
    for tie in replacements:
        tx.execute(insert(REPLACEMENT).values(**{**tie._asdict(), "holder_id": after}))
    if generations:
        rekey_holder(tx, custody, before)
    return tuple(passing)


def _untied(tx: WriteTx, passing: list[DocumentId]) -> list["Row[Any]"]:
    """Drop what ties these papers to others; return the replacements between two of them, to be tied again."""
    tx.execute(delete(LIKENESS).where(or_(LIKENESS.c.document_id.in_(passing), LIKENESS.c.earlier_id.in_(passing))))
    any_end = or_(REPLACEMENT.c.document_id.in_(passing), REPLACEMENT.c.by_document_id.in_(passing))
    dropped = tx.execute(delete(REPLACEMENT).where(any_end).returning(REPLACEMENT)).all()
    return [tie for tie in dropped if tie.document_id in passing and tie.by_document_id in passing]


def _pass(tx: WriteTx, passage: _Passage, row: "Row[Any]") -> None:
    values: dict[str, Any] = {"holder_id": passage.after.holder_id, "record_seal": passage.record(row, row.origin)}
    if row.state not in GONE:
        facts = passage.open(row.holder_generation, row.document_id, FACTS, row.sealed_facts)
        values |= {
            "holder_generation": passage.after.generation,
            "wrapped_key": passage.rewrap(row),
            "sealed_facts": passage.seal(row.document_id, FACTS, facts),
            "keyed_digest": _digest(tx, passage, row, bytes.fromhex(json.loads(facts)["sha256"])),
        }
        _pass_reading(tx, passage, row)
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.document_id == row.document_id).values(**values))
    for copy in tx.execute(select(VIEWING_COPY).where(VIEWING_COPY.c.document_id == row.document_id)).all():
        moved = {
            "holder_id": passage.after.holder_id,
            "holder_generation": passage.after.generation,
            "wrapped_key": passage.rewrap(copy),
            "record_seal": passage.record(copy, VIEWING),
        }
        tx.execute(update(VIEWING_COPY).where(VIEWING_COPY.c.document_id == row.document_id).values(**moved))


def _digest(tx: WriteTx, passage: _Passage, row: "Row[Any]", sha256: bytes) -> bytes | None:
    """Return the digest by which the new holder's duplicates are noticed; none where they have the same content."""
    if row.keyed_digest is None:
        return None
    digest = keyed_digest(passage.custody, passage.after, sha256)
    same = (DOCUMENT.c.holder_id == passage.after.holder_id, DOCUMENT.c.keyed_digest == digest)
    return None if tx.execute(select(DOCUMENT.c.document_id).where(*same)).first() else digest


def _pass_reading(tx: WriteTx, passage: _Passage, row: "Row[Any]") -> None:
    columns = {FIELDS: READING.c.sealed_fields, LOOKS: READING.c.sealed_looks, PLACES: READING.c.sealed_places}
    read = tx.execute(select(*columns.values()).where(READING.c.document_id == row.document_id)).one_or_none()
    if read is None:
        return
    values = {
        column.name: passage.seal(
            row.document_id, place, passage.open(row.holder_generation, row.document_id, place, sealed)
        )
        for (place, column), sealed in zip(columns.items(), read, strict=True)
        if sealed is not None
    }
    if values:
        tx.execute(update(READING).where(READING.c.document_id == row.document_id).values(**values))
