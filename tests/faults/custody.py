"""What custody must keep through any death: papers as they were given, erasures to their end, keys, journal, no lie told."""

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import psycopg

from hub.deposits.retention import OPERATOR
from orchestration.custody import worker_custody
from orchestration.stack.layout import CODE_ROOT
from orchestration.stack.parts import minimal_environment
from tests.faults import oracle, storms, workers
from tests.faults.oracle import Verdict
from tests.system import Resident, System, eventually
from vault.documents.audit import audit_all
from vault.reconciliation.sweeping import reconcile

PDF = "application/pdf"
TUS = {"tus-resumable": "1.0.0"}
PIECE = TUS | {"content-type": "application/offset+octet-stream"}
PAUSE = 0.15
PATIENCE = 150.0
PARTS = ("door", "worker", "objects", "postgres")
OWNER = "unefois_owner"
"""The login under which keys are rotated, and nothing else writes."""


@dataclass
class Told:
    """What one resident was told: papers that are kept, by digest, and papers that are to be gone."""

    resident: Resident
    kept: dict[str, str] = field(default_factory=dict)
    going: set[str] = field(default_factory=set)
    acts: int = 0
    surprises: list[str] = field(default_factory=list)


def patiently(
    told: Told, ask: Callable[[], httpx.Response], *good: int, tolerated: tuple[int, ...] = ()
) -> httpx.Response:
    """Ask until the answer is one of ``good``; a door that is away, refuses politely or was cut off is asked again."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(httpx.TransportError):
            answer = ask()
            if answer.status_code in good:
                told.acts += 1
                return answer
            if answer.status_code not in (429, 503, *tolerated):
                told.surprises.append(f"{answer.status_code} {answer.text[:160]}")
        time.sleep(PAUSE)
    told.surprises.append("was never answered")
    raise TimeoutError


def content_of(base: bytes) -> bytes:
    """A paper like ``base`` that was never handed in before."""
    return base + b"\n%" + secrets.token_hex(8).encode()


def deposit(told: Told, base: bytes) -> str:
    """Hand a new paper in, and again until it is acknowledged."""
    content, keys = content_of(base), iter(lambda: secrets.token_hex(16), "")
    # A key stays in flight for a while when its door died: a new one with the same bytes is told « held already ».
    answer = patiently(told, lambda: told.resident.hand_in(content, PDF, key=next(keys)), 200, 201, tolerated=(409,))
    document: str = answer.json()["document"]
    told.kept[document] = storms.digest(content)
    return document


def finish(told: Told, base: bytes) -> str:
    """Send a new paper in pieces over whatever happens; its last bytes make it a deposit."""
    content = long(base)
    begun = patiently(told, lambda: begin(told.resident, len(content)), 201)
    return go_on(told, begun.headers["location"], content)


def long(base: bytes) -> bytes:
    """A paper like ``base`` of more than one part, whose end is where a reader of PDF looks for it."""
    return b"%s\n%%%s\n%s" % (base, os.urandom(700_000).hex().encode(), base[base.rindex(b"startxref") :])


def go_on(told: Told, address: str, content: bytes) -> str:
    """Send what is missing of an upload until it is a deposit, and return which document."""
    while True:
        standing = patiently(told, lambda: told.resident.http.head(address, headers=TUS), 200)
        stood = int(standing.headers["upload-offset"])
        if stood == len(content):
            document = str(standing.headers["content-location"].rpartition("/")[2])
            told.kept[document] = storms.digest(content)
            return document
        with suppress(httpx.TransportError):
            send(told.resident, address, stood, content[stood : stood + 900_000])


def begin(resident: Resident, length: int) -> httpx.Response:
    """Announce an upload of so many bytes."""
    # « papier.pdf » and the type, in base64 as tus has it.
    told = {"upload-length": str(length), "upload-metadata": "filename cGFwaWVyLnBkZg==,filetype YXBwbGljYXRpb24vcGRm"}
    return resident.http.post("/v1/uploads", headers=TUS | told)


def send(resident: Resident, address: str, offset: int, content: bytes) -> httpx.Response:
    """Send one piece of an upload."""
    return resident.http.patch(address, content=content, headers=PIECE | {"upload-offset": str(offset)})


def erase(told: Told, base: bytes) -> str:
    """Hand a paper in, and ask for it to be gone until that is acknowledged."""
    document = deposit(told, base)
    patiently(told, lambda: told.resident.http.delete(f"/v1/documents/{document}"), 202)
    told.going.add(document)
    del told.kept[document]
    return document


def judge(system: System, everybody: list[Told]) -> Verdict:
    """Look at everything once it is quiet: what was told is true, the audit holds, and nothing is left over."""
    verdict = oracle.judge(system)
    states = _states(system)
    for told in everybody:
        verdict.unexplained += sorted(set(told.surprises))
        given_back = storms.downloaded(system, told.resident)
        verdict.lost += [f"{one} is not what was given" for one, sha in told.kept.items() if given_back.get(one) != sha]
        verdict.unexplained += [f"{one} is {states.get(one)}" for one in told.going if states.get(one) != "erased"]
        verdict.unexplained += [f"{one} opens, erased" for one in told.going & given_back.keys()]
        verdict.doubled += [f"{one} was never acknowledged" for one in given_back.keys() - told.kept.keys()]
    with worker_custody(system.running.layout) as custody:
        report = audit_all(custody, actor=OPERATOR)
        verdict.lost += [f"audit: {one.document_id} {one.form}: {one.fault}" for one in report.first]
        for _ in range(2):
            done = reconcile(custody, age=timedelta(0), grace=timedelta(0), insist=True)
        verdict.lost += [f"the object of {one.form} {one.of} is missing" for one in done.missing]
        verdict.unexplained += [f"{done.orphans} objects without a row are left"] if done.orphans else []
    return verdict


def _states(system: System) -> dict[str, str]:
    with psycopg.connect(system.owner_dsn()) as connection:
        return dict(connection.execute("SELECT document_id::text, state::text FROM vault.document").fetchall())


@contextmanager
def living(system: System, act: Callable[[Told, bytes], str], people: int) -> Iterator[list[Told]]:
    """Let residents do ``act`` over and over for the time of the block, each act to its acknowledged end."""
    base, stop = system.papers().bill(Resident(system)), threading.Event()
    everybody = [Told(Resident(system).sign_in()) for _ in range(people)]

    def live(told: Told) -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                act(told, base)
            # Reading is slower than handing in: what the storm leaves is to be done with in time.
            stop.wait(PAUSE * 4)

    threads = [threading.Thread(target=live, args=(told,)) for told in everybody]
    for thread in threads:
        thread.start()
    try:
        yield everybody
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def goes_on(everybody: list[Told]) -> float:
    """Wait until everybody was acknowledged something more; return the seconds it took."""
    begun, before = time.monotonic(), [told.acts for told in everybody]
    eventually(lambda: all(told.acts > acts for told, acts in zip(everybody, before, strict=True)), within=PATIENCE)
    return time.monotonic() - begun


@dataclass
class Outcome:
    """What one storm came to."""

    faults: int
    acts: int
    recovery_s: float
    settled_s: float
    verdict: Verdict


def storm(
    system: System,
    act: Callable[[Told, bytes], str],
    *,
    faults: tuple[Callable[[System], None], ...],
    after: Callable[[System, Verdict], None] = lambda _system, _verdict: None,
    people: int = 3,
) -> Outcome:
    """Strike while residents do ``act``, let everything come to rest, do what is to be done ``after``, and judge."""
    with living(system, act, people) as everybody:
        recovery = []
        for fault in faults:
            goes_on(everybody)
            fault(system)
            recovery.append(goes_on(everybody))
    settled = workers.settle(system, PATIENCE)
    verdict = Verdict()
    after(system, verdict)
    judged = judge(system, everybody)
    judged.unexplained += verdict.unexplained
    return Outcome(len(faults), sum(told.acts for told in everybody), max(recovery), settled, judged)


def each_part(times: int = 1) -> tuple[Callable[[System], None], ...]:
    """Every part killed in turn."""
    return tuple(storms.kill_part(part) for part in PARTS) * times


@contextmanager
def held_back(system: System, table: str, *, login: str = "%") -> Iterator[Callable[[], object]]:
    """Let nobody write to a table for the time of the block.

    What it gives waits until somebody stands before it, whose database login is like ``login``.
    """
    waiting = """SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
                 WHERE relation = %s::regclass AND NOT granted AND usename LIKE %s"""
    with (
        # A killed server takes the lock along.
        suppress(psycopg.OperationalError),
        psycopg.connect(system.owner_dsn(), autocommit=True) as looking,
        psycopg.connect(system.owner_dsn()) as lock,
    ):
        lock.execute(f"LOCK TABLE {table} IN SHARE MODE".encode())
        yield lambda: eventually(lambda: looking.execute(waiting, [table, login]).fetchall())
        lock.rollback()


def rotation(system: System) -> subprocess.Popen[bytes]:
    """Start to rotate the master key, as an operator does."""
    command = [sys.executable, "-m", "orchestration.cli", "keys", "rotate", "--state", str(system.running.layout.state)]
    env = {**minimal_environment(system.places.layout), "PYTHONPATH": str(CODE_ROOT)}
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_rotation(table: str) -> Callable[[System], None]:
    """A fault: the process that rotates is killed where it would write to ``table``."""

    def strike(system: System) -> None:
        with held_back(system, table, login=OWNER) as reached:
            process = rotation(system)
            reached()
            process.kill()
            process.wait()

    return strike


def kill_under_rotation(part: str) -> Callable[[System], None]:
    """A fault: a part is killed while keys move; the rotation fails or comes through, and is repeated later."""

    def strike(system: System) -> None:
        # One that was broken off is taken up where it was: only a rotation that begins has keys to move for certain.
        rotation(system).wait(PATIENCE)
        with held_back(system, "vault.holder_key", login=OWNER) as reached:
            process = rotation(system)
            reached()
            storms.kill_whole(system, part)
        process.wait(PATIENCE)

    return strike


def rotate_to_the_end(system: System, verdict: Verdict) -> None:
    """Take a broken rotation up; afterwards everything is under one version."""
    if rotation(system).wait(PATIENCE) != 0:
        verdict.unexplained.append("the rotation is not taken up")
    with psycopg.connect(system.owner_dsn()) as connection:
        found = connection.execute("SELECT count(DISTINCT substring(wrapped_private, 1, 5)) FROM vault.holder_key")
        versions = found.fetchone()
    if versions != (1,):
        verdict.unexplained.append(f"holder keys lie under {versions} versions")
