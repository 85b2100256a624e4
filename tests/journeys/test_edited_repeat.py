"""A question to a Caisse asked again with another day: one operator writes it, another lets it go, and a tick of the pipelines sends it."""

from datetime import datetime, timedelta

import pytest
from dagster import DagsterInstance, build_sensor_context

from contracts.calendar import PARIS
from orchestration.pipelines.definitions import defs
from orchestration.pipelines.partitions import binding_day
from orchestration.pipelines.wishes import wishes
from tests.journeys.agents import MARC, SARAH
from tests.journeys.doors import family, rows, value
from tests.piping import as_pipelines
from tests.system import eventually

SLUG, CAISSE_6 = "caisse-6-rest", "91000053800017"
EDIT = "SELECT proposed_id, state, why FROM hub.exchange_edit WHERE exchange_id = %(asked)s"


@pytest.fixture(scope="module")
def hub(running):
    with as_pipelines(running) as found:
        yield found


@pytest.fixture
def instance():
    with DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as made:
        yield made


@pytest.fixture
def asked(running, hub, instance):
    """What the night asked a body of which a family awaits a decision; its answer is here."""
    parent, child = family(running)
    assert parent.request(child, "canteen_tariff", CAISSE_6).status_code == 201
    key = binding_day(SLUG, datetime.now(PARIS).date())
    assert (
        defs.resolve_job_def("night")
        .execute_in_process(instance=instance, resources={"hub": hub}, partition_key=key)
        .success
    )
    newest = (
        "SELECT exchange_id FROM hub.exchange WHERE binding = %(slug)s AND operation = 'tariff_decisions'"
        " AND state = 'settled' ORDER BY created_at DESC LIMIT 1"
    )
    return eventually(lambda: rows(running, newest, slug=SLUG))[0]["exchange_id"]


def tick(hub, instance):
    """What Dagster's daemon does every ten seconds."""
    return wishes(build_sensor_context(instance=instance, resources={"hub": hub}))


def test_an_approved_edit_leaves_with_the_next_tick_and_with_no_other(running, hub, instance, agent, asked):
    sarah, marc = agent(SARAH), agent(MARC)
    since = datetime.now(PARIS).date() - timedelta(days=40)
    page = f"/ops/echanges/{asked}"
    change = {"champ.since": str(since), "raison": "written late by them"}
    assert sarah.http.post(f"{page}/modifier", data=change).status_code == 200
    (edit,) = eventually(lambda: [one for one in rows(running, EDIT, asked=asked) if one["proposed_id"]])
    state = "SELECT state FROM hub.exchange WHERE exchange_id = %(number)s"
    proposed = edit["proposed_id"]
    decision = {"comment": "approuver", "raison": "compared with their letter"}
    # Its author lets nothing go, and without a second person no tick sends it.
    assert sarah.http.post(f"/ops/echanges/{proposed}/modification", data=decision).status_code == 409
    tick(hub, instance)
    assert value(running, state, number=proposed) == "proposed"
    assert marc.http.post(f"/ops/echanges/{proposed}/modification", data=decision).status_code == 200
    assert value(running, state, number=proposed) == "proposed"
    tick(hub, instance)
    eventually(lambda: value(running, state, number=proposed) == "settled")
    tick(hub, instance)
    assert [one["state"] for one in rows(running, EDIT, asked=asked)] == ["let_go"]
    assert value(running, "SELECT attempts FROM hub.exchange WHERE exchange_id = %(number)s", number=proposed) == 1
    known = "SELECT convert_from(record, 'UTF8') AS said FROM vault.journal_record"
    told = [one["said"] for one in rows(running, known) if str(proposed) in one["said"]]
    assert sum("edit_approved" in one for one in told) == 1
