"""Plan what a body is due to be told on a day: each child through the one gate out, nothing twice, nothing without ground.

Only planned here, by a process without any partner's secret; the engine carries it. What a line says has a digest, and a
line that is as its body was told is not told again: the same day again, or unchanged data, plans nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.engine import Row

from connectors.caisse.commands import BATCH_MAX
from contracts.answers import Gives
from contracts.calendar import day_of, paris_day
from contracts.identifiers import EnrolmentLineId, EvidenceId, ExchangeId
from hub.errors import NoGround, NotRepeatable
from hub.exchanges.commanding import Names, Telling, families, one_line, writable
from hub.exchanges.complete import CompleteLine, complete_lines
from hub.exchanges.contents import Content, contents_of
from hub.exchanges.planning import plan
from hub.exchanges.told import (
    Gone,
    families_renamed,
    gone_lines,
    keep_gone,
    keep_told,
    next_sequence,
    pass_on,
    told_in,
    told_lines,
)
from hub.exchanges.ways import Way
from hub.partners.suspending import refuse_while_stopped
from hub.releases.batches import hold_grounds, order_pushes
from hub.releases.gate import Cause
from hub.releases.grounds import Allowed, Question
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.standing import standing

SYNCHRONISE, REGISTER, CREATE = "synchronise_families", "register", "create"
PUSHES = (SYNCHRONISE, REGISTER, CREATE)
"""What a body can be told regularly; its binding's cadence says which."""
ON_BEHALF_OF = "hub:push"
LEFT = "left"
"""The step that the journal has of a line whose body was told that it is gone."""


@dataclass(frozen=True, slots=True)
class Pushes:
    """What planning a day for one binding came to; counts only.

    ``withheld`` papers have no ground, and nothing of their lines leaves; ``unwritable`` lines hold what the dialect
    cannot say; ``waiting`` lines changed while the exchange about them is not over, and are taken at the next call.
    """

    operation: str = ""
    exchanges: int = 0
    lines: int = 0
    withheld: int = 0
    unwritable: int = 0
    waiting: int = 0

    def __add__(self, other: "Pushes") -> "Pushes":
        """Add up what two lots of the same day came to."""
        return Pushes(
            self.operation,
            self.exchanges + other.exchanges,
            self.lines + other.lines,
            self.withheld + other.withheld,
            self.unwritable + other.unwritable,
            self.waiting + other.waiting,
        )


def plan_pushes(custody: Custody, catalogue: Catalogue, way: Way, day: date, *, at_most: int | None = None) -> Pushes:
    """Plan what the body of ``way`` is to be told by the end of ``day`` (Europe/Paris); harmless to repeat.

    ``at_most`` families are looked at. Each lot commits by itself: a process that dies leaves what it planned, and the
    next call goes on. Raises :class:`~hub.errors.ReleasesStopped`.
    """
    operation = next((one for one in PUSHES if one in way.binding.operations), None)
    if operation is None:
        return Pushes()
    planner, done = _Planner(custody, catalogue, way, day, operation), Pushes(operation)
    # It works for the body that is told, and is shown no other's lines.
    with standing(partner=way.binding.siret):
        with custody.db.transaction() as tx:
            refuse_while_stopped(tx)
            due = planner.due(tx)
        for lot in _lots(list(due)[:at_most]):
            with custody.db.transaction() as tx:
                done += planner.plan_lot(tx, [line for payer in lot for line in due[payer]], set(lot))
    return done


def tell_again(
    tx: WriteTx,
    planning: tuple[Custody, Catalogue, Way],
    repeated: UUID,
    exchange_id: ExchangeId,
    goes_by: UUID | None = None,
) -> None:
    """Tell in ``exchange_id`` of the line that ``repeated`` told of, on grounds that are looked for anew.

    Raises :class:`~hub.errors.NotRepeatable` where the line was told of since, or what is to be said of it is another
    thing by now, and :class:`~hub.errors.NoGround` where it may not be told.
    """
    custody, catalogue, way = planning
    now = custody.now()
    operation = next((one for one in PUSHES if one in way.binding.operations), REGISTER)
    planner = _Planner(custody, catalogue, way, paris_day(now), operation)
    planner.alone(tx)
    rows = told_in(tx, way.binding.slug, repeated)
    if len(rows) != 1:
        raise NotRepeatable("overtaken")
    row, weighed = rows[0], _Weighed()
    complete = {one.line_id: one for one in planner.complete(tx, [row.line_id])}
    if row.line_id not in complete or planner.judge(tx, complete, weighed):
        raise NoGround("no_ground")
    allowed = weighed.allowed[row.line_id]
    said = contents_of(tx, {row.line_id: [one.evidence_id for one, _ in allowed]}).get(row.line_id)
    if said is None or row.digest is None or bytes(row.digest) != said.digest(row.reference):
        raise NotRepeatable("changed")
    order_pushes(tx, catalogue, allowed, Cause(exchange_id=exchange_id, on_behalf_of=ON_BEHALF_OF), now=now)
    pass_on(tx, row, exchange_id, goes_by, now=now)


def _lots(payers: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (payers[start : start + BATCH_MAX] for start in range(0, len(payers), BATCH_MAX))


@dataclass
class _Weighed:
    """What a lot came to before anything is planned."""

    tellings: list[Telling] = field(default_factory=list)
    allowed: dict[UUID, list[tuple[Question, Allowed]]] = field(default_factory=dict)
    withheld: int = 0
    unwritable: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class _Planner:
    custody: Custody
    catalogue: Catalogue
    way: Way
    day: date
    operation: str

    def due(self, tx: ReadTx) -> dict[UUID, list[UUID]]:
        """Return the lines that are not as their body was told, by who pays them; the lot judges them again, locked."""
        lines = self.complete(tx, None)
        said = contents_of(tx, {one.line_id: self._rests_on(one) for one in lines})
        told = told_lines(tx, self.way.binding.slug, list(said))
        due: dict[UUID, list[UUID]] = {}
        for line_id, content in said.items():
            row = told.get(line_id)
            if row is None or row.digest is None or row.digest != content.digest(row.reference):
                due.setdefault(content.payer_id, []).append(line_id)
        for one in self._gone(tx):
            due.setdefault(one.payer_id, [])
        return due

    def plan_lot(self, tx: WriteTx, lines: Sequence[UUID], payers: set[UUID]) -> Pushes:
        """Plan what is due of some families, in one transaction."""
        self.alone(tx)
        weighed = self._weigh(tx, lines)
        gone = [one for one in self._gone(tx) if one.payer_id in payers]
        planned = self._synchronise(tx, weighed, gone) if self.operation == SYNCHRONISE else self._each(tx, weighed)
        counts = (weighed.withheld, weighed.unwritable, weighed.waiting)
        return Pushes(self.operation, planned, len(weighed.tellings), *counts)

    def alone(self, tx: WriteTx) -> None:
        """Let one planner of a binding at a time go on: what it was told is looked at and written in one."""
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"pushes:{self.way.binding.slug}", 0))))

    def complete(self, tx: ReadTx, among: Sequence[UUID] | None) -> list[CompleteLine]:
        """Return the lines that have all they need by the end of the day."""
        _, end = day_of(self.day)
        return complete_lines(tx, self.catalogue, self.way.binding.siret, before=end, among=among)

    def _gone(self, tx: ReadTx) -> list[Gone]:
        # Only where the dialect has a word for it.
        return gone_lines(tx, self.way.binding.slug, self.day) if self.operation == SYNCHRONISE else []

    def _rests_on(self, line: CompleteLine) -> tuple[UUID, ...]:
        # What a Caisse decided it knows; whoever registers children is told of it in place of a second question.
        return (*line.evidence, *line.decided) if self.operation == CREATE else line.evidence

    def _weigh(self, tx: WriteTx, lines: Sequence[UUID]) -> _Weighed:
        """Look for the grounds, and for what is said on them; a line of which one paper has none is not told of."""
        found = _Weighed()
        complete = {one.line_id: one for one in self.complete(tx, lines)}
        refused = self.judge(tx, complete, found)
        resting = {line: [one.evidence_id for one, _ in held] for line, held in found.allowed.items()}
        contents = contents_of(tx, {line: on for line, on in resting.items() if line not in refused})
        told = told_lines(tx, self.way.binding.slug, list(contents))
        for one in self._named(tx, list(contents.values()), told):
            row = told.get(one.content.line_id)
            if row is not None and row.digest is not None and bytes(row.digest) == one.digest:
                continue
            if row is not None and row.under_way:
                found.waiting += 1
            elif not writable(self.way, one):
                found.unwritable += 1
            else:
                found.tellings.append(one)
        return found

    def judge(self, tx: WriteTx, complete: Mapping[UUID, CompleteLine], found: _Weighed) -> set[UUID]:
        """Hold the grounds of all that lines rest on; return those of which a paper that was brought has none."""
        siret = self.way.binding.siret
        questions = [
            # A message says what a paper shows, and the paper stays here.
            Question(EvidenceId(evidence), EnrolmentLineId(line.line_id), siret, line.purpose, Gives.ANSWER)
            for line in complete.values()
            for evidence in self._rests_on(line)
        ]
        ruled = hold_grounds(tx, self.catalogue, questions, now=self.custody.now())
        for question, allowed in ruled.allowed:
            found.allowed.setdefault(question.line_id, []).append((question, allowed))
        brought = [one for one, _ in ruled.refused if one.evidence_id in complete[one.line_id].evidence]
        found.withheld += len(ruled.refused)
        return {one.line_id for one in brought}

    def _named(self, tx: WriteTx, contents: Sequence[Content], told: "Mapping[UUID, Row[Any]]") -> Iterator[Telling]:
        names = Names.coined(tx, self.way.binding.siret, contents)
        renamed = families_renamed(tx, self.way.binding.slug, list(names.payers.values()))
        for one in contents:
            row, family = told.get(one.line_id), names.payers[one.payer_id]
            known = None if row is None else row.goes_by
            yield Telling(
                one,
                names.lines[one.line_id],
                names.children[one.child_id],
                family,
                revision=1 if row is None else row.revision + 1,
                goes_by=renamed.get(family) if self.operation == SYNCHRONISE else known,
                number=(row is not None and row.number) or "",
                stamp=(row is not None and row.stamp) or "",
            )

    def _synchronise(self, tx: WriteTx, weighed: _Weighed, gone: Sequence[Gone]) -> int:
        """Plan one message about all families of a lot."""
        if not weighed.tellings and not gone:
            return 0
        left: dict[UUID, list[UUID]] = {}
        for one in gone:
            left.setdefault(one.family, []).append(one.reference)
        sequence = next_sequence(tx, self.way.binding.slug, SYNCHRONISE, self.day)
        command = families(self.day, sequence, weighed.tellings, left)
        exchange_id = self._plan(tx, weighed, weighed.tellings, command, f"{SYNCHRONISE}/{command.natural_key}")
        keep_gone(tx, self.way.binding.slug, gone, exchange_id, now=self.custody.now())
        for one in gone:
            self._journal_gone(tx, one, exchange_id)
        return 1

    def _each(self, tx: WriteTx, weighed: _Weighed) -> int:
        """Plan one message a line."""
        for one in weighed.tellings:
            # Those of one family go in their order.
            self._plan(tx, weighed, [one], one_line(self.way, one), str(one.family))
        return len(weighed.tellings)

    def _plan(
        self, tx: WriteTx, weighed: _Weighed, tellings: Sequence[Telling], command: Any, correlation: str
    ) -> ExchangeId:
        allowed = [held for one in tellings for held in weighed.allowed[one.content.line_id]]
        now = self.custody.now()

        def release(tx: WriteTx, exchange_id: ExchangeId) -> None:
            cause = Cause(exchange_id=exchange_id, on_behalf_of=ON_BEHALF_OF)
            order_pushes(tx, self.catalogue, allowed, cause, now=now)

        way = (self.way.codec, self.way.binding)
        planned = plan(tx, self.custody, way, command, correlation=correlation, decide=release)
        keep_told(tx, self.way, tellings, planned.exchange_id, now=now)
        return planned.exchange_id

    def _journal_gone(self, tx: WriteTx, one: Gone, exchange_id: ExchangeId) -> None:
        purpose = self.catalogue.services[one.service].purpose.value
        detail = {"step": LEFT, "line": str(one.line_id), "exchange": str(exchange_id)}
        actor, siret = Actor(ActorKind.PROCESS, "pipelines"), self.way.binding.siret
        entry = JournalEntry(
            JournalAct.PUSH, actor, subjects=(one.payer_id,), recipient=siret, purpose=purpose, detail=detail
        )
        append(tx, entry)
