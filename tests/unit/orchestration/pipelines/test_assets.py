"""The assets in process: what they say when all is well, and that nothing of a failure's text is kept."""

import os
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from dagster import AssetCheckSeverity, DagsterInstance, Definitions, ExecuteInProcessResult, materialize
from dagster._serdes import serialize_value
from sqlalchemy.exc import DataError

from hub.errors import ExchangeInFlight
from orchestration.pipelines.assets import caisse_hand_over, journal_verified
from orchestration.pipelines.instance import prepare_instance
from orchestration.pipelines.partitions import caisse_day
from tests.unit.orchestration.pipelines.fake_hub import FakeHub
from vault.journal.verify import Fault

SLUG = "caisse-13-fichiers"
DAY = date(2026, 9, 1)
NAME = "Capucine Vraisemblance"


def hand_over(hub: FakeHub, instance: DagsterInstance) -> ExecuteInProcessResult:
    return materialize(
        [caisse_hand_over],
        partition_key=caisse_day(SLUG, DAY),
        resources={"hub": hub},
        instance=instance,
        raise_on_error=False,
    )


def said(result: ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    return {key: value.value for key, value in event.materialization.metadata.items()}


def checks(result: ExecuteInProcessResult) -> dict[str, tuple[bool, AssetCheckSeverity]]:
    return {one.check_name: (one.passed, one.severity) for one in result.get_asset_check_evaluations()}


def test_a_day_is_handed_over(instance: DagsterInstance) -> None:
    hub = FakeHub({DAY: 3})
    result = hand_over(hub, instance)
    assert result.success
    facts = said(result)
    assert (facts["outcome"], facts["lines"], facts["withheld"], facts["repeated"]) == ("applied", 3, 0, False)
    assert UUID(facts["exchange"])
    assert hub.correlations == [result.run_id] == [facts["correlation"]]
    assert all(passed for passed, _ in checks(result).values())


def test_the_partition_is_kept(instance: DagsterInstance) -> None:
    hand_over(FakeHub({DAY: 1}), instance)
    assert instance.get_materialized_partitions(caisse_hand_over.key) == {f"{SLUG}|{DAY}"}


def test_a_second_run_says_that_it_repeats(instance: DagsterInstance) -> None:
    hub = FakeHub({DAY: 3})
    first, second = said(hand_over(hub, instance)), said(hand_over(hub, instance))
    assert (first["exchange"], first["lines"]) == (second["exchange"], second["lines"])
    assert (first["repeated"], second["repeated"]) == (False, True)


def test_an_empty_day_is_a_success_with_its_own_word(instance: DagsterInstance) -> None:
    result = hand_over(FakeHub(), instance)
    assert result.success
    assert (said(result)["outcome"], said(result)["lines"]) == ("empty", 0)
    assert checks(result)["handed_over"][0]


def test_what_was_withheld_warns(instance: DagsterInstance) -> None:
    result = hand_over(FakeHub({DAY: 3}, withheld=2), instance)
    assert result.success
    assert checks(result)["nothing_withheld"] == (False, AssetCheckSeverity.WARN)


@pytest.mark.parametrize("outcome", ["conflict", "contract_breach", "in_doubt", "partial"])
def test_any_other_outcome_is_shown_as_an_error_and_not_run_again(outcome: str, instance: DagsterInstance) -> None:
    result = hand_over(FakeHub({DAY: 3}, outcome=outcome), instance)
    assert result.success
    assert checks(result)["handed_over"] == (False, AssetCheckSeverity.ERROR)


def test_a_folder_that_cannot_be_reached_leaves_the_day_unmade(instance: DagsterInstance) -> None:
    result = hand_over(FakeHub({DAY: 3}, outcome="unavailable"), instance)
    assert not result.success
    assert instance.get_materialized_partitions(caisse_hand_over.key) == set()


def broken() -> list[Exception]:
    text = ValueError(f"no birth date for {NAME}")
    row = DataError("INSERT INTO person VALUES (%s)", {"family_name": NAME}, text)
    row.__cause__ = text
    noted = RuntimeError("with a note")
    noted.add_note(NAME)
    return [text, row, noted, ExchangeInFlight(NAME), ExceptionGroup(NAME, [text])]


@pytest.mark.parametrize("error", broken(), ids=lambda error: type(error).__name__)
def test_nothing_of_an_error_but_its_class_is_kept(
    error: Exception, instance_on_disk: DagsterInstance, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    result = hand_over(FakeHub(error=error), instance_on_disk)
    assert not result.success
    kept = "".join(serialize_value(record) for record in instance_on_disk.all_logs(result.run_id))
    assert f"{type(error).__name__} (correlation {result.run_id})" in kept
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert result.run_id.encode() in files
    told = "".join(capfd.readouterr())
    for word in NAME.split():
        assert word not in kept
        assert word.encode() not in files
        assert word not in told


@pytest.mark.parametrize("key", [f"{SLUG}|2999-01-01", f"{SLUG}|2026-08-31", "caisse-99|2026-09-01"])
def test_a_partition_that_does_not_exist_never_reaches_the_hub(key: str, instance: DagsterInstance) -> None:
    hub = FakeHub({DAY: 3})
    job = Definitions(assets=[caisse_hand_over], resources={"hub": hub}).resolve_implicit_global_asset_job_def()
    binding, day = key.split("|")
    tags = {"dagster/partition": key, "dagster/partition/binding": binding, "dagster/partition/day": day}
    result = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
    assert not result.success
    assert hub.correlations == []


def test_a_journal_that_holds_gives_its_counts(instance: DagsterInstance) -> None:
    result = materialize([journal_verified], resources={"hub": FakeHub()}, instance=instance)
    assert said(result) == {"sequenced": 7, "waiting": 1, "records": 6, "heads": 3}


def test_a_journal_that_does_not_hold_fails_and_names_the_place(instance: DagsterInstance) -> None:
    hub = FakeHub(fault=Fault("the entry or its leaf was changed", 4))
    result = materialize([journal_verified], resources={"hub": hub}, instance=instance, raise_on_error=False)
    assert not result.success
    (event,) = result.filter_events(lambda event: event.is_step_failure)
    failure = event.step_failure_data.user_failure_data
    assert failure is not None
    assert failure.description == "The journal does not verify: the entry or its leaf was changed."
    assert failure.metadata["leaf"].value == 4


def test_a_run_leaves_no_file_in_the_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "dagster"
    prepare_instance(folder, code_port=1)
    settings = (folder / "dagster.yaml").read_text(encoding="utf-8")
    without = [line for line in settings.splitlines() if not line.startswith("storage:")]
    (folder / "dagster.yaml").write_text("\n".join([*without, f"storage: {{sqlite: {{base_dir: {tmp_path}/db}}}}"]))
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    with DagsterInstance.get() as instance:
        assert hand_over(FakeHub({DAY: 3}), instance).success
    left = sorted(os.path.relpath(path, home) for path in home.rglob("*") if path.is_file())
    assert left == ["dagster/dagster.yaml", "dagster/workspace.yaml"]
