"""The command that judges a connector says what each case came to, and never that a case passed which was not run."""

import json

from typer.testing import CliRunner

from orchestration.cli import app


def conform(*arguments: str):
    return CliRunner().invoke(app, ["connector", "conform", *arguments, "--fuzz", "20"])


def test_a_connector_is_judged_as_json():
    done = conform("caisse-rpc", "--json")
    told = json.loads(done.output)
    statuses = {one["case"]: one["status"] for one in told["cases"]}
    assert (done.exit_code, told["level"], statuses["C04"], statuses["C07"]) == (0, "bronze", "passed", "not_run")


def test_one_that_the_kit_does_not_know_is_said():
    assert conform("nobody").exit_code == 1
