"""A worker, or one hand-over, that kills itself at the N-th durable step: before or after it.

A test-only way in: production code has no hook for it. Durable steps are commits that wrote something, objects put or
deleted, requests sent, files dropped, and a job's end. ``--list`` dies nowhere and says every point it passes.
"""

import argparse
import asyncio
import functools
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from procrastinate.manager import JobManager

from connectors import file_drop
from connectors.http import HttpTransport
from orchestration import worker
from vault.db import Database, WriteTx
from vault.storage.s3 import S3ObjectStore

QUIET_FRAMES = ("vault.db", "contextlib", "tests.faults", "__main__", "orchestration.worker")


@dataclass
class Points:
    """Counts durable steps; ends the process at the one that was asked for."""

    at: str | None
    report: Path | None
    passed: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def point(self, label: str) -> None:
        """Pass one point: die here if it is the one."""
        with self._lock:
            self.passed += 1
            self.seen[label] += 1
            name = f"{label}#{self.seen[label]}"
            dies = self.at in (str(self.passed), name)
            self._write(name + (" !" if dies else ""))
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)

    def _write(self, line: str) -> None:
        if self.report is not None:
            with self.report.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def around(self, label: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """``act`` with a point before and one after."""

        @functools.wraps(act)
        def run(*args: Any, **named: Any) -> Any:
            self.point(f"{label}:before")
            result = act(*args, **named)
            self.point(f"{label}:after")
            return result

        return run

    def around_async(self, label: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """The same for a coroutine."""

        @functools.wraps(act)
        async def run(*args: Any, **named: Any) -> Any:
            self.point(f"{label}:before")
            result = await act(*args, **named)
            self.point(f"{label}:after")
            return result

        return run


class WatchedTx(WriteTx):
    """A transaction that knows whether it wrote anything."""

    wrote = False

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        result = super().execute(statement, parameters)
        if getattr(statement, "is_dml", False) and result.rowcount != 0:
            self.wrote = True
        return result

    def insert(self, table: Any, row: Any) -> None:
        self.wrote = True
        super().insert(table, row)

    def insert_exactly_if(self, changing: Any, parameters: Any) -> None:
        self.wrote = True
        self._begin()
        super().insert_exactly_if(changing, parameters)

    @property
    def driver(self) -> Any:
        self.wrote = True
        return super().driver


def who_asked() -> str:
    """The function of ours that opened the transaction."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(QUIET_FRAMES):
            return f"{module.rpartition('.')[2]}.{frame.f_code.co_name}"
        if module == "orchestration.worker" and frame.f_code.co_name not in ("<lambda>", "_within", "run"):
            return f"worker.{frame.f_code.co_name}"
        frame = frame.f_back
    return "?"


def watch(points: Points) -> None:
    """Put a point around every durable step of this process."""

    @contextmanager
    def transaction(database: Database) -> Iterator[WatchedTx]:
        label = f"commit {who_asked()}"
        with database._open() as connection:
            tx = WatchedTx(connection)
            yield tx
            # Rows that go out with the commit are a statement of their own: death must find them sent and not committed.
            if tx.wrote:
                tx._begin()
            tx.finish()
            if tx.wrote:
                points.point(f"{label}:before")
        if tx.wrote:
            points.point(f"{label}:after")

    Database.transaction = transaction  # type: ignore[method-assign, assignment]  # wrapped, to die there
    for name in ("put", "delete"):
        setattr(S3ObjectStore, name, points.around(f"object {name}", getattr(S3ObjectStore, name)))
    HttpTransport.send = points.around("http send", HttpTransport.send)  # type: ignore[method-assign]  # wrapped, to die there
    drop = file_drop.FileDropTransport
    drop.send = points.around("file drop", drop.send)  # type: ignore[method-assign]  # wrapped, to die there
    file_drop._write_durably = points.around("file written", file_drop._write_durably)
    os.rename = points.around("file named", os.rename)
    for name in ("finish_job_by_id_async", "retry_job_by_id_async"):
        setattr(JobManager, name, points.around_async(f"job {name.partition('_')[0]}", getattr(JobManager, name)))


async def _reap_nothing(*_: object) -> None:
    # What earlier deaths left is the recovering worker's to take back, or the count would depend on the clock.
    await asyncio.Event().wait()


def hand_over(binding: str, day: date) -> None:
    """Hand one day over, as the pipeline does."""
    from hub.bootstrap import back, drop_transport, read_settings
    from hub.exchanges.handover import Way, hand_over_day

    parts = back(*read_settings())
    found = parts.bindings.named(binding)
    way = Way(found, drop_transport(found))
    done = hand_over_day(parts.custody, parts.catalogue, way, day, correlation="faults")
    print(done.outcome)


def main() -> None:
    """``python -m tests.faults.dying_worker [--at N | --at LABEL#K] [--report FILE] [--hand-over BINDING DAY]``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", default=None, help="number of the point, or « label#k »; none: die nowhere")
    parser.add_argument("--report", type=Path, default=None, help="where to write each point passed")
    parser.add_argument("--hand-over", nargs=2, metavar=("BINDING", "DAY"))
    told = parser.parse_args()
    watch(Points(told.at, told.report))
    if told.hand_over:
        hand_over(told.hand_over[0], date.fromisoformat(told.hand_over[1]))
        return
    worker.reap_for_ever = _reap_nothing  # type: ignore[assignment]  # in its place, nothing
    worker.CONCURRENCY = 1
    worker.main()


if __name__ == "__main__":
    main()
