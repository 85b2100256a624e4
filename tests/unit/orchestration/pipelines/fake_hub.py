"""A small hub of made-up days: it decides a day once, remembers it, and can break with a name in its error."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID, uuid5

from hub.exchanges.handover import HandOver
from vault.journal.verify import Fault, JournalReport

SPACE = UUID("6d3b0c1e-51c4-4a0e-8d0b-2f5f9a6f0a11")


class FakeHub:
    """What :class:`~orchestration.pipelines.resources.HubResource` offers, over a table of lines per day."""

    def __init__(
        self,
        lines: Mapping[date, int] | None = None,
        *,
        withheld: int = 0,
        outcome: str = "applied",
        fault: Fault | None = None,
        error: Exception | None = None,
    ) -> None:
        self._lines, self._withheld, self._outcome = lines or {}, withheld, outcome
        self._fault, self._error = fault, error
        self._done: set[tuple[str, date]] = set()
        self.correlations: list[str] = []

    def hand_over(self, binding: str, day: date, *, correlation: str) -> HandOver:
        self.correlations.append(correlation)
        if self._error is not None:
            raise self._error
        lines = self._lines.get(day, 0)
        repeated = (binding, day) in self._done
        self._done.add((binding, day))
        exchange_id = uuid5(SPACE, f"{binding}|{day}")
        return HandOver(exchange_id, self._outcome if lines else "empty", lines, self._withheld, repeated)

    def verify_journal(self) -> JournalReport:
        if self._error is not None:
            raise self._error
        return JournalReport(sequenced=7, waiting=1, records=6, heads=3, fault=self._fault)
