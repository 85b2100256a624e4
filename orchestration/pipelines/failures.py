"""A run that failed, and a night that was not done in time: told once per cause, with the families concerned, counted."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from dagster import (
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunsFilter,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from contracts.calendar import paris_day
from orchestration.pipelines.bindings import Bound, bound
from orchestration.pipelines.partitions import BINDING_TAG, DAY_TAG
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.schedules import night
from orchestration.pipelines.wording import tick_in_words

if TYPE_CHECKING:
    from hub.watching.alerts import Wrong

OVERLAP, LONG_AGO = timedelta(minutes=10), timedelta(days=7)
"""How far each look reaches back before the last one, and how far one that knows of no last."""
AT_ONCE = 500
PAGES = {
    "FolderUnreachable": "partner-away",
    "DatabaseUnavailable": "database-away",
    "StoreUnavailable": "store-away",
    "ReleasesStopped": "releases-stopped",
    "ExchangeInFlight": "another-process",
    "JournalBroken": "journal-broken",
    "WorkerSilent": "worker-silent",
    "StampsUnavailable": "stamps-away",
    **dict.fromkeys(
        (
            "StampNotGranted",
            "StampMalformed",
            "StampOfOtherData",
            "StampOfOtherRequest",
            "StampPolicyRefused",
            "StampSignatureInvalid",
            "StampSignerRefused",
            "StampTimeImplausible",
            "StampRootsUnreadable",
        ),
        "stamp-refused",
    ),
}
"""Which page of the runbook helps, by the kind of error; any other is on « run-failed »."""
BY_HAND = {"__ASSET_JOB": "assets"}
"""How the job is called that Dagster makes for a backfill and for what is materialised on its pages."""
OTHERWISE, LATE = "run-failed", "night-late"


@sensor(
    name="failures",
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells of each failed run, and of each night not done by its cut-off: once per cause, by mail and webhook, "
    "with how many families it concerns and the page of the runbook.",
)
def failures(context: SensorEvaluationContext, hub: HubResource) -> SensorResult:
    """Note what failed since the last look, and end what is well again."""
    cursor = tick_in_words(lambda: look(context.instance, hub, context.cursor))
    return SensorResult(cursor=cursor)


def look(instance: DagsterInstance, hub: HubResource, cursor: str | None) -> str:
    """Raise what failed or is late; return the moment of this look.

    The moment only spares looking at what is old: whether a run was noted is a row of ours, so that neither a lost
    cursor nor two ticks at once tell anything twice.
    """
    from hub.watching.alerts import note_failed_run

    now = datetime.now(UTC)
    before = json.loads(cursor) if cursor else {"first": now.isoformat()}
    last = datetime.fromisoformat(before["last"]) - OVERLAP if "last" in before else now - LONG_AGO
    for run in _failed(instance, since=last):
        wrong = _wrong(instance, hub, run)
        hub.write(partial(note_failed_run, wrong=wrong, now=now))
    _late(instance, hub, now, datetime.fromisoformat(before["first"]))
    _end(instance, hub, now)
    return json.dumps({"first": before["first"], "last": now.isoformat()})


def _failed(instance: DagsterInstance, *, since: datetime) -> Iterator[DagsterRun]:
    wanted, after = RunsFilter(statuses=[DagsterRunStatus.FAILURE], updated_after=since), None
    while found := instance.get_run_records(wanted, limit=AT_ONCE, cursor=after):
        yield from (one.dagster_run for one in found)
        after = found[-1].dagster_run.run_id


def _wrong(instance: DagsterInstance, hub: HubResource, run: DagsterRun) -> "Wrong":
    from hub.watching.alerts import Wrong

    binding, day = run.tags.get(BINDING_TAG), run.tags.get(DAY_TAG)
    kind = _kind(instance, run.run_id)
    known = binding in {one.slug for one in bound()} and day is not None
    on = date.fromisoformat(day) if known and day is not None else None
    return Wrong(
        f"run:{BY_HAND.get(run.job_name, run.job_name)}:{binding if known else 'city'}:{kind}",
        PAGES.get(kind, OTHERWISE),
        binding=binding if known else None,
        day=on,
        run_id=run.run_id,
        families=hub.families(str(binding), on) if on is not None else None,
    )


def _kind(instance: DagsterInstance, run_id: str) -> str:
    """Return the class of what a run failed of; of one that never got that far, that its process died."""
    for record in instance.all_logs(run_id, of_type=DagsterEventType.STEP_FAILURE):
        event = record.dagster_event
        failed = None if event is None else event.step_failure_data.user_failure_data
        if failed is not None and "error" in failed.metadata:
            return str(failed.metadata["error"].value)
        return "Unworded"
    return "ProcessDied"


def _late(instance: DagsterInstance, hub: HubResource, now: datetime, first: datetime) -> None:
    """Raise what should have been done by now; nights from before anybody looked are nobody's fault."""
    from hub.watching.alerts import Wrong, raise_alert

    today = paris_day(now)
    due = {one: one.days_of(today)[-1] for one in bound() if _should_be_done(one, today, now, first)}
    done = _done(instance, set(due.values())) if due else set()
    for one, day in due.items():
        if (one.slug, day.isoformat()) in done:
            continue
        wrong = Wrong(f"late:{one.slug}", LATE, one.slug, day, families=hub.families(one.slug, day))
        hub.write(partial(raise_alert, wrong=wrong, now=now))


def _should_be_done(one: Bound, today: date, now: datetime, first: datetime) -> bool:
    begins, by = one.night_of(today), one.due_by(today)
    return begins is not None and by is not None and first <= begins and by <= now


def _done(instance: DagsterInstance, days: set[date]) -> set[tuple[str, str]]:
    """Return which bindings' nights of these days were done: one query, whatever their number."""
    tags: dict[str, str | list[str]] = {DAY_TAG: sorted(day.isoformat() for day in days)}
    runs = instance.get_runs(RunsFilter(job_name=night.name, tags=tags, statuses=[DagsterRunStatus.SUCCESS]))
    return {(run.tags.get(BINDING_TAG, ""), run.tags[DAY_TAG]) for run in runs}


def _end(instance: DagsterInstance, hub: HubResource, now: datetime) -> None:
    """End the alerts of runs whose like has since succeeded, and of nights that were done after all."""
    from hub.watching.alerts import end_alerts, open_alerts

    over = [one.cause for one in hub.write(open_alerts) if _well_again(instance, one)]
    if over:
        hub.write(lambda tx: end_alerts(tx, over, now=now))


def _well_again(instance: DagsterInstance, wrong: "Wrong") -> bool:
    tags = {} if wrong.binding is None else {BINDING_TAG: wrong.binding, DAY_TAG: str(wrong.day)}
    word, *rest = wrong.cause.split(":")
    if word == "late":
        done = RunsFilter(job_name=night.name, tags=tags, statuses=[DagsterRunStatus.SUCCESS])
        return bool(_newest(instance, done))
    if word != "run":
        return False
    finished = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
    job = next((name for name, called in BY_HAND.items() if called == rest[0]), rest[0])
    newest = _newest(instance, RunsFilter(job_name=job, tags=tags, statuses=finished))
    return bool(newest) and newest[0].is_success


def _newest(instance: DagsterInstance, wanted: RunsFilter) -> Sequence[DagsterRun]:
    return instance.get_runs(wanted, limit=1)
