"""What somebody asked for becomes a run: claimed in our own table, so that no tick does it twice and none that dies loses it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dagster import (
    DagsterInstance,
    DagsterRun,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from orchestration.pipelines.partitions import binding_day
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.schedules import judge_again, night, redeliver
from orchestration.pipelines.wording import tick_in_words

if TYPE_CHECKING:
    from hub.watching.wishes import Wish

TAG = "unefois/wish"
AT_ONCE = 40
"""How many runs one tick asks for; the queue lets each binding have one at a time."""


@sensor(
    name="wishes",
    jobs=[night, judge_again, redeliver],
    minimum_interval_seconds=10,
    default_status=DefaultSensorStatus.RUNNING,
    description="Launches what was asked for from the terminal or the console: days of a binding again, a partner told "
    "again; and judges again by itself when the catalogue is another one. Edited repeats that a second operator approved go out here.",
)
def wishes(context: SensorEvaluationContext, hub: HubResource) -> SensorResult:
    """Claim what nobody holds and launch a run for each; end those whose run has ended."""
    return SensorResult(run_requests=tick_in_words(lambda: launches(context.instance, hub)))


def launches(instance: DagsterInstance, hub: HubResource) -> Sequence[RunRequest]:
    """Return the runs that this tick asks for.

    A run carries its wish's number as a tag and no run key: whether a wish was launched is what its row and that run
    say, also to a daemon that died between the two.
    """
    from hub.watching.wishes import claim, under_way

    now = hub.now()
    hub.let_go_edits()
    hub.write(lambda tx: _wish_for_new_catalogue(tx, hub, now))
    for wish in hub.write(under_way):
        _follow(instance, hub, wish, now)
    return [_request(wish) for wish in hub.write(lambda tx: claim(tx, AT_ONCE, now=now))]


def _wish_for_new_catalogue(tx: Any, hub: HubResource, now: datetime) -> None:
    from hub.watching.wishes import WishKind, wish

    found = hub.catalogue()
    if found["judged_by"] != found["version"]:
        wish(tx, WishKind.REEVALUATION, asked_by="pipelines", now=now)


def _follow(instance: DagsterInstance, hub: HubResource, wish: "Wish", now: datetime) -> None:
    from hub.watching.wishes import end_wish, launched

    # The newest: an earlier run of the same wish has failed.
    newest: Sequence[DagsterRun] = instance.get_runs(RunsFilter(tags={TAG: _mark(wish)}), limit=1)
    if not newest:
        return
    run = newest[0]
    if run.is_finished:
        hub.write(lambda tx: end_wish(tx, wish.wish_id, run.run_id, done=run.is_success, now=now))
    elif wish.run_id != run.run_id:
        hub.write(lambda tx: launched(tx, wish.wish_id, run.run_id))


def _mark(wish: "Wish") -> str:
    """Return what a run of this try of a wish is known by."""
    return f"{wish.wish_id}/{wish.attempts}"


def _request(wish: "Wish") -> RunRequest:
    tags = {TAG: _mark(wish)}
    if wish.day is not None:
        return RunRequest(job_name=night.name, partition_key=binding_day(wish.about, wish.day), tags=tags)
    if wish.kind == "redelivery":
        config = {"ops": {"notifications_redelivered": {"config": {"siret": wish.about}}}}
        return RunRequest(job_name=redeliver.name, run_config=config, tags=tags)
    return RunRequest(job_name=judge_again.name, tags=tags)
