"""After the catalogue or a rule changed: judge again what the change touches, in batches, resumable, and say what turned.

Lines that have run out keep the fits they have. Needs the right to unwrap, so it runs with the worker's rights.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from contracts.calendar import paris_day
from contracts.identifiers import new_uuid
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requirements.catalogue import Catalogue
from hub.requirements.fingerprints import Change, difference, fingerprints
from hub.school_files.keeping import keep
from hub.school_files.loading import Wanted, load_families, lock, open_lines
from hub.school_files.planning import Plan, Standing, plan
from hub.school_files.tables import REEVALUATION
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.standing import Purpose, standing

Prints = Mapping[str, Mapping[str, object]]
"""Fingerprints as JSON keeps them."""
BATCH = 250
"""Families in one transaction: a few thousand rows, locked for about a second."""


@dataclass(frozen=True, slots=True)
class Turned:
    """Fits of one requirement that came out otherwise for one reason; ``before`` is nothing for a fit never made."""

    service: str
    requirement: str
    before: str | None
    after: str
    reason: str


@dataclass(slots=True)
class Report:
    """What a run came to: counts, and no person."""

    version: str
    before: str | None
    touched: tuple[str, ...]
    dry_run: bool
    families: int = 0
    files: int = 0
    lines: int = 0
    fits: int = 0
    satisfied: int = 0
    ended: int = 0
    resumed: bool = False
    finished: bool = False
    turned: Counter[Turned] = field(default_factory=Counter)

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        names = ("version", "before", "dry_run", "resumed", "finished", *_COUNTS)
        turned = [
            {
                "service": one.service,
                "requirement": one.requirement,
                "from": one.before,
                "to": one.after,
                "reason": one.reason,
                "count": count,
            }
            for one, count in sorted(self.turned.items(), key=lambda item: _order(item[0]))
        ]
        return {name: getattr(self, name) for name in names} | {"touched": list(self.touched), "turned": turned}

    def add(self, made: Plan, families: int, files: int) -> None:
        """Count one batch."""
        self.families += families
        self.files += files
        self.lines += made.lines
        self.fits += made.judged
        self.satisfied += len(made.satisfied)
        self.ended += len(made.ended)
        for fit in made.fits:
            before = None if fit.before is None else fit.before.outcome.value
            after = fit.judgement.outcome.value
            self.turned[Turned(fit.line.service, fit.requirement.id, before, after, fit.judgement.reason)] += 1


_COUNTS = ("families", "files", "lines", "fits", "satisfied", "ended")


def _order(one: Turned) -> tuple[str, ...]:
    return one.service, one.requirement, one.before or "", one.after, one.reason


def judged_by(tx: ReadTx) -> str | None:
    """Return the version of the catalogue by which all was judged last; none where that never happened."""
    last = _last_finished(tx)
    return None if last is None else str(last.catalogue_version)


@standing(purpose=Purpose.REEVALUATION)
def reevaluate(
    custody: Custody,
    catalogue: Catalogue,
    *,
    dry_run: bool = False,
    batch: int = BATCH,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Judge again what changed since the last finished run; everything where there was none.

    A run that was broken off is taken up where it stopped; one begun under another catalogue is abandoned, and what it
    was to touch is touched by this one. ``stop`` is asked between batches. With ``dry_run`` nothing is written and
    nobody is told.
    """
    run = _look(custody, catalogue) if dry_run else _begin(custody, catalogue)
    report = run.report(catalogue, dry_run=dry_run)
    reached = run.reached
    while not report.finished and not stop():
        payers = _judge(custody, catalogue, run, reached, report, batch=batch) if run.change.touched else []
        report.finished = not payers
        reached = payers[-1] if payers else reached
    if report.finished and not dry_run:
        _finish(custody, run, report)
    return report


@dataclass(frozen=True, slots=True)
class _Run:
    run_id: UUID | None
    change: Change
    before: str | None
    reached: UUID | None
    figures: dict[str, Any]

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.change.services, self.change.kinds)

    def report(self, catalogue: Catalogue, *, dry_run: bool) -> Report:
        found = Report(catalogue.version, self.before, self.change.touched, dry_run, resumed=self.reached is not None)
        for name in _COUNTS:
            setattr(found, name, self.figures.get(name, 0))
        for one in self.figures.get("turned", ()):
            key = Turned(one["service"], one["requirement"], one["from"], one["to"], one["reason"])
            found.turned[key] += one["count"]
        return found


def _judge(
    custody: Custody, catalogue: Catalogue, run: _Run, reached: UUID | None, report: Report, *, batch: int
) -> list[UUID]:
    """Judge the next families and write down how far it went, in one transaction; return who they were."""
    now = custody.now()
    today = paris_day(now)
    if run.run_id is None:
        with custody.db.read() as tx:
            payers = _next(tx, run, reached, batch, today)
            _plan(tx, custody, catalogue, run, payers, report=report, today=today)
            return payers
    with custody.db.transaction() as write:
        payers = _next(write, run, reached, batch, today)
        lock(write, payers)
        made = _plan(write, custody, catalogue, run, payers, report=report, today=today)
        keep(write, made, now=now)
        if payers:
            _reach(write, run.run_id, payers[-1], report)
    return payers


def _plan(
    tx: ReadTx,
    custody: Custody,
    catalogue: Catalogue,
    run: _Run,
    payers: Sequence[UUID],
    *,
    report: Report,
    today: date,
) -> Plan:
    with _uncollected():
        families = load_families(tx, custody, payers, today=today, wanted=run.wanted) if payers else []
        lines = [line for family in families for line in family.lines]
        made = plan(families, Standing.of(tx, [line.line_id for line in lines]), catalogue, today=today)
    report.add(made, len(families), len({line.file_id for line in lines}))
    return made


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: all of a batch is in use until its end, and looking through it took a quarter."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Of two threads in here the first one turned it off, and it alone turns it on again.
        if was:
            gc.enable()


def _next(tx: ReadTx, run: _Run, reached: UUID | None, batch: int, today: date) -> list[UUID]:
    statement = (
        select(ENROLMENT_LINE.c.payer_id)
        .distinct()
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(ENROLMENT_LINE.c.service.in_(run.change.services), *open_lines(bindparam("today")))
        .order_by(ENROLMENT_LINE.c.payer_id)
        .limit(batch)
    )
    if reached is not None:
        statement = statement.where(ENROLMENT_LINE.c.payer_id > reached)
    return list(tx.execute(statement, {"today": today}).scalars())


def _look(custody: Custody, catalogue: Catalogue) -> _Run:
    with custody.db.read() as tx:
        last = _last_finished(tx)
        change = _change(tx, last, catalogue)
    return _Run(None, change, None if last is None else last.catalogue_version, None, {})


def _begin(custody: Custody, catalogue: Catalogue) -> _Run:
    prints = {name: one.plain() for name, one in fingerprints(catalogue).items()}
    with custody.db.transaction() as tx:
        running = tx.execute(
            select(REEVALUATION).where(REEVALUATION.c.state == "running").with_for_update()
        ).one_or_none()
        last = _last_finished(tx)
        before = None if last is None else last.catalogue_version
        if running is not None and running.fingerprints == prints:
            change = difference(_before(last, []), fingerprints(catalogue))
            return _Run(running.reevaluation_id, change, before, running.reached, running.figures)
        change, now = _change(tx, last, catalogue), custody.now()
        if running is not None:
            _end(tx, running.reevaluation_id, "abandoned", now)
        run_id = new_uuid()
        row = {"reevaluation_id": run_id, "catalogue_version": catalogue.version, "fingerprints": prints}
        tx.execute(
            insert(REEVALUATION).values(
                **row, touched=list(change.touched), state="running", figures={}, started_at=now
            )
        )
    return _Run(run_id, change, before, None, {})


def _change(tx: ReadTx, last: Any, catalogue: Catalogue) -> Change:
    """Return what is to be judged again: also what a run that never finished has judged by other rules meanwhile."""
    begun = select(REEVALUATION.c.fingerprints).where(REEVALUATION.c.state != "finished")
    if last is not None:
        begun = begun.where(REEVALUATION.c.started_at >= last.started_at)
    return difference(_before(last, list(tx.execute(begun).scalars())), fingerprints(catalogue))


def _before(last: Any, unfinished: Sequence[Prints]) -> Prints:
    """Return the state every family is known to be judged by; what an unfinished run had otherwise is unknown."""
    known: dict[str, Mapping[str, object]] = {} if last is None else dict(last.fingerprints)
    for prints in unfinished:
        for name in known.keys() | prints.keys():
            if known.get(name) != prints.get(name):
                known[name] = {"digest": "", "takes": (known.get(name) or prints[name])["takes"]}
    return known


def _last_finished(tx: ReadTx) -> Any:
    finished = select(REEVALUATION).where(REEVALUATION.c.state == "finished")
    return tx.execute(
        finished.order_by(REEVALUATION.c.ended_at.desc(), REEVALUATION.c.reevaluation_id.desc()).limit(1)
    ).one_or_none()


def _reach(tx: WriteTx, run_id: UUID, payer: UUID, report: Report) -> None:
    values = {"reached": payer, "figures": report.plain()}
    tx.execute(update(REEVALUATION).where(REEVALUATION.c.reevaluation_id == run_id).values(**values))


def _end(tx: WriteTx, run_id: UUID, state: str, now: Any) -> None:
    values = {"state": state, "ended_at": now}
    tx.execute(update(REEVALUATION).where(REEVALUATION.c.reevaluation_id == run_id).values(**values))


def _finish(custody: Custody, run: _Run, report: Report) -> None:
    if run.run_id is None:
        return
    with custody.db.transaction() as tx:
        values = {"figures": report.plain()}
        tx.execute(update(REEVALUATION).where(REEVALUATION.c.reevaluation_id == run.run_id).values(**values))
        _end(tx, run.run_id, "finished", custody.now())
