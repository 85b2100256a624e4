"""Launching over GraphQL: what is asked, and what each answer becomes; the real webserver is the journey's part."""

import time
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from orchestration.pipelines.errors import LaunchRefused, RunNotFinished
from orchestration.pipelines.launching import RunResult, _await_end, _launch, launch_hand_over

DAY = date(2026, 10, 25)
FACTS = [
    {"label": "outcome", "text": "applied"},
    {"label": "lines", "intValue": 3},
    {"label": "repeated", "boolValue": False},
]


def later(seconds: float) -> float:
    return time.monotonic() + seconds


def test_the_partition_key_is_binding_then_day() -> None:
    asked: list[Mapping[str, Any]] = []

    def ask(_: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(variables["run"])
        return {"launchRun": {"__typename": "LaunchRunSuccess", "run": {"runId": "r1"}}}

    assert _launch(ask, "caisse-13-fichiers", DAY) == "r1"
    tags = {tag["key"]: tag["value"] for tag in asked[0]["executionMetadata"]["tags"]}
    assert tags["dagster/partition"] == "caisse-13-fichiers|2026-10-25"
    assert tags["dagster/partition/binding"] == "caisse-13-fichiers"


def test_a_run_that_is_not_taken_is_refused_with_dagsters_word() -> None:
    with pytest.raises(LaunchRefused, match="PipelineNotFoundError"):
        _launch(lambda *_: {"launchRun": {"__typename": "PipelineNotFoundError"}}, "x", DAY)


def test_the_end_carries_what_the_materialisation_says() -> None:
    runs: Iterator[dict[str, Any]] = iter(
        [
            {"status": "QUEUED", "assetMaterializations": []},
            {"status": "SUCCESS", "assetMaterializations": [{"metadataEntries": FACTS}]},
        ]
    )
    found = _await_end(lambda *_: {"runOrError": {"__typename": "Run", **next(runs)}}, "r1", later(5))
    assert found == RunResult("r1", "SUCCESS", {"outcome": "applied", "lines": 3, "repeated": False})


def test_a_run_that_stays_queued_is_said_to_be() -> None:
    with pytest.raises(RunNotFinished, match="run r1 is QUEUED"):
        _await_end(lambda *_: {"runOrError": {"__typename": "Run", "status": "QUEUED"}}, "r1", later(0.05))


def test_a_webserver_that_never_comes_up_is_waited_for_and_given_up() -> None:
    with pytest.raises(RunNotFinished, match="not loaded"):
        launch_hand_over("http://127.0.0.1:9/graphql", "x", DAY, 0.05)
