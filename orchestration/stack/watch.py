"""One part under watch: started, asked, started again when it dies, with growing pauses."""

import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime

from orchestration.stack.errors import StackError
from orchestration.stack.layout import Layout
from orchestration.stack.lifeline import KILLED_WITHIN, Lifeline
from orchestration.stack.parts import NotAnswering, Part, ended, make_room, spawn, stop
from orchestration.stack.state import PartState, Status, now

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
# A part that stays up this long has its pauses forgiven.
FORGIVEN_AFTER = 30.0
READY_POLL = 0.03
HEALTH_POLL = 2.0
QUIET_LIFE = 0.5


@dataclass
class Watched:
    """The supervisor's view of one part; every method is called from the supervisor's main thread."""

    part: Part
    layout: Layout
    executor: Executor
    wake: Callable[[], None]
    process: subprocess.Popen[bytes] | None = None
    status: Status = Status.DOWN
    health: str = "not started"
    restarts: int = 0
    once_ready: bool = False
    since: datetime = field(default_factory=now)
    broken: StackError | None = None
    _line: Lifeline | None = None
    _pause: float = FIRST_PAUSE
    _started: float = 0.0
    _due: float = 0.0
    _asked: Future[None] | None = None
    _log_from: int = 0

    def start(self) -> None:
        """Start the process."""
        self._log_from = make_room(self.layout.log(self.part.name))
        self.process = spawn(self.part, self.layout.log(self.part.name))
        self._line = Lifeline.of(self.process.pid)
        self._started = time.monotonic()
        self._due = self._started + (READY_POLL if self.part.ready else QUIET_LIFE)
        self._asked = None
        self._turn(Status.STARTING, "starting")

    def step(self) -> float:
        """Look once and act; returns after how many seconds to look again."""
        if self.process is None:
            return self._rest()
        if ended(self.process):
            self._fell(self.process.returncode)
            return self._rest()
        if self.part.doomed is None or self.status is not Status.STARTING:
            return self._ask()
        if self.part.doomed(self._logged()):
            stop(self.process, signal.SIGKILL, KILLED_WITHIN)
            self.start()
        return min(self._ask(), READY_POLL)

    def stop(self) -> None:
        """Stop the process for good."""
        if self.process is not None:
            stop(self.process, self.part.stop_signal, self.part.stop_timeout)
            self.process = None
            self._line = None
            self.part.after()
        self._turn(Status.DOWN, "stopped")

    def state(self) -> PartState:
        """What to write down."""
        return PartState(
            name=self.part.name,
            lifeline=self._line,
            status=self.status,
            restarts=self.restarts,
            since=self.since,
            health=self.health,
            waited=self.part.waited,
            stop_signal=self.part.stop_signal,
            stop_timeout=self.part.stop_timeout,
        )

    def _logged(self) -> bytes:
        with self.layout.log(self.part.name).open("rb") as file:
            file.seek(self._log_from)
            return file.read()

    def _rest(self) -> float:
        left = self._due - time.monotonic()
        if left > 0:
            return left
        self.restarts += 1
        self.start()
        return READY_POLL

    def _fell(self, code: int) -> None:
        self.process = self._line = None
        if time.monotonic() - self._started > FORGIVEN_AFTER:
            self._pause = FIRST_PAUSE
        self._due = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        words = f"ended by signal {-code}" if code < 0 else f"ended with status {code}"
        self._turn(Status.DOWN, words)

    def _ask(self) -> float:
        if self._asked is not None:
            if not self._asked.done():
                return HEALTH_POLL
            self._hear(self._asked)
            self._asked = None
        left = self._due - time.monotonic()
        if left > 0:
            return left
        check = self.part.health if self.status is Status.READY else self.part.ready
        if check is None:
            self._turn(Status.READY, "alive")
            self.once_ready = True
            check = self.part.health
        self._asked = self.executor.submit(check)
        self._asked.add_done_callback(lambda _: self.wake())
        return HEALTH_POLL

    def _hear(self, asked: Future[None]) -> None:
        try:
            asked.result()
        except NotAnswering as error:
            status = Status.DOWN if self.status is Status.READY else self.status
            self._turn(status, str(error))
        except StackError as error:
            self.broken = error
            self._turn(self.status, str(error))
        else:
            self.broken = None
            self.once_ready = True
            self._turn(Status.READY, "answers" if self.part.ready else "alive")
        self._due = time.monotonic() + (HEALTH_POLL if self.status is Status.READY else READY_POLL)

    def _turn(self, status: Status, health: str) -> None:
        if status is not self.status:
            self.since = now()
        self.status, self.health = status, health
