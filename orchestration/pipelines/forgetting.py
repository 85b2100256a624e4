"""What Dagster keeps of past runs and looks goes after a stated time; what is newest of anything always stays."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.instance.utils import RUNLESS_RUN_ID
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import Connection, delete, func, select

from orchestration.pipelines.partitions import BINDING_TAG

RUNS_KEPT = timedelta(days=90)
"""Longer than it takes to find out that a quarter was not told; the facts of every day are in the hub's tables."""
LOOKS_KEPT = timedelta(days=14)
"""Runs that look into folders twice an hour, and mostly find nothing; and what the minute's look at the worker wrote."""
LOOKING = ("take_files_in",)
AT_ONCE = 2000
"""Runs that go in one night at most: some ten milliseconds each."""
ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
_LOG, _CHECK = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much went: runs with all they logged, and rows of looks and checks that belong to no run."""

    runs: int
    looks: int
    checks: int


def forget(instance: DagsterInstance, *, now: datetime) -> Forgotten:
    """Let go of what is over; harmless to repeat, and to break off anywhere.

    Runs go by Dagster's own :meth:`DagsterInstance.delete_run`. Of what belongs to no run, and of checks' history, it
    forgets nothing by itself: those rows of its tables are deleted here.
    """
    going = _old_runs(instance, now)
    for run_id in going:
        instance.delete_run(run_id)
    return Forgotten(len(going), *_old_rows(instance, now))


def _old_runs(instance: DagsterInstance, now: datetime) -> list[str]:
    """Return which runs go, the oldest first: none that holds the newest of an asset or a check, or of a binding's nights."""
    kept, newest = _holding(instance), cache(lambda job, binding: _newest(instance, job, binding))
    # A run that two periods name goes once.
    found = {
        run.run_id: None
        for run in _ended_before(instance, now)
        if run.run_id not in kept and run.run_id != newest(run.job_name, run.tags.get(BINDING_TAG))
    }
    return list(islice(found, AT_ONCE))


def _ended_before(instance: DagsterInstance, now: datetime) -> Iterator[DagsterRun]:
    for job, kept in ((None, RUNS_KEPT), *((job, LOOKS_KEPT) for job in LOOKING)):
        wanted = RunsFilter(job_name=job, statuses=ENDED, created_before=now - kept)
        # Some more than may go: those that stay are few, one a job and binding.
        yield from (one.dagster_run for one in instance.get_run_records(wanted, limit=2 * AT_ONCE, ascending=True))


def _newest(instance: DagsterInstance, job: str, binding: str | None) -> str | None:
    tags = {} if binding is None else {BINDING_TAG: binding}
    found = instance.get_runs(RunsFilter(job_name=job, tags=tags, statuses=[DagsterRunStatus.SUCCESS]), limit=1)
    return found[0].run_id if found else None


def _holding(instance: DagsterInstance) -> set[str]:
    """Return the runs in which an asset was last made, or a check last done."""
    made = [instance.get_latest_materialization_event(key) for key in instance.all_asset_keys()]
    with _connection(instance) as connection:
        checked = connection.execute(select(_CHECK.run_id).where(_CHECK.id.in_(_NEWEST_CHECKS))).scalars().all()
    return {*(one.run_id for one in made if one is not None), *checked}


def _old_rows(instance: DagsterInstance, now: datetime) -> tuple[int, int]:
    # Dagster's own columns hold UTC without a zone.
    moment = now.astimezone(UTC).replace(tzinfo=None)
    looks = delete(SqlEventLogStorageTable).where(
        _LOG.run_id == RUNLESS_RUN_ID, _LOG.timestamp < moment - LOOKS_KEPT, _LOG.id.not_in(_NEWEST_LOOKS)
    )
    checks = delete(AssetCheckExecutionsTable).where(
        _CHECK.create_timestamp < moment - RUNS_KEPT, _CHECK.id.not_in(_NEWEST_CHECKS)
    )
    with _connection(instance) as connection:
        return connection.execute(looks).rowcount, connection.execute(checks).rowcount


def _connection(instance: DagsterInstance) -> AbstractContextManager[Connection]:
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise TypeError(type(storage).__name__)
    return storage.index_connection()


_NEWEST_LOOKS = (
    select(func.max(_LOG.id)).where(_LOG.run_id == RUNLESS_RUN_ID).group_by(_LOG.asset_key, _LOG.dagster_event_type)
)
_NEWEST_CHECKS = select(func.max(_CHECK.id)).group_by(_CHECK.asset_key, _CHECK.check_name, _CHECK.execution_status)
"""Also the last that passed and the last that failed, where a newer one was only planned."""
