"""What Dagster knows, as a list: a change here is meant, never an accident."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dagster import MultiPartitionsDefinition, RunRequest, build_schedule_context
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from orchestration.pipelines.definitions import defs
from orchestration.pipelines.partitions import CAISSE_DAYS, DAYS, binding_slugs, caisse_day
from orchestration.pipelines.schedules import hand_over_nightly

PARIS = ZoneInfo("Europe/Paris")
SLUG = "caisse-13-fichiers"


def tick(at: datetime) -> list[RunRequest]:
    context = build_schedule_context(scheduled_execution_time=at, repository_def=defs.get_repository_def())
    evaluated = hand_over_nightly.evaluate_tick(context)
    assert isinstance(evaluated, ScheduleExecutionData)
    return list(evaluated.run_requests or [])


def test_snapshot() -> None:
    repository = defs.get_repository_def()
    assert sorted(key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()) == [
        "caisse_hand_over",
        "journal_verified",
    ]
    assert sorted(key.name for key in repository.asset_graph.asset_check_keys) == ["handed_over", "nothing_withheld"]
    assert sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")) == [
        "hand_over",
        "verify_journal",
    ]
    assert {one.name: (one.cron_schedule, one.execution_timezone) for one in repository.schedule_defs} == {
        "hand_over_nightly": ("0 5 * * *", "Europe/Paris"),
        "journal_nightly": ("30 3 * * *", "Europe/Paris"),
    }


@pytest.mark.parametrize(("asset", "group"), [("caisse_hand_over", "caisses"), ("journal_verified", "journal")])
def test_every_asset_says_whose_it_is(asset: str, group: str) -> None:
    node = defs.get_repository_def().asset_graph.get(defs.resolve_assets_def(asset).key)
    assert node.group_name == group
    assert list(node.owners) == ["team:interoperability"]
    assert len(node.description or "") > 60


def test_every_job_runs_in_one_process() -> None:
    jobs = defs.get_repository_def().get_all_jobs()
    assert {job.executor_def.name for job in jobs} == {"in_process"}


def test_partitions_are_binding_and_day() -> None:
    assert isinstance(CAISSE_DAYS, MultiPartitionsDefinition)
    assert [one.name for one in CAISSE_DAYS.partitions_defs] == ["binding", "day"]
    assert binding_slugs("caisse-fichiers") == [SLUG]
    assert str(caisse_day(SLUG, date(2026, 9, 1))) == f"{SLUG}|2026-09-01"


def test_today_is_a_partition_and_tomorrow_is_not() -> None:
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    keys = DAYS.get_partition_keys(current_time=now)
    assert (keys[0], keys[-1]) == ("2026-09-01", "2026-11-23")


def test_the_day_of_25_hours_is_one_partition() -> None:
    keys = DAYS.get_partition_keys(current_time=datetime(2026, 10, 28, 12, tzinfo=UTC))
    assert keys[-5:] == ["2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27", "2026-10-28"]
    window = DAYS.time_window_for_partition_key("2026-10-25")
    assert window.end.astimezone(UTC) - window.start.astimezone(UTC) == timedelta(hours=25)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 10, 26, 5, tzinfo=PARIS), "2026-10-25"),
        (datetime(2026, 10, 25, 5, tzinfo=PARIS), "2026-10-24"),
        (datetime(2026, 10, 25, 4, tzinfo=UTC), "2026-10-24"),
    ],
)
def test_the_night_asks_for_the_day_before(at: datetime, day: str) -> None:
    requests = tick(at)
    assert [str(request.partition_key) for request in requests] == [f"{SLUG}|{day}"]
    assert requests[0].run_key is None


def test_definitions_load_without_the_hub() -> None:
    code = (
        "import sys, orchestration.pipelines.definitions as d; d.defs.get_repository_def();"
        "print([m for m in ('hub.bootstrap', 'vault.bootstrap', 'fastapi', 'tink') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
