"""Kill the engine of exchanges at every durable step of every kind of write; what is left is done once, or in doubt."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg

from tests.faults import workers
from tests.faults.dying_engine import ACTS
from tests.faults.oracle import Verdict
from tests.system import PATIENCE, System

_AHEAD = 10
"""Minutes after which a dead one's lease is over."""


@dataclass
class Enumerated:
    """What killing at every step came to."""

    points: list[str] = field(default_factory=list)
    in_doubt: int = 0
    verdict: Verdict = field(default_factory=Verdict)


def enumerate_writes(system: System, tell: Callable[[str], None]) -> Enumerated:
    """Each act, killed at each point it passes, then taken up by another process."""
    folder = _credentials(system)
    found = Enumerated()
    for act in ACTS:
        for point in _run(system, folder, act, uuid4()):
            key = uuid4()
            died = _run(system, folder, act, key, at=point)
            if not died or not died[-1].endswith(" !"):
                found.verdict.unexplained.append(f"{act}: came through « {point} »")
            _run(system, folder, act, key, ahead=_AHEAD)
            found.points.append(point)
            state, times = _state(system, key), _effects(system, ACTS[act][0], key)
            tell(f"  {act}: {point} -> {state}, done {times}")
            _judge(found, f"{act} at {point}", state, times)
    return found


def _judge(found: Enumerated, what: str, state: str, times: int) -> None:
    found.in_doubt += state == "in_doubt"
    if times > 1:
        found.verdict.doubled.append(f"{what}: done {times} times")
    if state not in ("settled", "in_doubt") or (state == "settled" and times != 1):
        found.verdict.lost.append(f"{what}: {state}, done {times} times")


def _run(system: System, folder: Path, act: str, key: UUID, *, at: str = "", ahead: int = 0) -> list[str]:
    report = system.places.layout.temporary / f"points-{time.monotonic_ns()}"
    wish = ["--at", at] if at else []
    told = [act, str(key), system.places.url("sandbox"), str(folder), "--report", str(report), "--ahead", str(ahead)]
    code = workers.spawn(system, ["tests.faults.dying_engine", *told, *wish]).wait(PATIENCE)
    assert code in (0, -signal.SIGKILL), f"the dying engine ended with {code}"
    return report.read_text(encoding="utf-8").splitlines() if report.exists() else []


def _credentials(system: System) -> Path:
    folder = system.places.sandbox / "caisses"
    folder.mkdir(mode=0o700, exist_ok=True)
    for dialect in {dialect for dialect, _ in ACTS.values()}:
        for kind in ("login", "password"):
            (folder / f"caisse-{dialect}.{kind}").write_text(f"{kind}-of-faults", encoding="utf-8")
    return folder


def _state(system: System, key: UUID) -> str:
    with psycopg.connect(system.owner_dsn(), options="-c unefois.purpose=backup") as connection:
        row = connection.execute("SELECT state FROM hub.exchange WHERE natural_key = %s", (str(key),)).fetchone()
    return "none" if row is None else str(row[0])


def _effects(system: System, dialect: str, key: UUID) -> int:
    books = httpx.get(f"{system.places.url('sandbox')}/sandbox/caisses/caisse-{dialect}").json()
    return sum(times for what, times in books["effects"].items() if what.endswith(str(key)))
