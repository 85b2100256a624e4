"""Objects without a row are condemned, wait, are looked at once more and go; rows without an object are written down."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from contracts.identifiers import new_uuid
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.documents.tables import AUDIT_FAULT, AUDIT_RUN
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.reconciliation.looking import Seen, batches, look
from vault.reconciliation.naming import OF_DOCUMENTS, NamedObject, still_named
from vault.reconciliation.tables import CONDEMNED_OBJECT, RECONCILIATION
from vault.standing import Purpose, standing
from vault.storage.errors import ObjectRetained
from vault.storage.objects import ObjectName, StoredObject

_LOG = logging.getLogger(__name__)
SAFE_AGE = timedelta(hours=24)
"""How long an object may lie without a row before it is condemned: as long as an unfinished upload lives."""
GRACE = timedelta(hours=1)
"""Between condemning and deleting: longer than any transaction that began before and does not see it yet."""
TOMB = timedelta(days=30)
"""How long the name of a deleted object stays refused."""
FEW, TENTH = 100, 10
"""More unknown objects than so many, and than a tenth of the rows, look like the wrong database and not like noise."""
MISSING = "the object is missing"
ACTOR = Actor(ActorKind.PROCESS, "reconciliation")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one comparison came to, in objects; ``missing`` are rows whose object is gone.

    ``waiting`` were condemned, now or before, and go later; ``retained`` of them are kept by the store's lock.
    ``refused`` says that nothing was condemned because too much lay there that no row tells of.
    """

    objects: int
    rows: int
    young: int
    foreign: int
    orphans: int
    unknown: int
    condemned: int
    swept: int
    waiting: int
    retained: int
    missing: tuple[NamedObject, ...]
    refused: bool


@standing(purpose=Purpose.RECONCILIATION)
def compare(custody: Custody, *, age: timedelta = SAFE_AGE) -> Reconciled:
    """Look and change nothing; raises as :func:`vault.reconciliation.looking.look` does."""
    seen = look(custody, age=age)
    return _told(custody, seen, condemned=0, swept=0, refused=_looks_wrong(seen))


@standing(purpose=Purpose.RECONCILIATION)
def reconcile(
    custody: Custody, *, age: timedelta = SAFE_AGE, grace: timedelta = GRACE, insist: bool = False
) -> Reconciled:
    """Look, condemn what is old enough, delete what was condemned at least ``grace`` ago, write down what is missing.

    An object under retention stays and is tried again each time. Where so much is unknown that a mistake is likelier
    than noise, nothing is condemned unless somebody who looked says ``insist``. Harmless to repeat and to run twice at
    once. Raises as :func:`vault.reconciliation.looking.look` does; what was done until then stays done.
    """
    started = custody.now()
    seen = look(custody, age=age)
    refused = _looks_wrong(seen) and not insist
    condemned = 0 if refused else _condemn(custody, seen.fresh)
    swept = _sweep(custody, grace)
    done = _told(custody, seen, condemned=condemned, swept=swept, refused=refused)
    _write_down(custody, done, started)
    return done


def last_finished(tx: ReadTx) -> datetime | None:
    """Return when the newest comparison came to its end."""
    return tx.execute(select(func.max(RECONCILIATION.c.finished_at))).scalar_one_or_none()


def _looks_wrong(seen: Seen) -> bool:
    return seen.unknown > max(FEW, seen.rows // TENTH)


def _condemn(custody: Custody, orphans: Iterable[StoredObject]) -> int:
    condemned = 0
    for batch in batches(orphans):
        with custody.db.transaction() as tx:
            named = still_named(tx, (one.name for one in batch))
            rows = [
                {"name": one.name, "length": one.length, "stored_at": one.stored_at, "condemned_at": custody.now()}
                for one in batch
                if one.name not in named
            ]
            if rows:
                # What was deleted before and lies there again is condemned anew.
                new = insert_unless(CONDEMNED_OBJECT)
                again = new.on_conflict_do_update(
                    index_elements=[CONDEMNED_OBJECT.c.name],
                    set_={"swept_at": None},
                    where=CONDEMNED_OBJECT.c.swept_at.is_not(None),
                )
                condemned += len(tx.execute(again.returning(CONDEMNED_OBJECT.c.name), rows).all())
    return condemned


def _sweep(custody: Custody, grace: timedelta) -> int:
    """Delete what was condemned long enough ago and is still named by no row; return how many went."""
    swept, after, before = 0, "", custody.now() - grace
    while True:
        with custody.db.read() as tx:
            ripe = select(CONDEMNED_OBJECT.c.name).where(
                CONDEMNED_OBJECT.c.swept_at.is_(None),
                CONDEMNED_OBJECT.c.condemned_at <= before,
                CONDEMNED_OBJECT.c.name > after,
            )
            names = [
                ObjectName(name) for name in tx.execute(ripe.order_by(CONDEMNED_OBJECT.c.name).limit(100)).scalars()
            ]
            named = still_named(tx, names)
        if not names:
            _bury(custody)
            return swept
        after = names[-1]
        _reprieve(custody, named)
        for name in names:
            swept += name not in named and _delete(custody, name)


def _delete(custody: Custody, name: ObjectName) -> bool:
    try:
        custody.objects.delete(name)
    except ObjectRetained:
        values: dict[str, object] = {"retained": True}
    else:
        values = {"retained": False, "swept_at": custody.now()}
    with custody.db.transaction() as tx:
        tx.execute(update(CONDEMNED_OBJECT).where(CONDEMNED_OBJECT.c.name == name).values(**values))
    return "swept_at" in values


def _reprieve(custody: Custody, named: set[ObjectName]) -> None:
    """Let go what a row names after all: its transaction began before the name was condemned."""
    if named:
        _LOG.error("%d condemned objects are named by rows and stay", len(named))
        with custody.db.transaction() as tx:
            tx.execute(delete(CONDEMNED_OBJECT).where(CONDEMNED_OBJECT.c.name.in_(named)))


def _bury(custody: Custody) -> None:
    with custody.db.transaction() as tx:
        tx.execute(delete(CONDEMNED_OBJECT).where(CONDEMNED_OBJECT.c.swept_at <= custody.now() - TOMB))


def _told(custody: Custody, seen: Seen, *, condemned: int, swept: int, refused: bool) -> Reconciled:
    with custody.db.read() as tx:
        all_waiting = select(func.count()).where(CONDEMNED_OBJECT.c.swept_at.is_(None))
        waiting = tx.execute(all_waiting).scalar_one()
        retained = tx.execute(all_waiting.where(CONDEMNED_OBJECT.c.retained)).scalar_one()
    return Reconciled(
        objects=seen.objects,
        rows=seen.rows,
        young=seen.young,
        foreign=seen.foreign,
        orphans=seen.orphans,
        unknown=seen.unknown,
        condemned=condemned,
        swept=swept,
        waiting=waiting,
        retained=retained,
        missing=tuple(seen.missing),
        refused=refused,
    )


def _write_down(custody: Custody, done: Reconciled, started: datetime) -> None:
    run_id, now = new_uuid(), custody.now()
    counts = {name: getattr(done, name) for name in ("objects", "rows", "orphans", "condemned", "swept", "retained")}
    with custody.db.transaction() as tx:
        values = counts | {"missing": len(done.missing), "refused": done.refused}
        tx.execute(insert(RECONCILIATION).values(run_id=run_id, started_at=started, finished_at=now, **values))
        documents = [one for one in done.missing if one.form in OF_DOCUMENTS]
        if documents:
            run = {"whole": False, "documents": len({one.of for one in documents}), "objects": 0}
            times = {"started_at": started, "finished_at": now}
            tx.execute(insert(AUDIT_RUN).values(run_id=run_id, faults=len(documents), **run, **times))
            tx.execute(insert(AUDIT_FAULT), [_fault(run_id, one, now) for one in documents])
        if done.missing or done.swept:
            detail = {"run": str(run_id), "missing": len(done.missing), "swept": done.swept}
            append(tx, JournalEntry(JournalAct.AUDIT, ACTOR, detail=detail))
    for one in done.missing:
        _LOG.error("the object of %s %s is missing", one.form, one.of)
    if done.refused:
        _LOG.critical("%d objects of which no row tells: nothing is condemned before somebody looked", done.unknown)


def _fault(run_id: UUID, one: NamedObject, now: datetime) -> dict[str, object]:
    return {"run_id": run_id, "document_id": one.of, "form": one.form, "fault": MISSING, "found_at": now}
