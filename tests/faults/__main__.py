"""``python -m tests.faults [names…]``: kill it anywhere; prints a table and writes ``build/faults.json``."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from orchestration.stack import stack
from orchestration.stack.errors import StackError
from tests.faults import (
    acts,
    away,
    custody,
    enumeration,
    exchanging,
    limits,
    lying,
    partners,
    pipelined,
    rolling,
    storms,
    workers,
)
from tests.system import Papers, Resident, System, start_system

OUTPUT = Path("build") / "faults.json"
Row = dict[str, Any]
Act = Callable[[custody.Told, bytes], str]


def tell(words: str) -> None:
    """Say how it goes, beside the table."""
    print(words, file=sys.stderr, flush=True)


@contextmanager
def running(start: Callable[[Path], System]) -> Iterator[System]:
    """A system for the time of a block."""
    with tempfile.TemporaryDirectory(prefix="unefois-faults-") as folder:
        system = start(Path(folder) / "state")
        try:
            yield system
        finally:
            try:
                stack.down(system.running.layout)
            except StackError as error:
                tell(f"not stopped in order: {error}")


def row(name: str, faults: int, verdict: Any, recovery_s: float, **more: Any) -> Row:
    """One row of the file; what was lost, doubled or unexplained is said on the terminal."""
    for what in ("lost", "doubled", "unexplained"):
        for words in getattr(verdict, what):
            tell(f"{name}: {what}: {words}")
    counts = {what: len(getattr(verdict, what)) for what in ("lost", "doubled", "unexplained")}
    found = {"name": name, "faults": faults, **counts, "recovery_s": round(recovery_s, 1), "holds": verdict.holds}
    return found | {"swept_later": verdict.swept_later} | more


def between_steps() -> Iterator[Row]:
    """A worker, or a hand-over, killed before and after each durable step."""
    with running(workers.start_workerless) as system:
        rows = []
        for act in (*acts.ACTS, acts.HAND_OVER):
            killed = enumeration.enumerate_act(system, act, tell)
            killed.verdict.unexplained += [f"never died at « {point} »" for point in killed.missed]
            rows.append(
                row(f"worker_killed_between_steps.{act.name}", len(killed.points), killed.verdict, killed.recovery_s)
            )
            yield rows[-1]
    numbers = ("faults", "lost", "doubled", "unexplained")
    total: Row = {"name": "worker_killed_between_steps"} | {n: sum(one[n] for one in rows) for n in numbers}
    yield total | {
        "recovery_s": max(one["recovery_s"] for one in rows),
        "holds": all(one["holds"] for one in rows),
        "swept_later": rows[-1]["swept_later"],
    }


def under_deposits(name: str, fault: Callable[[System], None], kills: int) -> Callable[[], Iterator[Row]]:
    """A part killed while residents deposit."""

    def run() -> Iterator[Row]:
        with running(start_system) as system:
            bill = Papers(system.places.papers).bill(Resident(system))
            came_to = storms.storm(system, bill, fault, kills)
        kept = came_to.acknowledged
        yield row(
            name,
            kills,
            came_to.verdict,
            max(came_to.recovery_s),
            acknowledged=len(kept.documents),
            tries=kept.tries,
            slowest_key_s=round(kept.slowest_s, 1),
            settled_s=round(came_to.settled_s, 1),
        )

    return run


def under_custody(name: str, act: Act, **how: Any) -> Callable[[], Iterator[Row]]:
    """Parts killed while residents do one thing that custody must bring to its end."""

    def run() -> Iterator[Row]:
        with running(start_system) as system:
            came_to = custody.storm(system, act, **how)
        more = {"acknowledged": came_to.acts, "settled_s": round(came_to.settled_s, 1)}
        yield row(name, came_to.faults, came_to.verdict, came_to.recovery_s, **more)

    return run


def lying_store() -> Iterator[Row]:
    """A store that gives something else than it was given."""
    with running(start_system) as system:
        verdict = lying.every_lie(system)
    yield row("custody_lying_store", len(lying.LIES) * len(lying.FORMS) + 1, verdict, 0.0)


def of_partners(name: str, strike: Callable[[System], partners.Came]) -> Callable[[], Iterator[Row]]:
    """Parts killed while something goes on between a family and a partner, and what is in doubt since."""

    def run() -> Iterator[Row]:
        with running(start_system) as system:
            yield _came(name, strike(system))

    return run


def partner_away() -> Iterator[Row]:
    """A partner away for 75 hours of a clock that is set, and one for ten days, whose webhook is turned off meanwhile."""
    yield _came("partners_away_75h", away.away(75))
    yield _came("partners_away_10d", away.away(240))


def of_pipelines(name: str, strike: Callable[[pipelined.Town], partners.Came]) -> Callable[[], Iterator[Row]]:
    """Dagster and what it rests on struck while nights are done."""

    def run() -> Iterator[Row]:
        with running(partial(start_system, pipelines=True)) as system:
            town = pipelined.Town(system)
            town.daemon_is_well()
            yield _came(name, strike(town))

    return run


def _came(name: str, came: partners.Came) -> Row:
    return row(name, came.faults, came.verdict, came.recovery_s, acts=came.acts, in_doubt=came.in_doubt)


def rate_limit() -> Iterator[Row]:
    """A partner that counts, four workers under eighteen tokens, one killed: longer than its longest window."""
    counted = limits.ask_for(80)
    yield {
        "name": "exchanges_rate_limit",
        "faults": 1,
        "requests": len(counted.arrivals),
        "seconds": round(counted.seconds, 1),
        "most_a_second_and_token": counted.most_a_second,
        "most_a_minute": counted.most_a_minute,
        "holds": counted.holds,
    }


def exchanges_kill() -> Iterator[Row]:
    """The engine of exchanges, killed before and after each durable step of each kind of write."""
    with running(workers.start_workerless) as system:
        found = exchanging.enumerate_writes(system, tell)
    yield row("exchanges_kill", len(found.points), found.verdict, 0.0, in_doubt=found.in_doubt)


FAULTS: dict[str, Callable[[], Iterator[Row]]] = {
    "worker_killed_between_steps": between_steps,
    "postgres_killed_under_deposits": under_deposits("postgres_killed_under_deposits", storms.kill_part("postgres"), 3),
    "objects_killed_under_deposits": under_deposits("objects_killed_under_deposits", storms.kill_part("objects"), 3),
    "door_killed_under_deposits": under_deposits("door_killed_under_deposits", storms.kill_part("door"), 3),
    "worker_killed_under_deposits": under_deposits("worker_killed_under_deposits", storms.kill_part("worker"), 3),
    "pipelines_rolling_restart": under_deposits("pipelines_rolling_restart", rolling.replace_one_by_one, 3),
    "supervisor_killed": under_deposits("supervisor_killed", storms.kill_supervisor, 2),
    "custody_deposit": under_custody("custody_deposit", custody.deposit, faults=custody.each_part(2)),
    "custody_finish": under_custody("custody_finish", custody.finish, faults=custody.each_part(2)),
    "custody_erasure": under_custody("custody_erasure", custody.erase, faults=custody.each_part(2)),
    "custody_rotation": under_custody(
        "custody_rotation",
        custody.deposit,
        faults=(
            *(custody.kill_rotation(table) for table in ("vault.holder_key", "hub.partner", "vault.journal_entry")),
            *(custody.kill_under_rotation(part) for part in custody.PARTS),
        ),
        after=custody.rotate_to_the_end,
    ),
    "custody_sequencing": under_custody(
        "custody_sequencing",
        custody.deposit,
        faults=(storms.kill_part("worker"), storms.kill_part("postgres")) * 3,
        people=6,
    ),
    "custody_lying_store": lying_store,
    "exchanges_rate_limit": rate_limit,
    "exchanges_kill": exchanges_kill,
    "partners_grant": of_partners("partners_grant", partners.grant),
    "partners_withdrawal": of_partners("partners_withdrawal", partners.withdrawal),
    "partners_withdrawal_under_download": of_partners("partners_withdrawal_under_download", partners.under_download),
    "partners_release": of_partners("partners_release", partners.release),
    "partners_delivery": of_partners("partners_delivery", partners.delivery),
    "partners_away": partner_away,
    **{name: of_pipelines(name, strike) for name, strike in pipelined.STRIKES.items()},
}


def main() -> int:
    """Run what was asked for, all of it when nothing was; 0 when everything holds."""
    wanted = sys.argv[1:] or list(FAULTS)
    rows: list[Row] = []
    for name in wanted:
        begun = time.monotonic()
        for one in FAULTS[name]():
            rows.append(one)
            words = " ".join(f"{key}={value}" for key, value in one.items() if key != "name")
            print(f"{one['name']:<44} {words}", flush=True)
        tell(f"{name}: {time.monotonic() - begun:.0f} s")
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(not all(one["holds"] for one in rows))


if __name__ == "__main__":
    sys.exit(main())
