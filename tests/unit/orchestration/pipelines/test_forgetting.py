"""On Dagster's own tables in PostgreSQL: what is over goes, what is newest of anything stays, and a second time nothing."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetKey,
    AssetObservation,
    DagsterInstance,
    DagsterRunStatus,
    RunsFilter,
)

from orchestration.pipelines.definitions import defs
from orchestration.pipelines.forgetting import LOOKS_KEPT, RUNS_KEPT, Forgotten, forget
from orchestration.pipelines.partitions import binding_day
from tests.unit.orchestration.pipelines.conftest import QUIET, stored_at
from tests.unit.orchestration.pipelines.fake_hub import FakeHub
from tests.unit.vault.journal.postgres import running_postgres
from vault.journal.verify import Fault

WORKER = AssetKey("worker")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def kept_in_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterInstance]:
    folder = tmp_path_factory.mktemp("dagster")
    with (
        running_postgres() as url,
        DagsterInstance.local_temp(str(folder), overrides=QUIET | stored_at(url, folder / "home")) as made,
    ):
        yield made


def ran(instance: DagsterInstance, job: str, hub: FakeHub | None = None, partition: str | None = None) -> str:
    done = defs.resolve_job_def(job).execute_in_process(
        instance=instance, resources={"hub": hub or FakeHub()}, raise_on_error=False, partition_key=partition
    )
    return done.run_id


def there(instance: DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs(RunsFilter())}


def logged(instance: DagsterInstance, run_id: str) -> int:
    return len(instance.all_logs(run_id))


def look(instance: DagsterInstance, *, passed: bool) -> None:
    instance.report_runless_asset_event(AssetObservation(WORKER))
    instance.report_runless_asset_event(AssetCheckEvaluation(WORKER, "jobs", passed=passed, metadata={}))


def now() -> datetime:
    return datetime.now(UTC)


def test_what_is_over_goes_and_what_is_newest_stays(kept_in_postgres: DagsterInstance) -> None:
    instance, hub = kept_in_postgres, FakeHub({date(2026, 9, 1): 3, date(2026, 9, 2): 3})
    slug = "caisse-13-fichiers"
    nights = [ran(instance, "hand_over", hub, binding_day(slug, date(2026, 9, day))) for day in (1, 2)]
    other = ran(instance, "hand_over", hub, binding_day("caisse-5-fichiers", date(2026, 9, 1)))
    verified = [ran(instance, "verify_journal") for _ in range(2)]
    looks = [ran(instance, "take_files_in") for _ in range(2)]
    # It made nothing, and its check was only planned: what was last made and checked lies in a run before.
    broken = ran(instance, "verify_journal", FakeHub(fault=Fault("a leaf is missing")))
    for passed in (False, True):
        look(instance, passed=passed)

    assert forget(instance, now=now() + LOOKS_KEPT - DAY) == Forgotten(0, 0, 0)
    assert forget(instance, now=now() + LOOKS_KEPT + DAY) == Forgotten(1, 2, 0)
    assert there(instance) == {*nights, other, *verified, looks[1], broken}

    done = forget(instance, now=now() + RUNS_KEPT + DAY)
    assert there(instance) == {nights[1], other, verified[1], looks[1], broken}
    assert (done.runs, done.looks) == (2, 0)
    assert done.checks > 0
    assert [logged(instance, one) for one in (nights[0], verified[0])] == [0, 0]
    made = instance.get_latest_materialization_event(AssetKey("journal_verified"))
    assert made is not None
    assert made.run_id == verified[1]
    keys = [AssetCheckKey(WORKER, "jobs"), AssetCheckKey(AssetKey("journal_verified"), "dated")]
    checks = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    assert checks[keys[0]].event is not None
    history = instance.event_log_storage.get_asset_check_execution_history(keys[1], limit=9)
    assert [one.run_id for one in history] == [broken, verified[1]]
    assert forget(instance, now=now() + RUNS_KEPT + DAY) == Forgotten(0, 0, 0)


def test_a_run_that_has_not_ended_stays(kept_in_postgres: DagsterInstance) -> None:
    job = defs.resolve_job_def("count")
    run = kept_in_postgres.create_run_for_job(job, status=DagsterRunStatus.STARTED)
    forget(kept_in_postgres, now=now() + 2 * RUNS_KEPT)
    assert run.run_id in there(kept_in_postgres)
