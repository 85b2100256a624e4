"""Workers that a test starts, watches and kills, and what the database says is still to do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from orchestration.stack import environment, stack
from orchestration.stack.layout import CODE_ROOT, Layout
from orchestration.stack.parts import minimal_environment
from orchestration.stack.places import Places
from tests.system import PATIENCE, System

WORKERLESS = "tests.faults.workerless:plan"


def start_workerless(folder: Path) -> System:
    """Start a system whose worker never comes up."""
    layout = Layout(folder)
    env = {"UNEFOIS_PROFILE": "test", "UNEFOIS_PIPELINES": "false"}
    running = stack.up(layout, WORKERLESS, env=env, tied=True, timeout=120)
    return System(running, Places.recorded(layout))


def spawn(system: System, arguments: Sequence[str], *, role: str = "worker") -> subprocess.Popen[bytes]:
    """Start a programme of ours with the settings of the worker or the pipelines; its words go to a log."""
    told = getattr(environment, role)("test", system.places, system.stores)
    env = {**minimal_environment(system.places.layout), "PYTHONPATH": str(CODE_ROOT), **told}
    with system.places.layout.log("fault-workers").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments], env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )


@contextmanager
def normal_worker(system: System) -> Iterator[None]:
    """Run the system's own worker, as production has it, for the time of the block."""
    process = spawn(system, ["orchestration.cli", "worker"])
    try:
        yield
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process of ours, patiently first."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


_TO_DO = """
SELECT
  (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()
     AND NOT id = ANY(%(jobs)s)) +
  (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'doing' AND NOT id = ANY(%(jobs)s)) +
  (SELECT count(*) FROM hub.delivery WHERE state = 'due' AND NOT delivery_id = ANY(%(deliveries)s)) +
  (SELECT count(*) FROM vault.journal_pending)
"""


@dataclass
class Backlog:
    """What is to be done, and what the dead left half done and only recovery takes up."""

    dsn: str
    jobs: list[int] = field(default_factory=list)
    deliveries: list[object] = field(default_factory=list)

    def quiet(self) -> bool:
        """Whether nothing is left that a worker which reaps nothing could do."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(_TO_DO, {"jobs": self.jobs, "deliveries": self.deliveries}).fetchone()
        return row == (0,)

    def bury(self) -> None:
        """Leave everything open to recovery from now on."""
        with psycopg.connect(self.dsn) as connection:
            jobs = connection.execute("SELECT id FROM jobs.procrastinate_jobs WHERE status IN ('todo', 'doing')")
            self.jobs = [row[0] for row in jobs]
            due = connection.execute("SELECT delivery_id FROM hub.delivery WHERE state = 'due'")
            self.deliveries = [row[0] for row in due]


_LEFT = """
SELECT (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status IN ('todo', 'doing')) +
       (SELECT count(*) FROM hub.delivery WHERE state = 'due') + (SELECT count(*) FROM vault.journal_pending)
"""
_TOLD = "SELECT DISTINCT slug FROM hub.delivery JOIN hub.partner USING (siret) WHERE state = 'delivered'"


def settled(system: System) -> bool:
    """Whether nothing at all is left to do, now or later."""
    return left(system) == 0


def left(system: System) -> int:
    """How much is left to do, now or later, the questions of partners that were told something among it."""
    with psycopg.connect(system.owner_dsn()) as connection:
        told = [slug for (slug,) in connection.execute(_TOLD)]
        # Before the rest: an answer to a question leaves an entry in the journal.
        unasked = sum(_unasked(system, slug) for slug in told)
        row = connection.execute(_LEFT).fetchone()
    return unasked + (int(row[0]) if row else 0)


def _unasked(system: System, slug: str) -> int:
    received = system.received(slug)
    asked = {ask["message"] for ask in received["asks"]}
    return sum(one["message"] not in asked for one in received["notifications"])


def settle(system: System, patience: float) -> float:
    """Wait until nothing is left to do, or until nothing became less for ``patience`` seconds; return the seconds it took.

    How long that is depends on the machine; what is left when nothing moves any more is for the oracle to name.
    """
    begun = moved = time.monotonic()
    least = left(system)
    while least and time.monotonic() - moved < patience:
        time.sleep(0.2)
        now_left = left(system)
        if now_left < least:
            least, moved = now_left, time.monotonic()
    return time.monotonic() - begun


@dataclass(frozen=True)
class Death:
    """How a dying run ended: at which point, or at none because it came through."""

    points: list[str]

    @property
    def at(self) -> str | None:
        return self.points[-1].removesuffix(" !") if self.points and self.points[-1].endswith(" !") else None


def run_dying(system: System, at: str | None, backlog: Backlog, *, patience: float = PATIENCE) -> Death:
    """Run a worker that dies at ``at``; return once it died, or once it has nothing left to do."""
    report = system.places.layout.temporary / f"points-{time.monotonic_ns()}"
    wish = [] if at is None else ["--at", at]
    process = spawn(system, ["tests.faults.dying_worker", "--report", str(report), *wish])
    until = time.monotonic() + patience
    try:
        while process.poll() is None and not (report.exists() and backlog.quiet()):
            assert time.monotonic() < until, "neither dead nor done"
            time.sleep(0.05)
        time.sleep(0 if process.poll() is not None else 0.1)
    finally:
        died = process.poll()
        end(process)
    assert died in (None, -signal.SIGKILL), f"the dying worker ended with {died}"
    backlog.bury()
    return Death(report.read_text(encoding="utf-8").splitlines() if report.exists() else [])


def run_dying_hand_over(system: System, at: str | None, binding: str, day: str) -> Death:
    """Hand a day over in a process that dies at ``at``."""
    report = system.places.layout.temporary / f"points-{time.monotonic_ns()}"
    wish = [] if at is None else ["--at", at]
    arguments = ["tests.faults.dying_worker", "--report", str(report), "--hand-over", binding, day, *wish]
    code = spawn(system, arguments, role="pipelines").wait(PATIENCE)
    assert code in (0, -signal.SIGKILL), f"the hand-over ended with {code}"
    return Death(report.read_text(encoding="utf-8").splitlines() if report.exists() else [])


def hand_over(system: System, binding: str, day: str) -> bool:
    """Hand a day over as the pipeline does; whether it came through (not while a dead one's lease runs)."""
    report = system.places.layout.temporary / f"points-{time.monotonic_ns()}"
    arguments = ["tests.faults.dying_worker", "--report", str(report), "--hand-over", binding, day]
    return spawn(system, arguments, role="pipelines").wait(PATIENCE) == 0


def alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
