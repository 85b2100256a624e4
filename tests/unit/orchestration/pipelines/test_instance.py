"""Dagster's home as written: private, without a secret, telemetry off, and valid in Dagster's own eyes."""

import stat
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from orchestration.pipelines.errors import InstanceNotMigrated
from orchestration.pipelines.instance import (
    code_server_argv,
    daemon_argv,
    instance_environment,
    migrate_instance,
    prepare_instance,
    webserver_argv,
)

NOWHERE = "postgresql+psycopg2://nobody:made-up@127.0.0.1:1/none"


def test_dagster_accepts_the_settings(tmp_path: Path) -> None:
    prepare_instance(tmp_path / "home", code_port=4321)
    settings, _ = dagster_instance_config(str(tmp_path / "home"))
    assert settings["telemetry"] == {"enabled": False}
    assert settings["run_coordinator"]["class"] == "QueuedRunCoordinator"
    assert settings["compute_logs"]["class"] == "NoOpComputeLogManager"
    assert settings["run_monitoring"]["enabled"] is True
    assert settings["retention"]["schedule"] == {"purge_after_days": 30}
    assert settings["retention"]["sensor"]["purge_after_days"]["skipped"] == 1
    assert settings["storage"]["custom"]["config"] == {"postgres_url": {"env": "DAGSTER_PG_URL"}}


def test_the_workspace_is_the_code_server(tmp_path: Path) -> None:
    prepare_instance(tmp_path, code_host="127.0.0.1", code_port=4321)
    workspace = yaml.safe_load((tmp_path / "workspace.yaml").read_text(encoding="utf-8"))
    assert workspace == {
        "load_from": [{"grpc_server": {"host": "127.0.0.1", "port": 4321, "location_name": "unefois"}}]
    }


def test_the_home_is_private_and_written_again_without_harm(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    for port in (1, 2):
        prepare_instance(folder, code_port=port)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert sorted(path.name for path in folder.iterdir()) == ["dagster.yaml", "workspace.yaml"]


def test_an_address_for_another_driver_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="psycopg2"):
        instance_environment(tmp_path, "postgresql://someone:secret@127.0.0.1/dagster")


def test_every_process_listens_on_loopback_and_is_of_this_environment() -> None:
    commands = [code_server_argv(1), webserver_argv(2), daemon_argv()]
    assert {Path(command[0]).parent for command in commands} == {Path(sys.executable).parent}
    assert all(Path(command[0]).exists() for command in commands)
    for command in commands[:2]:
        assert command[command.index("-h") + 1] == "127.0.0.1"


def test_a_failed_migration_leaves_no_marker(tmp_path: Path) -> None:
    prepare_instance(tmp_path, code_port=1)
    (tmp_path / "dagster.yaml").write_text("storage: nowhere", encoding="utf-8")
    with pytest.raises(InstanceNotMigrated, match="ended with 1"):
        migrate_instance(instance_environment(tmp_path, NOWHERE))
    assert not list(tmp_path.glob("migrated-*"))


def test_a_marker_of_these_versions_spares_the_migration(tmp_path: Path) -> None:
    (tmp_path / f"migrated-{version('dagster')}-{version('dagster-postgres')}").touch()
    assert migrate_instance(instance_environment(tmp_path, NOWHERE)) is False
