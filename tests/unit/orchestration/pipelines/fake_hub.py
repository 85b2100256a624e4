"""A small hub of made-up days: it decides a day once, remembers it, and can break with a name in its error."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import SimpleNamespace
from uuid import UUID, uuid5

from hub.exchanges.files_in import FileTaken
from hub.exchanges.handover import HandOver
from hub.exchanges.quotient_round import Round
from hub.exchanges.tallying import Tally, Volume
from hub.stamping import Stamped
from vault.journal.stamps import HeadStamp
from vault.journal.verify import Fault, JournalReport

NOW = datetime(2026, 9, 2, 4, tzinfo=UTC)
SPACE = UUID("6d3b0c1e-51c4-4a0e-8d0b-2f5f9a6f0a11")


class FakeHub:
    """What :class:`~orchestration.pipelines.resources.HubResource` offers, over a table of lines per day."""

    again_in = 0.0
    tally = Tally(1, 0, 0, 0, 0, 0, {"hand_over": NOW}, {"hand_over": Volume(9, 10)})

    stamps: Stamped | None = Stamped(2, NOW)
    stamp: HeadStamp | None = HeadStamp(7, NOW, "1.3.6.1.4.1.32473.1.1", "12", b"token")

    def __init__(
        self,
        lines: Mapping[date, int] | None = None,
        *,
        withheld: int = 0,
        outcome: str = "applied",
        fault: Fault | None = None,
        error: Exception | None = None,
        times: int = 1_000,
        unwritable: int = 0,
    ) -> None:
        self._lines, self._withheld, self._outcome = lines or {}, withheld, outcome
        self._fault, self._error = fault, error
        self._times, self._unwritable = times, unwritable
        self._done: set[tuple[str, date]] = set()
        self.correlations: list[str] = []

    def hand_over(self, binding: str, day: date, *, correlation: str) -> HandOver:
        self.correlations.append(correlation)
        if self._error is not None and len(self.correlations) <= self._times:
            raise self._error
        lines = self._lines.get(day, 0)
        repeated = (binding, day) in self._done
        self._done.add((binding, day))
        exchange_id = uuid5(SPACE, f"{binding}|{day}")
        return HandOver(
            exchange_id, self._outcome if lines else "empty", lines, self._withheld, self._unwritable, repeated
        )

    def take_files_in(self, binding: str, *, correlation: str) -> list[FileTaken]:
        self.correlations.append(correlation)
        if self._error is not None and len(self.correlations) <= self._times:
            raise self._error
        exchange_id = uuid5(SPACE, binding)
        return [FileTaken(exchange_id, "applied", 3, self._unwritable, None, repeated=False, told=True)]

    def plan_pushes(self, binding: str, day: date) -> SimpleNamespace:
        return SimpleNamespace(exchanges=1, lines=3, withheld=self._withheld, unwritable=self._unwritable, waiting=0)

    def plan_pulls(self, binding: str, day: date) -> SimpleNamespace:
        return SimpleNamespace(exchanges=1, awaited=2)

    def ask_quotients(self, binding: str) -> Round:
        return Round(4, 1)

    def tally_settled(self, binding: str, day: date) -> Tally:
        return self.tally

    def closed_until(self, binding: str) -> datetime | None:
        return None

    def changes_allowed(self, connector: str) -> Mapping[str, float]:
        return {"hand_over": 0.5}

    def now(self) -> datetime:
        return NOW

    def console(self, binding: str, day: date) -> str:
        return f"https://hub.example/ops/echanges?binding={binding}&depuis={day}"

    def verify_journal(self) -> JournalReport:
        if self._error is not None:
            raise self._error
        return JournalReport(sequenced=7, waiting=1, records=6, heads=3, fault=self._fault)

    def verify_stamps(self) -> Stamped | None:
        return self.stamps

    def stamp_journal(self) -> HeadStamp | None:
        if self._error is not None:
            raise self._error
        return self.stamp
