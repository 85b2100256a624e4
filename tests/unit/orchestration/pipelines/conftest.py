"""Instances of Dagster that send nothing out and write nothing into the home of whoever runs the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

QUIET = {"telemetry": {"enabled": False}}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return folder


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral(settings=QUIET) as made:
        yield made


@pytest.fixture
def instance_on_disk(tmp_path: Path) -> Iterator[DagsterInstance]:
    folder = tmp_path / "disk"
    folder.mkdir()
    with DagsterInstance.local_temp(str(folder), overrides=QUIET) as made:
        yield made
