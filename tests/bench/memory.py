"""How much memory a door takes while many large documents pass at once: what streams must not pile up."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import urllib3

from tests.bench import serving
from tests.bench.holding import Holding
from tests.bench.measuring import Row
from tests.faults.storms import part_pid
from tests.journeys.doors import person_id
from tests.system import Resident

SIZE, TOGETHER, GOAL = 50_000_000, 8, 100


def upload_memory_mb() -> Iterator[Row]:
    """Resident memory of each door under eight parallel documents of 50 MB: in through one, out through the other."""
    system = serving.without_worker()
    people = [Resident(system).sign_in() for _ in range(TOGETHER)]
    pool = urllib3.PoolManager(maxsize=TOGETHER)

    def deposit(number: int) -> None:
        told = {
            "cookie": f"unefois_session={people[number].http.cookies['unefois_session']}",
            "content-type": "application/pdf",
            "idempotency-key": secrets.token_hex(16),
        }
        paper = b"%PDF-1.7\n" + os.urandom(SIZE - 9)
        answer = pool.request("POST", f"{system.door_url}/v1/documents", body=paper, headers=told)
        assert answer.status == 201, answer.data

    yield _row("upload_memory_mb", part_pid(system, "door"), deposit)
    with Holding(system) as holding:
        holder = person_id(people[0])
        tickets = [holding.ticket(holder, holding.record(holder, os.urandom(SIZE))) for _ in range(TOGETHER)]

    def read(number: int) -> None:
        url = f"{system.release_url}/previews/{tickets[number]}"
        answer = pool.request("GET", url, preload_content=False)
        assert answer.status == 200
        assert sum(len(chunk) for chunk in answer.stream(65536)) == SIZE

    yield _row("read_memory_mb", part_pid(system, "release"), read)


def _row(name: str, pid: int, act: Callable[[int], None]) -> Row:
    before = _resident(pid)
    with Watched(pid) as peak, ThreadPoolExecutor(TOGETHER) as pool:
        begun = time.perf_counter()
        list(pool.map(act, range(TOGETHER)))
        taken = time.perf_counter() - begun
    grown = round(peak() - before, 1)
    note = f"from {before:.0f} MB; {TOGETHER} × {SIZE // 1_000_000} MB at {TOGETHER * SIZE / taken / 1e6:.0f} MB/s"
    return Row(name, grown, "MB", f"< {GOAL}", grown < GOAL, note=note)


class Watched:
    """The highest resident memory of a process during a block, in MB."""

    def __init__(self, pid: int) -> None:
        self._pid, self._end, self._peak = pid, threading.Event(), 0.0
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Callable[[], float]:
        self._thread.start()
        return lambda: self._peak

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.02):
            self._peak = max(self._peak, _resident(self._pid))


def _resident(pid: int) -> float:
    """What a door holds, its processes together."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return sum(_alone(one) for one in (pid, *map(int, children)))


def _alone(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024
