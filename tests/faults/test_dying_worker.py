"""A worker killed between two durable steps leaves nothing undone and does nothing twice."""

from collections.abc import Iterator

import pytest

from orchestration.stack import stack
from tests.faults import acts, enumeration, oracle, workers
from tests.system import System

POINTS = {
    "deposit": ("object put:after#1", "commit conclude._read_from:after#1", "job finish:before#1"),
    "requests": ("http send:after#1", "commit quotient.fetch_quotient_familial:after#1"),
    "absent_at_source": ("commit quotient._converse:after#1",),
    "erasure": ("commit erasure.carry_out_erasure:after#1",),
}
"""A handful; ``make faults`` takes every one."""


@pytest.fixture(scope="module")
def workerless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = workers.start_workerless(tmp_path_factory.mktemp("faults") / "state")
    yield system
    stack.down(system.running.layout)


@pytest.fixture(scope="module")
def recovered(workerless: System) -> tuple[dict[str, list[str]], oracle.Verdict]:
    chosen = [act for act in acts.ACTS if act.name in POINTS]
    families = enumeration.prepare(workerless, {act: len(POINTS[act.name]) for act in chosen})
    died = {
        act.name: enumeration.kill_at(workerless, act, families[act], POINTS[act.name], tell=print) for act in chosen
    }
    enumeration.recover(workerless)
    return died, oracle.judge(workerless)


@pytest.mark.slow
def test_each_run_was_killed_where_it_was_to_be(recovered):
    died, _ = recovered
    assert died == {name: list(points) for name, points in POINTS.items()}


@pytest.mark.slow
def test_another_worker_finishes_everything(recovered):
    _, verdict = recovered
    assert verdict.lost == []
    assert verdict.unexplained == []


@pytest.mark.slow
def test_nothing_happens_twice(recovered):
    _, verdict = recovered
    assert verdict.doubled == []


def test_the_oracle_notices_a_doubled_effect(workerless, recovered):
    with oracle.psycopg.connect(workerless.owner_dsn()) as connection:
        connection.execute(
            "INSERT INTO vault.event SELECT gen_random_uuid(), type, subject, occurred_at, data FROM vault.event"
            " WHERE type LIKE '%document.concluded%' LIMIT 1"
        )
    assert len(oracle.judge(workerless).doubled) == 1
