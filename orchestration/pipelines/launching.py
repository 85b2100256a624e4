"""Asking Dagster for one hand-over by GraphQL and waiting for what it came to."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import httpx

from orchestration.pipelines.errors import LaunchRefused, RunNotFinished
from orchestration.pipelines.instance import LOCATION

JOB = "hand_over"
REPOSITORY = "__repository__"
FINISHED = frozenset({"SUCCESS", "FAILURE", "CANCELED"})
POLL = 0.1
Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
_CALL_TIMEOUT = 20.0

_LOADED = """query($repository: RepositorySelector!) {
  repositoryOrError(repositorySelector: $repository) { __typename } }"""
_LAUNCH = """mutation($run: ExecutionParams!) { launchRun(executionParams: $run) {
  __typename ... on LaunchRunSuccess { run { runId } } } }"""
_RUN = """query($run: ID!) { runOrError(runId: $run) { __typename ... on Run { status assetMaterializations {
  metadataEntries { label ... on IntMetadataEntry { intValue } ... on TextMetadataEntry { text }
  ... on BoolMetadataEntry { boolValue } } } } } }"""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended: SUCCESS, FAILURE or CANCELED, and what its materialisation says, if there is one."""

    run_id: str
    status: str
    metadata: Mapping[str, str | int | bool] = field(default_factory=dict)


def launch_hand_over(graphql_url: str, binding: str, day: date, timeout: float = 60.0) -> RunResult:
    """Have ``day`` handed over through ``binding`` and return when the run has ended.

    Waits up to ``timeout`` seconds in all, also for a webserver that is still starting. Raises
    :class:`~orchestration.pipelines.errors.LaunchRefused` and :class:`~orchestration.pipelines.errors.RunNotFinished`.
    """
    until = time.monotonic() + timeout
    with httpx.Client(timeout=_CALL_TIMEOUT, trust_env=False) as client:
        ask = partial(_ask, client, graphql_url)
        _await_definitions(ask, until)
        run_id = _launch(ask, binding, day)
        return _await_end(ask, run_id, until)


def _await_definitions(ask: Ask, until: float) -> None:
    selector = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}
    while not _loaded(ask, selector):
        if time.monotonic() > until:
            message = "the definitions are not loaded"
            raise RunNotFinished(message)
        time.sleep(POLL)


def _loaded(ask: Ask, selector: Mapping[str, str]) -> bool:
    try:
        answer = ask(_LOADED, {"repository": selector})
    except httpx.TransportError:
        return False
    return bool(answer["repositoryOrError"]["__typename"] == "Repository")


def _launch(ask: Ask, binding: str, day: date) -> str:
    selector = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY, "jobName": JOB}
    # Dagster writes the key of two dimensions in the order of their names: binding, then day.
    tags = {
        "dagster/partition": f"{binding}|{day.isoformat()}",
        "dagster/partition/binding": binding,
        "dagster/partition/day": day.isoformat(),
    }
    metadata = {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
    run = {"selector": selector, "runConfigData": {}, "executionMetadata": metadata}
    answer = ask(_LAUNCH, {"run": run})["launchRun"]
    if answer["__typename"] != "LaunchRunSuccess":
        raise LaunchRefused(answer["__typename"])
    return str(answer["run"]["runId"])


def _await_end(ask: Ask, run_id: str, until: float) -> RunResult:
    while True:
        run = ask(_RUN, {"run": run_id})["runOrError"]
        status = run.get("status", run["__typename"])
        if status in FINISHED:
            return RunResult(run_id, status, _facts(run["assetMaterializations"]))
        if time.monotonic() > until:
            message = f"run {run_id} is {status}"
            raise RunNotFinished(message)
        time.sleep(POLL)


def _facts(materialisations: list[dict[str, Any]]) -> dict[str, str | int | bool]:
    entries = [entry for one in materialisations for entry in one["metadataEntries"]]
    kinds = ("intValue", "text", "boolValue")
    return {entry["label"]: entry[kind] for entry in entries for kind in kinds if kind in entry}


def _ask(client: httpx.Client, url: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    answer = client.post(url, json={"query": query, "variables": variables})
    body = answer.json() if answer.is_success else {}
    if not isinstance(body, dict) or not body.get("data"):
        message = f"GraphQL answered {answer.status_code} without data"
        raise LaunchRefused(message)
    return dict(body["data"])
