"""What Dagster knows, as a list: a change here is meant, never an accident."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, RunRequest, build_schedule_context
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from connectors.port import Window
from hub.watching.gauges import BOUNDS
from orchestration.pipelines.bindings import Bound, bound
from orchestration.pipelines.definitions import defs
from orchestration.pipelines.failures import LATE, OTHERWISE, PAGES, _should_be_done
from orchestration.pipelines.partitions import BINDING_DAYS, BINDINGS, DAYS, binding_day
from orchestration.pipelines.schedules import nightly
from tests.unit.orchestration.pipelines.fake_hub import FakeHub

PARIS = ZoneInfo("Europe/Paris")
SLUG = "caisse-13-fichiers"
Tick = Callable[[datetime], list[RunRequest]]
HOURS = [time(hour, minute) for hour in range(5, 12) for minute in (0, 30)]


@pytest.fixture
def tick(instance_on_disk: DagsterInstance) -> Tick:
    return partial(ticked, instance_on_disk)


def ticked(instance: DagsterInstance, at: datetime) -> list[RunRequest]:
    repository = defs.get_repository_def()
    context = build_schedule_context(instance=instance, scheduled_execution_time=at, repository_def=repository)
    evaluated = nightly.evaluate_tick(context)
    assert isinstance(evaluated, ScheduleExecutionData)
    return list(evaluated.run_requests or [])


def test_snapshot() -> None:
    repository = defs.get_repository_def()
    assert sorted(key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()) == [
        "caisse_files_in",
        "caisse_hand_over",
        "catalogue",
        "day_reconciled",
        "decisions",
        "decisions_pulled",
        "evidence_reevaluated",
        "families_synchronised",
        "files_taken_in",
        "indicators",
        "journal_stamped",
        "journal_verified",
        "notifications_redelivered",
        "quotients_asked",
        "registrations_pushed",
        "retention_carried_out",
        "runs_forgotten",
        "school_files",
        "store_reconciled",
        "worker",
    ]
    checks = {(key.asset_key.to_user_string(), key.name) for key in repository.asset_graph.asset_check_keys}
    assert {one for one in checks if one[0] != "worker"} == {
        ("caisse_files_in", "folders_reached"),
        ("caisse_files_in", "nothing_aside"),
        ("caisse_hand_over", "handed_over"),
        ("caisse_hand_over", "nothing_withheld"),
        ("catalogue", "described"),
        ("day_reconciled", "all_settled"),
        ("day_reconciled", "fresh"),
        ("day_reconciled", "usual_volume"),
        ("families_synchronised", "nothing_withheld"),
        ("files_taken_in", "nothing_aside"),
        ("journal_verified", "dated"),
        ("registrations_pushed", "nothing_withheld"),
        ("store_reconciled", "nothing_missing"),
    }
    # Each gauge of the hub has a check, and a page of the runbook.
    assert {name for asset, name in checks if asset == "worker"} == BOUNDS.keys()
    assert sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")) == [
        "count",
        "hand_over",
        "judge_again",
        "night",
        "redeliver",
        "stamp_journal",
        "take_files_in",
        "tidy",
        "verify_journal",
    ]
    assert {one.name: (one.cron_schedule, one.execution_timezone) for one in repository.schedule_defs} == {
        "custody_nightly": ("15 4 * * *", "Europe/Paris"),
        "figures_nightly": ("45 3 * * *", "Europe/Paris"),
        "files_in_half_hourly": ("10,40 * * * *", "Europe/Paris"),
        "journal_nightly": ("30 3 * * *", "Europe/Paris"),
        "nightly": (["0 5 * * *", "30 5 * * *", "0 6 * * *", "0 7 * * *"], "Europe/Paris"),
        "stamps_daily": (["40 3 * * *", "40 9 * * *", "40 15 * * *", "40 21 * * *"], "Europe/Paris"),
    }
    assert {one.name: one.minimum_interval_seconds for one in repository.sensor_defs} == {
        "failures": 30,
        "wishes": 10,
        "worker_watched": 60,
        "folders_watched": 60,
    }


def test_every_asset_says_in_plain_words_what_and_whose_it_is() -> None:
    graph = defs.get_repository_def().asset_graph
    for node in map(graph.get, graph.get_all_asset_keys()):
        assert list(node.owners) == ["team:interoperability"]
        assert node.group_name in {"bindings", "journal", "figures", "catalogue", "custody", "partners", "worker"}
        assert len(node.description or "") > 60


def test_every_job_runs_in_one_process() -> None:
    jobs = defs.get_repository_def().get_all_jobs()
    assert {job.executor_def.name for job in jobs} == {"in_process"}


def test_partitions_are_binding_and_day() -> None:
    assert [one.name for one in BINDING_DAYS.partitions_defs] == ["binding", "day"]
    slugs = {path.stem for path in Path("contracts/bindings").glob("*.toml")}
    assert {one.slug for one in bound()} == slugs == set(BINDINGS.get_partition_keys())
    assert str(binding_day(SLUG, date(2026, 9, 1))) == f"{SLUG}|2026-09-01"


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
def test_the_night_asks_for_the_day_before(at: datetime, day: str, tick: Tick) -> None:
    requests = tick(at)
    assert {f"{SLUG}|{day}", f"caisse-16-soap|{day}"} <= {str(one.partition_key) for one in requests}
    # No later tick is taken for this one: what guards a day is its exchange.
    assert len({one.run_key for one in requests}) == len(requests)
    assert all(at.astimezone(PARIS).isoformat() in str(one.run_key) for one in requests)


def test_every_binding_has_its_night_once_a_day_and_when_it_is_open(tick: Tick) -> None:
    monday = date(2026, 11, 23)
    asked = [str(one.partition_key) for hour in HOURS for one in tick(datetime.combine(monday, hour, PARIS))]
    assert len(asked) == len(set(asked))
    assert {one.partition("|")[0] for one in asked} == {one.slug for one in bound()}
    (late,) = (one for one in bound() if one.slug == "caisse-20-soap")
    # Closed until seven, and on Sundays: Monday is also for the Saturday.
    assert late.night_of(monday) == datetime(2026, 11, 23, 7, tzinfo=PARIS)
    assert late.night_of(monday - timedelta(days=1)) is None
    assert {f"caisse-20-soap|2026-11-{day}" for day in (21, 22)} <= set(asked)


def test_a_night_is_late_by_its_hour_if_somebody_looked_before_it_began() -> None:
    one = Bound(SLUG, "caisse-fichiers", {})
    day = date(2026, 11, 23)
    at = partial(datetime, 2026, 11, 23, tzinfo=PARIS)
    assert _should_be_done(one, day, at(8), at(4))
    assert not _should_be_done(one, day, at(7, 59), at(4))
    assert not _should_be_done(one, day, at(9), at(6))


def test_every_alert_has_its_page() -> None:
    said = Path("docs/operations.md").read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-")
        for one in re.findall(r"^#+ (.*)$", said, re.MULTILINE)
    }
    pages = {*PAGES.values(), OTHERWISE, LATE, *(f"waits-{what.replace('_', '-')}" for what in BOUNDS)}
    assert pages <= headings


def test_a_night_that_failed_is_caught_up_with_until_it_is_done(instance_on_disk: DagsterInstance, tick: Tick) -> None:
    now, hub = datetime.now(PARIS), FakeHub(error=ValueError("none"))
    missed = now.date() - timedelta(days=3)
    morning = datetime.combine(now.date() + timedelta(days=1), time(5), PARIS)
    for well in (False, True):
        job = defs.resolve_job_def("night")
        done = job.execute_in_process(
            instance=instance_on_disk,
            partition_key=binding_day(SLUG, missed),
            resources={"hub": hub},
            raise_on_error=False,
        )
        assert done.success is well
        hub = FakeHub()
        assert (f"{SLUG}|{missed}" in {str(one.partition_key) for one in tick(morning)}) is not well


def test_a_cut_off_says_by_when_a_night_is_due() -> None:
    plain = Bound(SLUG, "caisse-fichiers", {})
    assert plain.due_by(date(2026, 11, 23)) == datetime(2026, 11, 23, 8, tzinfo=PARIS)
    told = replace(plain, cutoff=time(6, 30))
    assert told.due_by(date(2026, 11, 23)) == datetime(2026, 11, 23, 6, 30, tzinfo=PARIS)
    closed = replace(plain, closed=(Window(start=time(0), end=time(0), days=frozenset({1})),))
    assert closed.due_by(date(2026, 11, 23)) is None


def test_definitions_load_without_the_hub() -> None:
    code = (
        "import sys, orchestration.pipelines.definitions as d; d.defs.get_repository_def();"
        "print([m for m in ('hub.bootstrap', 'vault.bootstrap', 'fastapi', 'tink') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
