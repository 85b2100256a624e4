"""When: each body's night as soon as it is open, the journal and custody before them, all in the time of Paris."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dagster import (
    AssetSelection,
    DagsterInstance,
    DefaultScheduleStatus,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    define_asset_job,
    in_process_executor,
    schedule,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.pipelines.bindings import Bound, bound
from orchestration.pipelines.nights import NIGHT
from orchestration.pipelines.partitions import BINDING, DAY, PARIS, binding_day

_ZONE = ZoneInfo(PARIS)
CAUGHT_UP = timedelta(days=7)


def _job(name: str, words: str, *assets: str) -> UnresolvedAssetJobDefinition:
    # One process a run: an op is a call of some milliseconds, a process of its own would cost a second.
    selection = AssetSelection.assets(*assets)
    return define_asset_job(name, selection=selection, description=words, executor_def=in_process_executor)


night = _job("night", "One day of one binding, all seven steps.", *(one.key.to_user_string() for one in NIGHT))
hand_over = _job("hand_over", "Hand one day to one Caisse, and nothing else.", "caisse_hand_over")
take_files_in = _job("take_files_in", "Take in what the Caisses left for us.", "caisse_files_in")
verify_journal = _job("verify_journal", "Recompute the whole journal.", "journal_verified")
stamp_journal = _job("stamp_journal", "Have the newest signed head stamped outside.", "journal_stamped")
count = _job(
    "count", "Count what families were asked and spared, and look at the catalogue.", "indicators", "catalogue"
)
tidy = _job("tidy", "Let go of what is over, also here, and set store and rows against each other.",
            "retention_carried_out", "store_reconciled", "runs_forgotten")  # fmt: skip
judge_again = _job("judge_again", "Judge again what a new catalogue or evidence type touches.", "evidence_reevaluated")
redeliver = _job("redeliver", "Tell a partner again what its webhook did not take.", "notifications_redelivered")
JOBS = (night, hand_over, take_files_in, verify_journal, stamp_journal, count, tidy, judge_again, redeliver)


def night_hours() -> Sequence[str]:
    """Return at which minutes a night of some binding begins on some day of the week, as cron says them."""
    monday = date(2026, 9, 7)
    moments = [one.night_of(monday + timedelta(days=day)) for one in bound() for day in range(7)]
    hours = sorted({moment.time() for moment in moments if moment is not None})
    return [f"{one.minute} {one.hour} * * *" for one in hours]


@schedule(
    name="nightly",
    job=night,
    cron_schedule=night_hours(),
    execution_timezone=PARIS,
    default_status=DefaultScheduleStatus.RUNNING,
    description="Every morning as soon as a body is open, one run a binding for the day before, and for days on whose "
    "morrow it was closed or whose nights failed within the week.",
)
def nightly(context: ScheduleEvaluationContext) -> Iterator[RunRequest]:
    """Ask for the night of each binding that begins now.

    Dagster wants a run key of each of several runs; it names the tick, so that no later one is taken for done. What
    guards a day is its exchanges: another run finds them done.
    """
    tick = context.scheduled_execution_time.astimezone(_ZONE)
    for one in bound():
        begins = one.night_of(tick.date())
        if begins is None or begins.time() != time(tick.hour, tick.minute):
            continue
        for day in (*_missed(context.instance, one, tick), *one.days_of(tick.date())):
            yield RunRequest(
                run_key=f"{one.slug} {day.isoformat()} {tick.isoformat()}", partition_key=binding_day(one.slug, day)
            )


def _missed(instance: DagsterInstance, one: Bound, tick: datetime) -> list[date]:
    """Return the days of the last week whose nights all failed: a body that was away is caught up with when it is back."""
    tags = {f"dagster/partition/{BINDING}": one.slug}
    runs = instance.get_runs(RunsFilter(job_name=night.name, tags=tags, created_after=tick - CAUGHT_UP))
    days = {run.tags.get(f"dagster/partition/{DAY}", "") for run in runs}
    done = {run.tags.get(f"dagster/partition/{DAY}", "") for run in runs if not run.is_finished or run.is_success}
    return sorted({date.fromisoformat(day) for day in days - done if day} - set(one.days_of(tick.date())))


def _regularly(
    name: str, job: UnresolvedAssetJobDefinition, cron: str | Sequence[str], words: str
) -> ScheduleDefinition:
    return ScheduleDefinition(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone=PARIS,
        default_status=DefaultScheduleStatus.RUNNING,
        description=words,
    )


SCHEDULES = (
    nightly,
    _regularly(
        "files_in_half_hourly",
        take_files_in,
        "10,40 * * * *",
        "Twice an hour: a file without a marker is taken at the second look that shows it the same.",
    ),
    _regularly("journal_nightly", verify_journal, "30 3 * * *", "At half past three every night."),
    _regularly(
        "stamps_daily",
        stamp_journal,
        [f"40 {hour} * * *" for hour in (3, 9, 15, 21)],
        "At twenty to four every night; three looks later that day ask an authority that was away.",
    ),
    _regularly("figures_nightly", count, "45 3 * * *", "At a quarter to four every night."),
    _regularly("custody_nightly", tidy, "15 4 * * *", "At a quarter past four every night."),
)
