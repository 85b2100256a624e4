"""What a night costs through Dagster itself: one run a binding with its seven steps, where nothing has changed."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

from contracts.calendar import PARIS
from orchestration.pipelines.bindings import bound
from tests.bench import serving
from tests.bench.measuring import Row, at_most
from tests.faults.pipelined import Town

BINDINGS, STEPS, NIGHTS = 20, 7, 4
GOAL_S, GOAL_MS = 120, 50
_LAUNCH = """mutation($r: [ExecutionParams!]!) { launchMultipleRuns(executionParamsList: $r) {
  __typename ... on LaunchMultipleRunsResult { launchMultipleRunsResult { __typename
  ... on LaunchRunSuccess { run { runId } } } } } }"""
_RUNS = """query($f: RunsFilter!) { runsOrError(filter: $f) { ... on Runs { results {
  runId status startTime endTime stepStats { stepKey startTime endTime } } } } }"""


@cache
def _town() -> Town:
    town = Town(serving.with_pipelines())
    town.daemon_is_well()
    return town


def nightly_cycle() -> Iterator[Row]:
    """From asking for twenty bindings' nights to the end of the last, each a process of its own; nothing has changed."""
    town, day = _town(), (datetime.now(PARIS) - timedelta(days=1)).date().isoformat()
    slugs = [one.slug for one in bound()][:BINDINGS]
    _night(town, slugs, day)
    begun = time.perf_counter()
    runs = _night(town, slugs, day)
    took = time.perf_counter() - begun
    note = f"{len(runs)} runs of {STEPS} steps; a run {median(one['endTime'] - one['startTime'] for one in runs):.1f} s"
    assert all(len(one["stepStats"]) == STEPS for one in runs)
    yield Row("nightly_cycle_s", round(took, 1), "s", f"< {GOAL_S}", took < GOAL_S, repetitions=1, note=note)


def op_overhead_ms() -> Iterator[Row]:
    """What a step adds to a use case within a launched run: the steps that find nothing to do for their binding."""
    town, day = _town(), (datetime.now(PARIS) - timedelta(days=2)).date().isoformat()
    # One after the other: beside each other they would measure one another.
    runs = [run for slug in sorted(one.slug for one in bound())[:NIGHTS] for run in _night(town, [slug], day)]
    spent, gaps = [], []
    for run in runs:
        steps = sorted(run["stepStats"], key=lambda one: one["startTime"])
        idle = [one for one in steps if one["stepKey"] not in ("registrations_pushed", "day_reconciled")]
        spent += [(one["endTime"] - one["startTime"]) * 1000 for one in idle]
        gaps += [(later["startTime"] - one["startTime"]) * 1000 for one, later in pairwise(steps)]
    note = f"from one step's start to the next's: {median(gaps):.0f} ms with the use cases"
    yield at_most("op_overhead_ms", spent, GOAL_MS, "ms", note=note)


def _night(town: Town, slugs: list[str], day: str) -> list[dict[str, Any]]:
    """Have nights done and return their runs."""
    selector = {"repositoryLocationName": "unefois", "repositoryName": "__repository__", "jobName": "night"}
    asked = [
        {"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": _tags(slug, day)}} for slug in slugs
    ]
    answers = town.ask(_LAUNCH, r=asked)["launchMultipleRuns"]["launchMultipleRunsResult"]
    numbers = [one["run"]["runId"] for one in answers]
    while True:
        runs: list[dict[str, Any]] = town.ask(_RUNS, f={"runIds": numbers})["runsOrError"]["results"]
        if all(one["status"] in ("SUCCESS", "FAILURE", "CANCELED") for one in runs):
            assert {one["status"] for one in runs} == {"SUCCESS"}, runs
            return runs
        time.sleep(0.2)


def _tags(slug: str, day: str) -> list[dict[str, str]]:
    told = {
        "dagster/partition": f"{slug}|{day}",
        "dagster/partition/binding": slug,
        "dagster/partition/day": day,
    }
    return [{"key": key, "value": value} for key, value in told.items()]
