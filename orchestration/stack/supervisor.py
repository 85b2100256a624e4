"""The foreground process that starts every part in order, starts again what dies and stops all in reverse order."""

import argparse
import contextlib
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from orchestration.stack import lock
from orchestration.stack.addresses import addresses_of, recorded_objects
from orchestration.stack.errors import AlreadyRunning, StackError
from orchestration.stack.layout import Layout
from orchestration.stack.lifeline import Lifeline, start_ticks
from orchestration.stack.logins import create_logins
from orchestration.stack.objects import Objects
from orchestration.stack.parts import Part
from orchestration.stack.plan import DEFAULT_SYSTEM, Plan, StoreAddresses, load_plan
from orchestration.stack.ports import PortBook
from orchestration.stack.postgres import Postgres
from orchestration.stack.processes import process_part
from orchestration.stack.state import Phase, Status, SystemState, read_state, write_state
from orchestration.stack.watch import Watched

CHECKERS = 16
HOPELESS_AFTER = 3
LONGEST_SLEEP = 1.0
EXIT_FAILED = 1
EXIT_ALREADY_RUNNING = 3


class Stopped(Exception):
    """The supervisor was told to stop."""


@dataclass
class Bell:
    """A pipe that ends the supervisor's sleep: rung by signals, by finished checks, and by the owner's death."""

    owner: int | None = None
    asked_to_stop: bool = False
    _ends: tuple[int, int] = field(default_factory=lambda: os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC))

    def listen_to_signals(self) -> None:
        """Take SIGTERM and SIGINT as a wish to stop, SIGCHLD as news; main thread only."""
        signal.set_wakeup_fd(self._ends[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def ring(self) -> None:
        """Wake the sleeper, from any thread."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._ends[1], b"\0")

    def sleep(self, seconds: float) -> None:
        """Sleep until rung, at most ``seconds``."""
        watched = [self._ends[0]] if self.owner is None else [self._ends[0], self.owner]
        heard, _, _ = select.select(watched, [], [], max(0.0, seconds))
        if self.owner in heard:
            self.asked_to_stop = True
        with contextlib.suppress(BlockingIOError):
            while os.read(self._ends[0], 4096):
                pass

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop = True


@dataclass
class Supervisor:
    """Runs one system on one state folder until told to stop."""

    layout: Layout
    system: str
    bell: Bell
    executor: ThreadPoolExecutor
    book: PortBook
    own: Lifeline
    phase: Phase = Phase.STORES
    failure: str = ""
    watched: list[Watched] = field(default_factory=list)
    _written: SystemState | None = None
    _pause: float = 0.0

    def run(self) -> None:
        """Start everything and keep it running; raises Stopped in the end, or StackError when the start fails."""
        addresses, postgres = self._stores()
        # Read while the stores come up: it imports much.
        plan = load_plan(self.system, self.layout)
        self._until_ready("postgres")
        self._turn(Phase.PREPARING)
        self._prepare(plan, addresses, postgres)
        self._until_ready("objects")
        self._turn(Phase.PROCESSES)
        parts = [process_part(spec, self.layout) for spec in plan.processes(addresses)]
        self._start([part for part in parts if part.waited])
        self._until_ready(*(watched.part.name for watched in self.watched))
        self._turn(Phase.READY)
        self._start([part for part in parts if not part.waited])
        while True:
            self._step()

    def stop(self) -> None:
        """Stop every part, the last started first; parts of our own stop side by side, before the stores."""
        if self.phase is not Phase.FAILED:
            self._turn(Phase.STOPPING)
        own = [watched for watched in reversed(self.watched) if watched.part.name not in {"postgres", "objects"}]
        stores = [watched for watched in self.watched if watched.part.name in {"postgres", "objects"}]
        for group in (own, stores):
            list(self.executor.map(Watched.stop, group))
        self._write()

    def fail(self, words: str) -> None:
        """Write down why the start failed."""
        self.failure = words
        self._turn(Phase.FAILED)

    def _stores(self) -> tuple[StoreAddresses, Postgres]:
        objects = Objects(self.layout, self.book.objects())
        postgres = Postgres.at(self.layout, self.book.port("postgres"))
        objects.initialise()
        # It needs a second and PostgreSQL's first start half a one: side by side.
        self._start([objects.part()])
        postgres.initialise()
        self._start([postgres.part()])
        return addresses_of(self.layout, postgres.port, objects), postgres

    def _prepare(self, plan: Plan, addresses: StoreAddresses, postgres: Postgres) -> None:
        def work() -> None:
            create_logins(postgres)
            plan.prepare(addresses)

        done = self.executor.submit(work)
        done.add_done_callback(lambda _: self.bell.ring())
        while not done.done():
            self._step()
        done.result()

    def _start(self, parts: Sequence[Part]) -> None:
        for part in parts:
            watched = Watched(part, self.layout, self.executor, self.bell.ring)
            self.watched.append(watched)
            watched.start()
            self._pause = 0.0
            self._write()

    def _until_ready(self, *names: str) -> None:
        wanted = [watched for watched in self.watched if watched.part.name in names]
        while not all(watched.status is Status.READY for watched in wanted):
            self._step()
            for watched in self.watched:
                if not watched.once_ready and watched.restarts >= HOPELESS_AFTER:
                    message = f"{watched.part.name} does not stay up ({watched.health})"
                    raise StackError(message)
                if watched.broken is not None:
                    raise watched.broken

    def _step(self) -> None:
        if self.bell.asked_to_stop:
            raise Stopped
        self.bell.sleep(self._pause)
        self._pause = min((watched.step() for watched in self.watched), default=LONGEST_SLEEP)
        self._write()

    def _turn(self, phase: Phase) -> None:
        self.phase = phase
        self._write()

    def _write(self) -> None:
        state = SystemState(self.own, self.phase, self.failure, tuple(watched.state() for watched in self.watched))
        if state != self._written:
            write_state(self.layout, state)
            self._written = state


def end_leftovers(layout: Layout) -> list[str]:
    """End what a supervisor that was killed left behind, last started first; returns the names of what was ended."""
    state = read_state(layout)
    names = [
        part.name
        for part in (reversed(state.parts) if state else ())
        if part.lifeline is not None and part.lifeline.end(part.stop_signal, part.stop_timeout)
    ]
    objects = recorded_objects(layout)
    if objects is not None:
        objects.sweep_sockets()
    return names


@contextlib.contextmanager
def _supervising(layout: Layout, system: str, bell: Bell) -> Iterator[Supervisor]:
    book = PortBook(layout)
    with ThreadPoolExecutor(CHECKERS, "check") as executor:
        try:
            own = Lifeline(os.getpid(), start_ticks(os.getpid()) or 0)
            yield Supervisor(layout, system, bell, executor, book, own)
        finally:
            book.release()


def supervise(layout: Layout, system: str, *, tell: Callable[[str], None], owner: int | None = None) -> int:
    """Run the system until a signal, or the end of the file ``owner``, asks to stop; returns an exit status."""
    bell = Bell(owner)
    bell.listen_to_signals()
    try:
        with lock.held(layout):
            for name in end_leftovers(layout):
                tell(f"ended {name}, left behind by a supervisor that was killed")
            with _supervising(layout, system, bell) as supervisor:
                return _run(supervisor, tell)
    except AlreadyRunning as error:
        tell(str(error))
        return EXIT_ALREADY_RUNNING


def _run(supervisor: Supervisor, tell: Callable[[str], None]) -> int:
    try:
        supervisor.run()
    except Stopped:
        tell("told to stop")
    except BaseException as error:  # noqa: BLE001 - whatever went wrong is told, and the parts are stopped
        if not isinstance(error, StackError):
            tell(traceback.format_exc())
        supervisor.fail(str(error) if isinstance(error, StackError) else f"{type(error).__name__}: {error}")
        tell(supervisor.failure)
        return EXIT_FAILED
    finally:
        supervisor.stop()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m orchestration.stack.supervisor STATE [--system module:function] [--owner FD]``."""
    parser = argparse.ArgumentParser(prog="supervisor", description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("--system", default=DEFAULT_SYSTEM)
    parser.add_argument("--owner", type=int, default=None, help="file whose end means: stop")
    chosen = parser.parse_args(arguments)
    layout = Layout(chosen.state)
    layout.create()
    return supervise(layout, chosen.system, tell=lambda words: print(words, flush=True), owner=chosen.owner)


if __name__ == "__main__":
    sys.exit(main())
