"""The worker as engineers see it, once a minute: what waits, whether that is well, and an alert where it is not."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetObservation,
    AssetSpec,
    DefaultSensorStatus,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    multi_asset_check,
    sensor,
)

from orchestration.pipelines.nights import OWNERS
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.wording import in_words, tick_in_words

if TYPE_CHECKING:
    from hub.watching.gauges import Gauge

WORKER = AssetSpec(
    "worker",
    group_name="worker",
    owners=OWNERS,
    description="What residents wait for, as the worker does it: how much waits, since when, and how long reading takes. "
    "Looked at once a minute.",
)
GAUGES = {
    "jobs": "Jobs that could be done now wait for less than five minutes.",
    "jobs_failed": "No job was given up.",
    "reading": "Nineteen of twenty papers are read within half a minute.",
    "journal": "Entries of the journal are sequenced within two minutes.",
    "quarantined": "No paper is in quarantine for more than three days.",
    "notifications": "Partners are told within six hours.",
    "messages_in_doubt": "Of no message it is unknown whether it arrived.",
    "reviews": "No review waits for an agent for more than five days.",
    "exchanges_waiting": "No exchange with a partner waits for a person.",
    "exchanges_due": "What can be carried to a partner is carried within six hours.",
    "chores": "What the pipelines ask the worker for is done within the hour.",
    "edits_approved": "An edited repeat that was approved is sent within the hour.",
}
"""What is counted, and when it is well; the bounds are the hub's."""
SAID_AGAIN = timedelta(hours=1)
"""A check that says the same is written down once an hour: a minute's row each would be half a million a month."""
LOOKING_S = 30.0
"""For how many seconds one tick begins with another folder; Dagster gives a tick a minute."""
CALM = timedelta(minutes=10)
"""How long something has to be well before its alert is over."""


@multi_asset_check(
    specs=[AssetCheckSpec(what, asset="worker", description=words) for what, words in GAUGES.items()],
    name="worker_checks",
)
def worker_checks(hub: HubResource) -> Iterator[AssetCheckResult]:
    """Look now, where somebody asks for it; the sensor does once a minute."""
    for gauge in in_words(hub.gauges, correlation="checks"):
        yield AssetCheckResult(
            check_name=gauge.what, passed=gauge.well, severity=AssetCheckSeverity.WARN, metadata=_facts(gauge)
        )


@sensor(
    name="worker_watched",
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Once a minute: counts what waits in the hub's tables, one query, and raises an alert where it is too much.",
)
def worker_watched(context: SensorEvaluationContext, hub: HubResource) -> SensorResult:
    """Write down what was seen, and what is no longer well."""
    return tick_in_words(lambda: _watched(hub, context.cursor))


@sensor(
    name="folders_watched",
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Looks into the folders of partners that exchange files, each once in five minutes, so that the console "
    "says how they are before a night needs them. Nothing is taken out.",
)
def folders_watched(hub: HubResource) -> SkipReason:
    """Look at those whose last look is old."""
    seen = tick_in_words(lambda: hub.look_at_folders(LOOKING_S))
    return SkipReason(f"{seen} folders were looked at")


def _watched(hub: HubResource, cursor: str | None) -> SensorResult:
    now, gauges = hub.now(), hub.gauges()
    said: dict[str, Any] = json.loads(cursor) if cursor else {}
    checks = [one for one in gauges if _worth_saying(said.get(one.what), one, now)]
    said |= {one.what: [one.well, now.isoformat()] for one in checks}
    _alarm(hub, gauges, now)
    seen = AssetObservation(WORKER.key, metadata=_all_facts(gauges))
    return SensorResult(asset_events=[seen, *map(_evaluation, checks)], cursor=json.dumps(said))


def _alarm(hub: HubResource, gauges: "Sequence[Gauge]", now: datetime) -> None:
    from hub.watching.alerts import Wrong, end_calm, raise_alert

    def write(tx: Any) -> None:
        for one in gauges:
            if not one.well:
                raise_alert(tx, Wrong(f"waits:{one.what}", f"waits-{one.what.replace('_', '-')}"), now=now)
        end_calm(tx, "waits:", since=now - CALM, now=now)

    hub.write(write)


def _worth_saying(before: list[Any] | None, gauge: "Gauge", now: datetime) -> bool:
    return before is None or before[0] != gauge.well or datetime.fromisoformat(before[1]) <= now - SAID_AGAIN


def _evaluation(gauge: "Gauge") -> AssetCheckEvaluation:
    return AssetCheckEvaluation(
        asset_key=AssetKey("worker"),
        check_name=gauge.what,
        passed=gauge.well,
        severity=AssetCheckSeverity.WARN,
        metadata=_facts(gauge),
    )


def _facts(gauge: "Gauge") -> Mapping[str, Any]:
    facts: dict[str, Any] = {"many": gauge.many, "oldest_s": round(gauge.age.total_seconds(), 1)}
    return facts if gauge.seconds is None else facts | {"p95_s": round(gauge.seconds, 2)}


def _all_facts(gauges: "Sequence[Gauge]") -> Mapping[str, Any]:
    return {f"{one.what}/{name}": value for one in gauges for name, value in _facts(one).items()}
