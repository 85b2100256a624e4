"""Dagster's storage signs in once, and finds out by itself that its connection is gone."""

from collections.abc import Iterator

import psycopg
import pytest
from dagster import AssetKey, AssetObservation, DagsterInstance

from tests.unit.orchestration.pipelines.conftest import QUIET, stored_at
from tests.unit.vault.journal.postgres import running_postgres

HERE = "SELECT pid FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid() AND backend_type = %s"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture
def instance(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterInstance]:
    folder = tmp_path_factory.mktemp("dagster")
    with DagsterInstance.local_temp(str(folder), overrides=QUIET | stored_at(postgres, folder / "home")) as made:
        yield made


def connections(postgres: str) -> set[int]:
    with psycopg.connect(postgres.replace("+psycopg", "")) as asking:
        return {pid for (pid,) in asking.execute(HERE, ("client backend",))}


def look(instance: DagsterInstance) -> None:
    instance.report_runless_asset_event(AssetObservation(AssetKey("worker")))


def test_one_connection_serves_all_that_is_stored(instance: DagsterInstance, postgres: str) -> None:
    look(instance)
    first = connections(postgres)
    look(instance)
    assert instance.get_runs() == []
    assert instance.all_instigator_state() == []
    assert len(first) == 1
    assert connections(postgres) == first


def test_a_connection_that_was_cut_is_opened_anew(instance: DagsterInstance, postgres: str) -> None:
    look(instance)
    gone = connections(postgres)
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as operator:
        for pid in gone:
            operator.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
    look(instance)
    assert not connections(postgres) & gone
    assert len(instance.fetch_observations(AssetKey("worker"), limit=9).records) >= 2
