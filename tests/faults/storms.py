"""Residents deposit without pause while a part is killed; everything they were told is kept must be kept, once."""

import contextlib
import hashlib
import io
import json
import os
import secrets
import signal
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from orchestration.stack import stack
from orchestration.stack.state import Phase, Status
from tests.faults import workers
from tests.faults.oracle import Verdict, judge
from tests.system import Resident, System, eventually

RESIDENTS = 3
BETWEEN_KILLS = 4.0
PATIENCE = 150.0
PAUSE = 0.15


@dataclass
class Acknowledged:
    """What residents were told is kept: document to digest, when, and how long the slowest key took."""

    documents: dict[str, str] = field(default_factory=dict)
    moments: list[float] = field(default_factory=list)
    slowest_s: float = 0.0
    tries: int = 0
    surprises: list[str] = field(default_factory=list)


def insist(resident: Resident, paper: bytes, kept: Acknowledged) -> None:
    """Hand one paper in until the door says that it is kept, with one key unless a door died with it."""
    key, begun = secrets.token_hex(16), time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        kept.tries += 1
        try:
            answer = resident.hand_in(paper, "application/pdf", key=key)
        except httpx.TransportError:
            time.sleep(PAUSE)
            continue
        if answer.status_code in (200, 201):
            kept.documents[answer.json()["document"]] = digest(paper)
            kept.moments.append(time.monotonic())
            kept.slowest_s = max(kept.slowest_s, time.monotonic() - begun)
            return
        if answer.status_code == httpx.codes.CONFLICT:
            # A dead door's key stays in flight for minutes; the same bytes under another one are still one paper.
            key = secrets.token_hex(16)
        elif answer.status_code not in (429, 503):
            kept.surprises.append(f"{answer.status_code} {answer.text[:160]}")
        time.sleep(PAUSE)
    kept.surprises.append("a deposit was never acknowledged")


def deposit_on(resident: Resident, base: bytes, kept: Acknowledged, stop: threading.Event) -> None:
    """One new paper after the other."""
    while not stop.is_set():
        insist(resident, base + b"\n%" + secrets.token_hex(8).encode(), kept)
        # Reading is slower than handing in: what the storm leaves is to be done with in time.
        stop.wait(PAUSE * 4)


def part_pid(system: System, part: str) -> int:
    """The process of a part, once it is ready."""

    def look() -> int | None:
        state = stack.status(system.running.layout)
        if state is None or state.part(part).status is not Status.READY:
            return None
        line = state.part(part).lifeline
        # Whoever has just been killed is written down as ready for a moment still.
        return None if line is None or _ended(line.pid) else line.pid

    found: int = eventually(look, within=60)
    return found


def kill_part(part: str) -> Callable[[System], None]:
    """A fault: SIGKILL the part's process."""
    return lambda system: os.kill(part_pid(system, part), signal.SIGKILL)


def kill_whole(system: System, part: str) -> int:
    """SIGKILL the part's process and wait until nothing it started is left; return the process that is gone.

    What a part started dies of its death a moment later, and must not do in that moment what the fault is to prevent.
    """
    pid = part_pid(system, part)
    family = [pid, *_descendants(pid)]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: all(_ended(one) for one in family))
    return pid


def _descendants(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError):
        children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [*children, *(one for child in children for one in _descendants(child))]
    return []


def _ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def back_again(system: System, part: str, gone: int) -> None:
    """Wait until another process of the part is ready."""
    eventually(lambda: part_pid(system, part) != gone)


def kill_supervisor(system: System) -> None:
    """A fault: SIGKILL the supervisor, and start the system again as whoever started it would."""
    state = stack.status(system.running.layout)
    assert state is not None
    os.kill(state.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not workers.alive(state.supervisor.pid) or _reaped(state.supervisor.pid))
    env = {"UNEFOIS_PROFILE": "test", "UNEFOIS_PIPELINES": "false"}
    system.running = stack.up(system.running.layout, env=env, tied=True, timeout=120)
    assert system.running.state.phase is Phase.READY


def _reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True


@dataclass
class Storm:
    """What one storm came to."""

    kills: int
    acknowledged: Acknowledged
    recovery_s: list[float]
    verdict: Verdict
    settled_s: float

    @property
    def holds(self) -> bool:
        return self.verdict.holds


def storm(system: System, base: bytes, fault: Callable[[System], None], kills: int) -> Storm:
    """Let residents deposit, strike ``kills`` times, and judge once everything is quiet again."""
    kept, stop, before = Acknowledged(), threading.Event(), _states(system)
    people = [Resident(system).sign_in() for _ in range(RESIDENTS)]
    threads = [threading.Thread(target=deposit_on, args=(one, base, kept, stop)) for one in people]
    for thread in threads:
        thread.start()
    struck = []
    for _ in range(kills):
        time.sleep(BETWEEN_KILLS)
        struck.append(time.monotonic())
        fault(system)
        eventually(lambda: kept.moments and kept.moments[-1] > struck[-1] + 0.5, within=PATIENCE)
    time.sleep(BETWEEN_KILLS)
    stop.set()
    for thread in threads:
        thread.join()
    recovery = [min(m for m in kept.moments if m > at + 0.5) - at for at in struck]
    settled = workers.settle(system, PATIENCE)
    return Storm(kills, kept, recovery, _judge(system, people, kept, before), settled)


def _states(system: System) -> dict[str, str]:
    with psycopg.connect(system.owner_dsn()) as connection:
        rows = connection.execute("SELECT document_id::text, state::text FROM vault.document WHERE origin = 'deposit'")
        return dict(rows.fetchall())


def _judge(system: System, people: list[Resident], kept: Acknowledged, before: dict[str, str]) -> Verdict:
    verdict = judge(system)
    verdict.unexplained += sorted(set(kept.surprises))
    states = _states(system)
    verdict.lost += [f"{one} is {states.get(one)}" for one in kept.documents if states.get(one) != "available"]
    digests = {document: sha for person in people for document, sha in downloaded(system, person).items()}
    verdict.lost += [f"{one} is another content" for one, sha in kept.documents.items() if digests.get(one) != sha]
    # Every content was new and every key was tried until it was answered: whatever else exists was made twice.
    verdict.doubled += [
        f"{one} was acknowledged to nobody" for one in states.keys() - before.keys() - kept.documents.keys()
    ]
    return verdict


def downloaded(system: System, person: Resident) -> dict[str, str]:
    """Digests of a resident's originals, as the door gives all of them back to a fresh sign-in."""
    again = Resident(system, family_name=person.family_name, given_name=person.given_name).sign_in()
    ticket = eventually(lambda: (t := again.http.post("/v1/export-tickets")).status_code == 201 and t)
    archive = zipfile.ZipFile(io.BytesIO(httpx.get(ticket.json()["href"], timeout=120).content))
    found = json.loads(archive.read("manifest.json"))["documents"]
    return {
        one["document"]: digest(archive.read(one["original"]["path"])) for one in found if one["original"] is not None
    }


def digest(content: bytes) -> str:
    """The SHA-256 of a paper."""
    return hashlib.sha256(content).hexdigest()
