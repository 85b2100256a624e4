"""The assets in process: what they say when all is well, and that nothing of a failure's text is kept."""

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from dagster import AssetCheckSeverity, DagsterInstance, Definitions, ExecuteInProcessResult, materialize
from dagster._serdes import serialize_value
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy.exc import DataError

from connectors.errors import FolderUnreachable
from hub.errors import ExchangeInFlight
from hub.exchanges.tallying import Tally, Volume
from hub.stamping import Stamped
from orchestration.pipelines.assets import CITY
from orchestration.pipelines.definitions import defs
from orchestration.pipelines.instance import prepare_instance
from orchestration.pipelines.nights import NIGHT
from orchestration.pipelines.partitions import binding_day
from tests.unit.orchestration.pipelines.fake_hub import NOW, FakeHub
from vault import telemetry
from vault.errors import DatabaseUnavailable
from vault.journal.verify import Fault

SLUG = "caisse-13-fichiers"
DAY = date(2026, 9, 1)
NAME = "Capucine Vraisemblance"
BY_NAME = {one.key.to_user_string(): one for one in (*NIGHT, *CITY)}
caisse_hand_over, caisse_files_in = BY_NAME["caisse_hand_over"], BY_NAME["caisse_files_in"]
journal_verified = BY_NAME["journal_verified"]


def hand_over(hub: FakeHub, instance: DagsterInstance) -> ExecuteInProcessResult:
    return materialize(
        [caisse_hand_over],
        partition_key=binding_day(SLUG, DAY),
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


def test_a_line_that_cannot_be_written_warns(instance: DagsterInstance) -> None:
    result = hand_over(FakeHub({DAY: 3}, unwritable=1), instance)
    assert said(result)["unwritable"] == 1
    assert checks(result)["nothing_withheld"] == (False, AssetCheckSeverity.WARN)


@pytest.mark.parametrize("error", [ExchangeInFlight(NAME), DatabaseUnavailable(NAME)])
def test_what_passes_by_itself_is_tried_again(error: Exception, instance: DagsterInstance) -> None:
    hub = FakeHub({DAY: 3}, error=error, times=2)
    assert hand_over(hub, instance).success
    assert len(hub.correlations) == 3


def test_what_does_not_pass_is_not_tried_for_ever(instance: DagsterInstance) -> None:
    for error, tries in ((ExchangeInFlight(NAME), 4), (ValueError(NAME), 1)):
        hub = FakeHub({DAY: 3}, error=error)
        assert not hand_over(hub, instance).success
        assert len(hub.correlations) == tries


@pytest.mark.parametrize("outcome", ["conflict", "contract_breach", "in_doubt", "partial"])
def test_any_other_outcome_is_shown_as_an_error_and_not_run_again(outcome: str, instance: DagsterInstance) -> None:
    result = hand_over(FakeHub({DAY: 3}, outcome=outcome), instance)
    assert result.success
    assert checks(result)["handed_over"] == (False, AssetCheckSeverity.ERROR)


def whole_night(
    hub: FakeHub, instance: DagsterInstance, slug: str
) -> tuple[set[str], dict[str, tuple[bool, AssetCheckSeverity]]]:
    job = defs.resolve_job_def("night")
    result = job.execute_in_process(
        instance=instance, partition_key=binding_day(slug, DAY), resources={"hub": hub}, raise_on_error=False
    )
    assert result.success
    made = {one.asset_key.to_user_string() for one in result.get_asset_materialization_events() if one.asset_key}
    return made, checks(result)


@pytest.mark.parametrize(
    ("slug", "steps"),
    [
        (SLUG, {"caisse_hand_over", "files_taken_in"}),
        ("caisse-12-soap", {"families_synchronised", "decisions_pulled"}),
        ("caisse-14-rpc", {"registrations_pushed", "decisions_pulled"}),
        ("paris-familles-rest", {"registrations_pushed"}),
        ("caisse-13-quotient", {"quotients_asked"}),
    ],
)
def test_a_night_does_what_its_binding_says_and_shows_nothing_of_the_rest(
    slug: str, steps: set[str], instance: DagsterInstance
) -> None:
    made, checked = whole_night(FakeHub({DAY: 3}), instance, slug)
    assert made == {*steps, "day_reconciled"}
    assert all(passed for passed, _ in checked.values())


@pytest.mark.parametrize(
    ("tally", "failed"),
    [
        (Tally(1, 0, 0, 1, 0, 2, {}, {}), {"all_settled": AssetCheckSeverity.ERROR}),
        (Tally(1, 0, 3, 0, 0, 2, {}, {}), {"all_settled": AssetCheckSeverity.WARN}),
        (Tally(1, 0, 0, 0, 0, 0, {}, {"hand_over": Volume(3, None)}), {"fresh": AssetCheckSeverity.WARN}),
        (
            Tally(1, 0, 0, 0, 0, 0, {"hand_over": NOW}, {"hand_over": Volume(3, 10)}),
            {"usual_volume": AssetCheckSeverity.WARN},
        ),
    ],
)
def test_a_day_that_did_not_come_to_its_end_or_is_odd_says_so(
    tally: Tally, failed: dict[str, AssetCheckSeverity], instance: DagsterInstance
) -> None:
    hub = FakeHub({DAY: 3})
    hub.tally = tally
    _, checked = whole_night(hub, instance, SLUG)
    assert {name: severity for name, (passed, severity) in checked.items() if not passed} == failed


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


def taken_in(hub: FakeHub, instance: DagsterInstance) -> ExecuteInProcessResult:
    return materialize([caisse_files_in], resources={"hub": hub}, instance=instance, raise_on_error=False)


def test_every_caisses_folder_is_looked_into(instance: DagsterInstance) -> None:
    hub = FakeHub()
    result = taken_in(hub, instance)
    assert said(result) == {"files": 7, "taken": 21, "aside": 0, "refused": 0}
    assert len(hub.correlations) == 7
    assert all(passed for passed, _ in checks(result).values())


def test_a_folder_that_is_away_is_told_and_hinders_no_other(instance_on_disk: DagsterInstance, tmp_path: Path) -> None:
    result = taken_in(FakeHub(error=FolderUnreachable(NAME), times=1), instance_on_disk)
    assert result.success
    assert said(result)["files"] == 6
    assert checks(result)["folders_reached"] == (False, AssetCheckSeverity.ERROR)
    assert not any(NAME.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_line_left_aside_warns(instance: DagsterInstance) -> None:
    result = taken_in(FakeHub(unwritable=1), instance)
    assert checks(result)["nothing_aside"] == (False, AssetCheckSeverity.WARN)


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


def test_time_stamps_that_hold_and_are_young_pass_the_check(instance: DagsterInstance) -> None:
    said_of: dict[str, Stamped | None] = {
        "young": Stamped(2, NOW),
        "old": Stamped(2, NOW - timedelta(days=3)),
        "none": Stamped(0, None),
        "no authority": None,
    }
    passed = {}
    for what, stamps in said_of.items():
        hub = FakeHub()
        hub.stamps = stamps
        result = materialize([journal_verified], resources={"hub": hub}, instance=instance)
        passed[what] = checks(result)["dated"]
    warned = (False, AssetCheckSeverity.WARN)
    assert passed == {"young": (True, AssetCheckSeverity.WARN), "old": warned, "none": warned, "no authority": warned}


def test_a_time_stamp_that_does_not_hold_breaks_the_journal(instance: DagsterInstance) -> None:
    hub = FakeHub()
    hub.stamps = Stamped(1, NOW, "the time-stamp of the signed head 7: StampSignatureInvalid")
    result = materialize([journal_verified], resources={"hub": hub}, instance=instance, raise_on_error=False)
    (event,) = result.filter_events(lambda event: event.is_step_failure)
    failure = event.step_failure_data.user_failure_data
    assert failure is not None
    assert failure.metadata["error"].value == "JournalBroken"


def test_a_head_that_was_stamped_is_shown_and_one_that_need_not_be_makes_nothing(instance: DagsterInstance) -> None:
    hub = FakeHub()
    assert said(materialize([BY_NAME["journal_stamped"]], resources={"hub": hub}, instance=instance))["head"] == 7
    hub.stamp = None
    result = materialize([BY_NAME["journal_stamped"]], resources={"hub": hub}, instance=instance)
    assert result.success
    assert result.get_asset_materialization_events() == []


def test_what_a_run_makes_is_one_trace_under_the_runs_own_number(instance: DagsterInstance) -> None:
    found = InMemorySpanExporter()
    telemetry.trace_with("test", SimpleSpanProcessor(found))
    try:
        runs = [
            hand_over(hub, instance) for hub in (FakeHub({DAY: 3}), FakeHub({DAY: 3}, error=DataError(NAME, {}, None)))
        ]
    finally:
        telemetry.end()
    spans = found.get_finished_spans()
    assert [f"{one.context.trace_id:032x}" for one in spans] == [one.run_id.replace("-", "") for one in runs]
    assert [(one.name, dict(one.attributes or {})) for one in spans] == [
        ("asset caisse_hand_over", {"outcome": "done"}),
        ("asset caisse_hand_over", {"outcome": "DataError"}),
    ]
    assert not any(NAME in one.to_json() for one in spans)


def test_a_run_leaves_no_file_in_the_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "dagster"
    prepare_instance(folder, code_port=1)
    settings = yaml.safe_load((folder / "dagster.yaml").read_text(encoding="utf-8"))
    settings |= {"storage": {"sqlite": {"base_dir": f"{tmp_path}/db"}}}
    (folder / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    with DagsterInstance.get() as instance:
        assert hand_over(FakeHub({DAY: 3}), instance).success
    left = sorted(os.path.relpath(path, home) for path in home.rglob("*") if path.is_file())
    assert left == ["dagster/dagster.yaml", "dagster/workspace.yaml"]
