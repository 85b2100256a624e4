"""Instances of Dagster that send nothing out and write nothing into the home of whoever runs the tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance

from orchestration.pipelines.instance import SCHEME, prepare_instance

QUIET = {"telemetry": {"enabled": False}}


def stored_at(url: str, home: Path) -> dict[str, Any]:
    """The settings of Dagster's storage as they are written for a system, in a database of a test."""
    prepare_instance(home, code_port=1)
    storage: dict[str, Any] = yaml.safe_load((home / "dagster.yaml").read_text(encoding="utf-8"))["storage"]
    storage["custom"]["config"] = {"postgres_url": url.replace("postgresql+psycopg://", SCHEME)}
    return {"storage": storage}


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
