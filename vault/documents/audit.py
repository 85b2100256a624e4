"""Integrity on demand: does every object exist, is it the one that was sealed, does it open; resumed where it stopped."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.engine import Row

from contracts.documents import GONE
from contracts.identifiers import new_uuid
from vault.crypto.errors import HolderKeyMissing, KeyRefused, RecordAltered, SealBroken
from vault.crypto.holders import OpenedHolder, ValueContext
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import FACTS, FIELDS, PLACES, VIEWING
from vault.documents.likeness import LOOKS
from vault.documents.opening import check_record, sealed_chunks
from vault.documents.tables import AUDIT_FAULT, AUDIT_RUN, DOCUMENT, READING, VIEWING_COPY
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.standing import Purpose, standing
from vault.storage.errors import ObjectMissing

BATCH = 50
"""Documents between two commits of the position."""
FIRST = 20
"""How many faults a report names."""
_WORDS: dict[type[Exception], str] = {
    ObjectMissing: "the object is missing",
    RecordAltered: "the row is not the one that was signed",
    SealBroken: "the object is not the one that was sealed",
    KeyRefused: "the key does not open",
    HolderKeyMissing: "the holder's key is missing",
}


@dataclass(frozen=True, slots=True)
class AuditFault:
    """One thing that is wrong: of which document, with which of its sealed forms."""

    document_id: UUID
    form: str
    fault: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found; ``first`` names the first faults, ``resumed_after`` where an interrupted one went on."""

    run_id: UUID
    documents: int
    objects: int
    faults: int
    first: tuple[AuditFault, ...]
    resumed_after: UUID | None


@standing(purpose=Purpose.AUDIT)
def audit_all(
    custody: Custody,
    *,
    actor: Actor,
    batch: int = BATCH,
    stop_after: int | None = None,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> AuditReport:
    """Check every document; a run that was interrupted goes on where it stopped.

    ``stop_after`` ends after so many batches, unfinished. ``tell`` hears after each batch how many of this call are done,
    and how many there are to do. Nothing of a document leaves this call. Raises
    :class:`~vault.storage.errors.StoreUnavailable` where the store is away: that is no fault of a document.
    """
    run_id, position = _begin(custody, actor, whole=True)
    resumed, done, checked = position, 0, 0
    with custody.db.read() as tx:
        to_do = tx.execute(_after(select(func.count()), position)).scalar_one()
    while stop_after is None or done < stop_after:
        with custody.db.read() as tx:
            in_order = _after(select(DOCUMENT), position).order_by(DOCUMENT.c.document_id)
            rows = tx.execute(in_order.limit(batch)).all()
        if not rows:
            _finish(custody, run_id)
            break
        position = rows[-1].document_id
        _check_batch(custody, run_id, rows, position)
        done, checked = done + 1, checked + len(rows)
        tell(checked, to_do)
    return _report(custody, run_id, resumed)


def _after(asked: "Select[Any]", position: UUID | None) -> "Select[Any]":
    """Narrow down to the documents that there are still, behind a position."""
    there = asked.select_from(DOCUMENT).where(DOCUMENT.c.state.not_in(GONE))
    return there if position is None else there.where(DOCUMENT.c.document_id > position)


@standing(purpose=Purpose.AUDIT)
def audit_sample(custody: Custody, size: int, *, actor: Actor) -> AuditReport:
    """Check ``size`` documents chosen at random; raises as :func:`audit_all` does."""
    run_id, _ = _begin(custody, actor, whole=False)
    with custody.db.read() as tx:
        chosen = select(DOCUMENT).where(DOCUMENT.c.state.not_in(GONE)).order_by(func.random()).limit(size)
        rows = tx.execute(chosen).all()
    for start in range(0, len(rows), BATCH):
        _check_batch(custody, run_id, rows[start : start + BATCH], None)
    _finish(custody, run_id)
    return _report(custody, run_id, None)


def _begin(custody: Custody, actor: Actor, *, whole: bool) -> tuple[UUID, UUID | None]:
    with custody.db.transaction() as tx:
        unfinished = select(AUDIT_RUN).where(AUDIT_RUN.c.whole, AUDIT_RUN.c.finished_at.is_(None))
        found = tx.execute(unfinished.order_by(AUDIT_RUN.c.started_at.desc()).limit(1)).one_or_none() if whole else None
        if found is not None:
            return found.run_id, found.position
        run_id = new_uuid()
        counts = {"documents": 0, "objects": 0, "faults": 0}
        tx.execute(insert(AUDIT_RUN).values(run_id=run_id, whole=whole, started_at=custody.now(), **counts))
        detail = {"run": str(run_id), "whole": whole}
        append(tx, JournalEntry(JournalAct.AUDIT, actor, detail=detail))
    return run_id, None


def _check_batch(custody: Custody, run_id: UUID, rows: Sequence["Row[Any]"], position: UUID | None) -> None:
    holders: dict[tuple[UUID, int], OpenedHolder | Exception] = {}
    objects, faults = 0, list[AuditFault]()
    for row in rows:
        checked, found = _check(custody, row, holders)
        objects += checked
        faults += found
    with custody.db.transaction() as tx:
        # What was erased while it was being looked at is no fault.
        faults = [fault for fault in faults if fault.document_id not in _gone(tx, faults)]
        for fault in faults:
            values = {"document_id": fault.document_id, "form": fault.form, "fault": fault.fault}
            tx.execute(insert(AUDIT_FAULT).values(run_id=run_id, found_at=custody.now(), **values))
        values = {
            "documents": AUDIT_RUN.c.documents + len(rows),
            "objects": AUDIT_RUN.c.objects + objects,
            "faults": AUDIT_RUN.c.faults + len(faults),
            "position": position,
        }
        tx.execute(update(AUDIT_RUN).where(AUDIT_RUN.c.run_id == run_id).values(**values))


def _gone(tx: WriteTx, faults: Iterable[AuditFault]) -> set[UUID]:
    # Re-keyed meanwhile counts too: a row that is read again opens under its new key, at the next audit.
    documents = [fault.document_id for fault in faults]
    ended = select(DOCUMENT.c.document_id).where(DOCUMENT.c.document_id.in_(documents), DOCUMENT.c.state.in_(GONE))
    return set(tx.execute(ended).scalars())


def _check(
    custody: Custody, row: "Row[Any]", holders: dict[tuple[UUID, int], OpenedHolder | Exception]
) -> tuple[int, list[AuditFault]]:
    """Open everything sealed of one document; return how many objects opened and what did not."""
    with custody.db.read() as tx:
        fresh = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == row.document_id)).one()
        if fresh.state in GONE:
            return 0, []
        holder = _holder(custody, tx, (fresh.holder_id, fresh.holder_generation), holders)
        copy = tx.execute(select(VIEWING_COPY).where(VIEWING_COPY.c.document_id == row.document_id)).one_or_none()
        columns = (READING.c.sealed_fields, READING.c.sealed_places, READING.c.sealed_looks)
        reading = tx.execute(select(*columns).where(READING.c.document_id == row.document_id)).one_or_none()
    if isinstance(holder, Exception):
        return 0, [AuditFault(row.document_id, "original", _WORDS[type(holder)])]
    faults = list[AuditFault]()
    objects = 0
    for form, sealed in ((fresh.origin, fresh), (VIEWING, copy)):
        if sealed is None:
            continue
        fault = _opens(custody, sealed, holder, (form, fresh))
        if fault is None:
            objects += 1
        else:
            faults.append(AuditFault(row.document_id, "viewing_copy" if form == VIEWING else "original", fault))
    for form, place, value in (
        ("facts", FACTS, fresh.sealed_facts),
        ("fields", FIELDS, None if reading is None else reading.sealed_fields),
        ("places", PLACES, None if reading is None else reading.sealed_places),
        ("looks", LOOKS, None if reading is None else reading.sealed_looks),
    ):
        if value is not None and not _value_opens(holder, value, ValueContext(fresh.holder_id, row.document_id, place)):
            faults.append(AuditFault(row.document_id, form, _WORDS[KeyRefused]))
    return objects, faults


def _holder(
    custody: Custody, tx: ReadTx, key: tuple[UUID, int], opened: dict[tuple[UUID, int], OpenedHolder | Exception]
) -> OpenedHolder | Exception:
    if key not in opened:
        try:
            opened[key] = custody.keys.open(custody.keys.find(tx, *key))
        except (HolderKeyMissing, KeyRefused) as error:
            opened[key] = error
    return opened[key]


def _opens(custody: Custody, row: "Row[Any]", holder: OpenedHolder, of: tuple[str, "Row[Any]"]) -> str | None:
    form, document = of
    try:
        check_record(custody, row, form=form, version=document.version)
        for _ in sealed_chunks(custody, row, holder, document.holder_id):
            pass
    except (ObjectMissing, SealBroken, KeyRefused, RecordAltered) as error:
        return _WORDS[type(error)]
    return None


def _value_opens(holder: OpenedHolder, sealed: bytes, place: ValueContext) -> bool:
    try:
        holder.open_value(sealed, place)
    except KeyRefused:
        return False
    return True


def _finish(custody: Custody, run_id: UUID) -> None:
    with custody.db.transaction() as tx:
        tx.execute(update(AUDIT_RUN).where(AUDIT_RUN.c.run_id == run_id).values(finished_at=custody.now()))


def _report(custody: Custody, run_id: UUID, resumed_after: UUID | None) -> AuditReport:
    with custody.db.read() as tx:
        run = tx.execute(select(AUDIT_RUN).where(AUDIT_RUN.c.run_id == run_id)).one()
        named = select(AUDIT_FAULT).where(AUDIT_FAULT.c.run_id == run_id).order_by(AUDIT_FAULT.c.found_at).limit(FIRST)
        first = tuple(AuditFault(row.document_id, row.form, row.fault) for row in tx.execute(named))
    return AuditReport(run_id, run.documents, run.objects, run.faults, first, resumed_after)
