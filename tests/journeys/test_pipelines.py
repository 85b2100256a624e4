"""The pipelines with what their login may do, without a daemon: a night, chores of the worker, wishes, and alerts told once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dagster import DagsterInstance, build_sensor_context
from typer.testing import CliRunner

from contracts.calendar import PARIS
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.watching.alerts import Wrong, end_alerts, raise_alert
from hub.watching.telling import Teller
from hub.watching.wishes import WishKind, wish
from orchestration.agents import database
from orchestration.cli import app
from orchestration.pipelines.definitions import defs
from orchestration.pipelines.failures import look
from orchestration.pipelines.partitions import binding_day
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.watching import folders_watched, worker_watched
from orchestration.pipelines.wishes import launches
from orchestration.stack import environment
from tests.journeys.agents import SARAH, Agent
from tests.journeys.doors import rows, value
from tests.piping import as_pipelines
from tests.system import CAISSE, Resident, eventually

SLUG, NAME = "caisse-13-fichiers", "Capucine Vraisemblance"


@pytest.fixture(scope="module")
def hub(running):
    """The hub as a run has it: told what the pipelines are told, and nothing more."""
    with as_pipelines(running) as found:
        yield found


@pytest.fixture
def instance():
    with DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as made:
        yield made


def today() -> date:
    return datetime.now(PARIS).date()


def ran(hub, instance, job: str, **how):
    return defs.resolve_job_def(job).execute_in_process(
        instance=instance, resources={"hub": hub}, raise_on_error=False, **how
    )


def made(result) -> dict[str, dict]:
    return {
        one.asset_key.to_user_string(): {name: entry.value for name, entry in one.materialization.metadata.items()}
        for one in result.get_asset_materialization_events()
    }


def test_a_night_brings_a_family_to_its_caisse_once(running, hub, instance):
    parent = Resident(running).sign_in()
    parent.request(parent.linked_child(parent.child()), "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    nights = [made(ran(hub, instance, "night", partition_key=binding_day(SLUG, today()))) for _ in range(2)]
    assert [one["caisse_hand_over"]["lines"] >= 1 for one in nights] == [True, True]
    assert nights[1]["caisse_hand_over"]["exchange"] == nights[0]["caisse_hand_over"]["exchange"]
    assert nights[1]["day_reconciled"] | {"correlation": ""} == nights[0]["day_reconciled"] | {"correlation": ""}
    assert (nights[1]["day_reconciled"]["in_doubt"], nights[1]["day_reconciled"]["stuck"]) == (0, 0)
    assert nights[0]["day_reconciled"]["exchanges"].endswith(f"/ops/echanges?binding={SLUG}&depuis={today()}")
    page = Agent(running, SARAH).sign_in().http.get(nights[0]["day_reconciled"]["exchanges"])
    assert (page.status_code, SLUG in page.text) == (200, True)
    assert hub.families(SLUG, today()) >= 1


@pytest.mark.parametrize("slug", ["caisse-6-rest", "caisse-14-rpc", "caisse-13-quotient", "paris-familles-rest"])
def test_a_night_runs_for_every_kind_of_binding(hub, instance, slug):
    result = ran(hub, instance, "night", partition_key=binding_day(slug, today()))
    assert result.success
    assert "day_reconciled" in made(result)


def test_the_worker_does_what_it_is_asked_and_says_how_much(running, hub, instance):
    facts = made(ran(hub, instance, "tidy"))
    assert facts["retention_carried_out"].keys() == {"records", "papers", "authorisations", "rows", "come_of_age"}
    newest = "SELECT missing FROM vault.reconciliation ORDER BY finished_at DESC LIMIT 1"
    assert facts["store_reconciled"]["missing"] == value(running, newest)
    assert rows(running, "SELECT 1 FROM hub.chore WHERE state <> 'done'") == []
    assert made(ran(hub, instance, "judge_again")).keys() == {"evidence_reevaluated"}
    counted = made(ran(hub, instance, "count"))
    assert counted["catalogue"]["judged_by"] == counted["catalogue"]["version"] != ""
    assert counted["indicators"]["spared"] >= 0


def test_the_worker_is_looked_at_once_a_minute(hub, instance):
    context = build_sensor_context(instance=instance, resources={"hub": hub})
    seen, *checks = worker_watched(context).asset_events
    assert seen.metadata["jobs/many"].value >= 0
    assert {one.check_name for one in checks} == {name.partition("/")[0] for name in seen.metadata}
    again = build_sensor_context(instance=instance, resources={"hub": hub}, cursor=worker_watched(context).cursor)
    # What says the same is not written down every minute.
    assert len(worker_watched(again).asset_events) < len(checks)


def test_folders_are_looked_at_before_a_night_needs_them(running, hub):
    states = "SELECT binding, depth, state, looked_at FROM hub.binding_health WHERE binding LIKE '%%-fichiers'"
    folders_watched(build_sensor_context(resources={"hub": hub}))
    seen = rows(running, states)
    assert {one["binding"] for one in seen} == {f"caisse-{n}-fichiers" for n in (5, 7, 9, 11, 13, 15, 17)}
    probed = {(one["depth"], one["state"]) for one in seen if one["depth"] != "business"}
    assert probed == {("reach", "ok"), ("auth", "ok")}
    folders_watched(build_sensor_context(resources={"hub": hub}))
    assert sorted(one["looked_at"] for one in rows(running, states)) == sorted(one["looked_at"] for one in seen)


def test_a_wish_is_launched_once_however_often_it_is_looked_for(running, hub, instance):
    day = today() - timedelta(days=3)

    def ask() -> int:
        return hub.write(lambda tx: wish(tx, WishKind.BINDING_DAY, SLUG, [day], asked_by="test", now=hub.now()))

    assert (ask(), ask()) == (1, 0)
    (request,) = (one for one in launches(instance, hub) if one.job_name == "night")
    assert str(request.partition_key) == f"{SLUG}|{day}"
    assert [one for one in launches(instance, hub) if one.job_name == "night"] == []
    key = binding_day(SLUG, day)
    assert not ran(Broken(again_in=0.0), instance, "night", partition_key=key, tags=request.tags).success
    waits = "SELECT state, leased_until FROM hub.wish WHERE day = %(d)s"
    seen = []
    for _ in range(2):
        launches(instance, hub)
        seen += rows(running, waits, d=day)
    # It failed: it is asked for again in a while, and no look puts that off.
    assert (seen[0]["state"], seen[0]) == ("asked", seen[1])
    rows(running, "UPDATE hub.wish SET leased_until = now() WHERE day = %(d)s", d=day)
    (again,) = (one for one in launches(instance, hub) if one.job_name == "night")
    assert ran(hub, instance, "night", partition_key=key, tags=again.tags).success
    # Its run has ended well: so has it, and the same may be asked for anew.
    launches(instance, hub)
    assert ask() == 1


class Broken(HubResource):
    def hand_over(self, binding, day, *, correlation):
        raise ValueError(NAME)


def test_a_failed_run_is_told_once_with_its_page_and_no_name(running, hub, instance):
    cursor = None
    for _ in range(2):
        assert not ran(Broken(again_in=0.0), instance, "hand_over", partition_key=binding_day(SLUG, today())).success
        cursor = look(instance, hub, cursor)
    look(instance, hub, None)
    cause = f"run:hand_over:{SLUG}:ValueError"
    (alert,) = rows(running, "SELECT * FROM hub.alert WHERE cause = %(c)s AND over_at IS NULL", c=cause)
    assert (alert["page"], alert["day"], alert["seen"]) == ("run-failed", today(), 2)
    (mail,) = eventually(lambda: [one for one in running.mailbox(environment.ON_CALL) if cause in str(one)])
    assert f"docs/operations.md#{alert['page']}" in str(mail)
    assert f"Families concerned: {alert['families']}" in str(mail)
    assert not any(word in str(mail) + str(alert) for word in NAME.split())
    assert ran(hub, instance, "hand_over", partition_key=binding_day(SLUG, today())).success
    look(instance, hub, cursor)
    assert value(running, "SELECT over_at IS NOT NULL FROM hub.alert WHERE cause = %(c)s", c=cause)


def test_a_night_that_was_late_is_well_again_when_it_was_done(running, hub, instance):
    late = Wrong(f"late:{SLUG}", "night-late", SLUG, today())
    hub.write(lambda tx: raise_alert(tx, late, now=hub.now()))
    ended = "SELECT over_at IS NOT NULL FROM hub.alert WHERE cause = %(c)s"
    look(instance, hub, None)
    assert not value(running, ended, c=late.cause)
    assert ran(hub, instance, "night", partition_key=binding_day(SLUG, today())).success
    look(instance, hub, None)
    assert value(running, ended, c=late.cause)


class Dying:
    """Dies over the first alert it is to tell, and then tells all."""

    def __init__(self) -> None:
        self.told: list = []

    def carry(self, told, *, now):
        self.told.append(told.alert_id)
        if len(self.told) == 1:
            raise KeyboardInterrupt
        return ExchangeOutcome(OutcomeKind.APPLIED)


def test_an_alert_whose_teller_died_is_told_again_and_each_other_once(running, hub):
    hub.write(lambda tx: raise_alert(tx, Wrong("late:made-up", "night-late"), now=hub.now()))
    hub.write(lambda tx: raise_alert(tx, Wrong("late:made-up", "night-late"), now=hub.now()))
    way, clock = Dying(), [datetime.now(UTC)]
    with database(running.running.layout, told=False) as db:
        teller = Teller(db, {"webhook": way}, lambda: clock[0])
        with pytest.raises(KeyboardInterrupt):
            teller.tell_due()
        teller.tell_due()
        (first, *others) = way.told
        assert first not in others
        clock[0] += timedelta(minutes=3)
        teller.tell_due()
    assert way.told == [first, *others, first]
    assert len(set(others)) == len(others) == value(running, "SELECT count(*) - 1 FROM hub.alert")
    hub.write(lambda tx: end_alerts(tx, ["late:made-up"], now=hub.now()))


def test_days_are_asked_for_at_the_terminal(running):
    state = ["--state", str(running.running.layout.state)]
    again = ["pipelines", "again", "caisse-6-rest", "--from", "2026-09-01", "--to", "2026-09-03", *state]
    said = [CliRunner().invoke(app, again).output for _ in range(2)]
    assert said == ["3 of 3 days asked for\n", "0 of 3 days asked for\n"]
    assert CliRunner().invoke(app, ["pipelines", "again", "caisse-99", "--from", "2026-09-01", *state]).exit_code == 1
    rows(running, "UPDATE hub.wish SET state = 'done', done_at = now() WHERE about = 'caisse-6-rest'")
