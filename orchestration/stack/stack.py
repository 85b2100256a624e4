"""Start, stop and look at the one-machine system from outside its supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from orchestration.stack import lock
from orchestration.stack.addresses import addresses
from orchestration.stack.errors import AlreadyRunning, NotRunning, PartNotReady, StackError
from orchestration.stack.layout import CODE_ROOT, Layout
from orchestration.stack.parts import minimal_environment, tail
from orchestration.stack.plan import DEFAULT_SYSTEM, StoreAddresses
from orchestration.stack.state import Phase, Status, SystemState, read_state
from orchestration.stack.supervisor import EXIT_ALREADY_RUNNING, end_leftovers

POLL = 0.02
STOP_PATIENCE = 40.0
SUPERVISOR = "supervisor"


@dataclass
class Running:
    """A system that is up: ``seconds`` is how long its start took. ``owner`` keeps a tied system alive while open."""

    layout: Layout
    addresses: StoreAddresses
    state: SystemState
    seconds: float
    owner: int | None = field(default=None, repr=False)


def up(
    layout: Layout,
    system: str = DEFAULT_SYSTEM,
    *,
    timeout: float = 60.0,
    env: Mapping[str, str] | None = None,
    tied: bool = False,
) -> Running:
    """Start the supervisor and return once every part that is waited for is ready.

    ``system`` names the plan as ``module:function``; ``env`` is what that plan's process sees beside the minimal
    environment; ``timeout`` is in seconds. A ``tied`` system stops by itself when the caller's process ends.
    Raises AlreadyRunning, or PartNotReady with the last words of the part's log; then nothing is left running.
    """
    if lock.stays_held(layout):
        message = f"a system already runs on {layout.state}; stop it with « make down » first"
        raise AlreadyRunning(message)
    begun = time.monotonic()
    layout.create()
    reading, owner = os.pipe() if tied else (None, None)
    try:
        process = _supervisor(layout, system, env or {}, reading)
    finally:
        if reading is not None:
            os.close(reading)
    try:
        state = _wait(layout, process, begun + timeout)
    except BaseException:
        if owner is not None:
            os.close(owner)
        _abandon(process)
        raise
    return Running(layout, addresses(layout), state, time.monotonic() - begun, owner)


def _supervisor(layout: Layout, system: str, env: Mapping[str, str], owner: int | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "orchestration.stack.supervisor", str(layout.state), "--system", system]
    log = os.open(layout.log(SUPERVISOR), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        return subprocess.Popen(
            command if owner is None else [*command, "--owner", str(owner)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**minimal_environment(layout), "PYTHONPATH": str(CODE_ROOT), **env},
            cwd=layout.home,
            start_new_session=True,
            pass_fds=() if owner is None else (owner,),
        )
    finally:
        os.close(log)


def _wait(layout: Layout, process: subprocess.Popen[bytes], until: float) -> SystemState:
    while True:
        state = read_state(layout)
        if state is not None and state.supervisor.pid == process.pid and state.phase is Phase.READY:
            return state
        code = process.poll()
        if code == EXIT_ALREADY_RUNNING:
            message = f"a system already runs on {layout.state}; stop it with « make down » first"
            raise AlreadyRunning(message)
        if code is not None or time.monotonic() > until:
            raise PartNotReady(_why(layout, process.pid, code))
        time.sleep(POLL)


def _why(layout: Layout, pid: int, code: int | None) -> str:
    state = read_state(layout)
    if state is None or state.supervisor.pid != pid:
        return f"the supervisor did not start (status {code})\n{tail(layout.log(SUPERVISOR))}"
    late = [part for part in state.parts if part.waited and part.status is not Status.READY]
    # After a failure all are stopped: the reason names the part.
    named = [part for part in state.parts if part.name in state.failure] if state.failure else late
    words = [state.failure or f"not ready in time, while {state.phase}"]
    words += [f"{part.name}: {part.health}\n{tail(layout.log(part.name))}" for part in named]
    return "\n".join(words)


def _abandon(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def down(layout: Layout) -> None:
    """Stop the system and whatever a killed supervisor left; raises NotRunning when there was nothing to stop."""
    state = read_state(layout)
    if not lock.is_held(layout):
        if not (layout.run.exists() and end_leftovers(layout)):
            message = f"nothing runs on {layout.state}"
            raise NotRunning(message)
        return
    if state is None:
        message = f"a supervisor holds {layout.run / 'lock'} but has not said its pid yet; try again in a moment"
        raise StackError(message)
    state.supervisor.end(signal.SIGTERM, STOP_PATIENCE)
    end_leftovers(layout)


def status(layout: Layout) -> SystemState | None:
    """What the supervisor last said, with every part down when it no longer runs; None before the first start."""
    state = read_state(layout)
    if state is None or lock.is_held(layout):
        return state
    parts = tuple(
        replace(part, status=Status.DOWN, health="the supervisor does not run")
        if part.status is not Status.DOWN
        else part
        for part in state.parts
    )
    return replace(state, parts=parts)
