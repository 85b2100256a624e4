"""« unefois status » of a running system: everything was asked, and what it says can be read by a programme."""

import json

from typer.testing import CliRunner

from hub.watching.alerts import Wrong, end_alerts, raise_alert
from hub.watching.gauges import BOUNDS
from orchestration.agents import database
from orchestration.cli import app
from vault.bootstrap import utc_now


def status(running, *words: str):
    return CliRunner().invoke(app, ["status", *words, "--state", str(running.running.layout.state)])


def test_everything_is_asked_and_an_alert_is_the_next_thing_to_do(running):
    cause = "run:made-up:city:Nothing"
    with database(running.running.layout, told=False) as db:
        with db.transaction() as tx:
            raise_alert(tx, Wrong(cause, "run-failed"), now=utc_now())
        done = status(running, "--json")
        with db.transaction() as tx:
            end_alerts(tx, [cause], now=utc_now())
    told = json.loads(done.output)
    assert (done.exit_code, told["well"], told["unasked"]) == (1, False, {})
    assert {one["what"] for one in told["waits"]} == BOUNDS.keys()
    assert {"postgres", "door", "worker"} <= {one["name"] for one in told["parts"]}
    assert f"{cause}: docs/operations.md#run-failed" in told["next"]
    assert "→" in status(running).output
