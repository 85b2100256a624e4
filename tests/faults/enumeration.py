"""Kill a worker at every durable step of every act, let another one recover, and judge."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from tests.faults import acts, oracle, workers
from tests.faults.acts import Act, Family
from tests.system import System, eventually

LONGEST_RECOVERY = 150.0
Told = Callable[[str], None]


@dataclass
class Killed:
    """How many runs were killed at which points, and what recovery came to."""

    points: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    recovery_s: float = 0.0
    verdict: oracle.Verdict = field(default_factory=oracle.Verdict)

    @property
    def holds(self) -> bool:
        return self.verdict.holds and not self.missed


def prepare(system: System, wanted: Mapping[Act, int]) -> dict[Act, list[Family]]:
    """Families for whom everything before the act has happened, as many as wanted, under one worker."""
    made: dict[Act, list[Family]] = {}
    with ThreadPoolExecutor(4) as pool, workers.normal_worker(system):
        for act, count in wanted.items():
            family = partial(acts.family, system, quotient=act.quotient)
            made[act] = [one.result() for one in [pool.submit(family) for _ in range(count)]]
            for step in act.ready:
                list(pool.map(step, made[act]))
        eventually(lambda: workers.settled(system), within=LONGEST_RECOVERY)
    return made


def rehearse(system: System, act: Act) -> list[str]:
    """Let the act run through once, and return every point it passes."""
    (one,) = prepare(system, {act: 1})[act]
    backlog = workers.Backlog(system.owner_dsn())
    if act is acts.HAND_OVER:
        acts.complete_on(one, acts.days_back(1)[0])
        return workers.run_dying_hand_over(system, None, acts.BINDING, one.day).points
    act.does(one)
    return workers.run_dying(system, None, backlog).points


def kill_at(system: System, act: Act, families: Sequence[Family], points: Sequence[str], *, tell: Told) -> list[str]:
    """One family and one death a point; returns where each run died, in the same order, « » where it came through."""
    backlog = workers.Backlog(system.owner_dsn())
    died = []
    for number, (one, point) in enumerate(zip(families, points, strict=True)):
        if act is acts.HAND_OVER:
            acts.complete_on(one, acts.days_back(len(points) + 1)[number + 1])
            death = workers.run_dying_hand_over(system, point, acts.BINDING, one.day)
        else:
            act.does(one)
            death = workers.run_dying(system, point, backlog)
        died.append(death.at or "")
        tell(f"  {act.name}: {point} -> {death.at or 'came through'}")
    return died


def recover(system: System, days: Sequence[str] = ()) -> float:
    """Start a normal worker, run the hand-overs again, and return the seconds until nothing is left to do."""
    begun = time.monotonic()
    with workers.normal_worker(system):
        with ThreadPoolExecutor(2) as pool:
            hand_overs = [
                pool.submit(eventually, partial(workers.hand_over, system, acts.BINDING, day), within=LONGEST_RECOVERY)
                for day in days
            ]
            eventually(lambda: workers.settled(system), within=LONGEST_RECOVERY)
            seconds = time.monotonic() - begun
            for one in hand_overs:
                one.result()
        eventually(lambda: workers.settled(system), within=LONGEST_RECOVERY)
    return seconds if not days else time.monotonic() - begun


def enumerate_act(system: System, act: Act, tell: Told) -> Killed:
    """Every point of one act, once each."""
    points = [point.removesuffix(" !") for point in rehearse(system, act)]
    families = prepare(system, {act: len(points)})[act]
    died = kill_at(system, act, families, points, tell=tell)
    days = [one.day for one in families if one.day]
    seconds = recover(system, days)
    verdict = oracle.judge(system)
    if days:
        verdict.unexplained += oracle.dropped(system, "caisse-13", days)
    # Two threads pass points in an order of their own: a run may come through without its point.
    missed = sorted({_kind(point) for point in points} - {_kind(point) for point in died if point})
    return Killed([point for point in died if point], missed, seconds, verdict)


def _kind(point: str) -> str:
    return point.partition("#")[0]
