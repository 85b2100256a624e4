"""Which rows name an object, and as what: the only list of them, which a test compares with the database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, literal, select, union_all
from sqlalchemy.engine import Row

from contracts.documents import GONE
from vault.bodies.tables import BODY
from vault.db import Database, ReadTx
from vault.documents.tables import DOCUMENT, VIEWING_COPY
from vault.reconciliation.tables import CONDEMNED_OBJECT
from vault.storage.objects import ObjectName
from vault.uploads.tables import PART

ORIGINAL, VIEWING, UPLOAD_PART, EXCHANGED = "original", "viewing_copy", "upload_part", "exchanged"
OF_DOCUMENTS = frozenset({ORIGINAL, VIEWING})
"""Forms of which an audit has its faults; what else is missing is counted and logged."""
BATCH = 1000
_NAMING: dict[str, tuple[Table, Select[Any]]] = {
    # What is gone keeps the name it had; its key is destroyed, so the object is noise.
    ORIGINAL: (
        DOCUMENT,
        select(DOCUMENT.c.object_name, DOCUMENT.c.document_id.label("of")).where(DOCUMENT.c.state.not_in(GONE)),
    ),
    VIEWING: (VIEWING_COPY, select(VIEWING_COPY.c.object_name, VIEWING_COPY.c.document_id.label("of"))),
    UPLOAD_PART: (PART, select(PART.c.object_name, PART.c.upload_id.label("of"))),
    EXCHANGED: (BODY, select(BODY.c.object_name, BODY.c.body_id.label("of"))),
}
TABLES = frozenset(table.fullname for table, _ in _NAMING.values())


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object that a row names: as which form, of which document, unfinished upload or kept conversation."""

    name: ObjectName
    form: str
    of: UUID


def named_objects(db: Database) -> Iterator[NamedObject]:
    """Yield every object that a row names, in the order of names, each batch from a moment of its own."""
    after = ""
    while True:
        parts = [
            statement.add_columns(literal(form).label("form"))
            .where(table.c.object_name > after)
            .order_by(table.c.object_name)
            .limit(BATCH)
            .subquery()
            for form, (table, statement) in _NAMING.items()
        ]
        everything = union_all(*(select(part) for part in parts)).subquery()
        with db.read() as tx:
            rows = tx.execute(select(everything).order_by(everything.c.object_name).limit(BATCH)).all()
        yield from map(_named, rows)
        if len(rows) < BATCH:
            return
        after = rows[-1].object_name


def still_named(tx: ReadTx, names: Iterable[ObjectName]) -> set[ObjectName]:
    """Return those of ``names`` that a row names now."""
    wanted = list(names)
    parts = [
        statement.with_only_columns(table.c.object_name).where(table.c.object_name.in_(wanted))
        for table, statement in _NAMING.values()
    ]
    return {ObjectName(name) for name in tx.execute(union_all(*parts)).scalars()}


def once_named(tx: ReadTx, names: Iterable[ObjectName]) -> set[ObjectName]:
    """Return those of ``names`` whose document is gone: nothing of them is unexpected."""
    gone = select(DOCUMENT.c.object_name).where(DOCUMENT.c.object_name.in_(list(names)), DOCUMENT.c.state.in_(GONE))
    return {ObjectName(name) for name in tx.execute(gone).scalars()}


def condemned(tx: ReadTx, names: Iterable[ObjectName]) -> set[ObjectName]:
    """Return those of ``names`` that are condemned and not deleted yet."""
    waiting = select(CONDEMNED_OBJECT.c.name).where(
        CONDEMNED_OBJECT.c.name.in_(list(names)), CONDEMNED_OBJECT.c.swept_at.is_(None)
    )
    return {ObjectName(name) for name in tx.execute(waiting).scalars()}


def _named(row: "Row[Any]") -> NamedObject:
    return NamedObject(ObjectName(row.object_name), row.form, row.of)
