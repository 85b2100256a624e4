"""The bodies that are told of children in their own dialects, as who plans for them sees it: counts, and nobody."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType
from typing import Self

from contracts.outcomes import OutcomeKind
from hub.bootstrap import Back
from hub.exchanges.looking import Day, look_at_day
from hub.exchanges.pulling import plan_pulls
from hub.exchanges.pushing import plan_pushes
from orchestration.demo.people import expect, wait_for
from orchestration.exchanges import planning
from orchestration.stack.places import Places

_WELL = {OutcomeKind.APPLIED, OutcomeKind.DUPLICATE, OutcomeKind.FOUND, OutcomeKind.EMPTY}


@dataclass
class Bodies:
    """Plans for the bodies of one day, and waits for the worker to carry."""

    places: Places
    day: date
    decided: int = 0
    """How many bodies said what they decided."""
    _open: ExitStack = field(default_factory=ExitStack)
    _parts: Back = field(init=False)

    def __enter__(self) -> Self:
        """Become who plans."""
        self._parts = self._open.enter_context(planning(self.places.layout))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Be nobody again."""
        self._open.close()

    def told(self, slug: str) -> Iterator[str]:
        """Tell a body of the children it is due to know of; a second time there is nothing to tell."""
        way = self._parts.ways[slug]
        done = plan_pushes(self._parts.custody, self._parts.catalogue, way, self.day)
        again = plan_pushes(self._parts.custody, self._parts.catalogue, way, self.day)
        expect(not again.exchanges, f"{slug} would be told twice")
        found = self._carried(slug)
        yield f"{slug}: {done.operation}, {done.lines} lines, {_came_to(found)}; planned again: nothing"

    def asked(self, slug: str) -> Iterator[str]:
        """Ask a body what it decided."""
        way = self._parts.ways[slug]
        plan_pulls(self._parts.custody, way, self.day)
        found = self._carried(slug)
        self.decided += found.outcomes.get(OutcomeKind.FOUND, 0)
        yield f"{slug}: asked what it decided, {_came_to(found)}"

    def _carried(self, slug: str) -> Day:
        way, custody = self._parts.ways[slug], self._parts.custody
        if way.closed_until(custody.now()) is not None:
            return look_at_day(custody.db, way, self.day)

        def over() -> Day | None:
            seen = look_at_day(custody.db, way, self.day)
            return None if seen.under_way else seen

        found = wait_for(over, f"{slug} is told")
        bad = found.waiting_for_a_person or found.refused or found.outcomes.keys() - _WELL
        expect(not bad, f"{slug}: {found.states} {found.outcomes}")
        return found


def _came_to(found: Day) -> str:
    if found.under_way:
        return "closed now: it waits until the body opens"
    return ", ".join(f"{kind} {n}" for kind, n in sorted(found.outcomes.items()))
