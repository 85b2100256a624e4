"""When: each Caisse's previous day before its office opens, the journal every night, in the time of Paris."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    define_asset_job,
    in_process_executor,
    schedule,
)

from orchestration.pipelines.assets import caisse_hand_over, journal_verified
from orchestration.pipelines.partitions import CAISSES, PARIS, caisse_day

hand_over = define_asset_job(
    "hand_over",
    selection=AssetSelection.assets(caisse_hand_over),
    description="Hand one day to one Caisse.",
    executor_def=in_process_executor,
)
verify_journal = define_asset_job(
    "verify_journal",
    selection=AssetSelection.assets(journal_verified),
    description="Recompute the whole journal.",
    executor_def=in_process_executor,
)


@schedule(
    name="hand_over_nightly",
    job=hand_over,
    cron_schedule="0 5 * * *",
    execution_timezone=PARIS,
    default_status=DefaultScheduleStatus.RUNNING,
    description="At five every morning, one run a Caisse for the day before.",
)
def hand_over_nightly(context: ScheduleEvaluationContext) -> Iterator[RunRequest]:
    """Ask for yesterday's hand-over to each Caisse.

    Without a run key: a doubled tick makes a second run, which finds the day's exchange done.
    """
    yesterday = context.scheduled_execution_time.astimezone(ZoneInfo(PARIS)).date() - timedelta(days=1)
    for binding in CAISSES.get_partition_keys():
        yield RunRequest(partition_key=caisse_day(binding, yesterday))


journal_nightly = ScheduleDefinition(
    name="journal_nightly",
    job=verify_journal,
    cron_schedule="30 3 * * *",
    execution_timezone=PARIS,
    default_status=DefaultScheduleStatus.RUNNING,
    description="At half past three every night.",
)
