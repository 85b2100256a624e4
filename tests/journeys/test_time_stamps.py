"""Heads of the journal under time-stamps that a local authority really makes; whoever has both needs nobody else."""

import io
import json
import shutil
import subprocess
import zipfile

import httpx
import pytest
from dagster import DagsterInstance
from typer.testing import CliRunner

from connectors.sandbox.provisioning import STAMP_POLICY
from connectors.time_stamps.tokens import Trust, verify_token
from orchestration.cli import app
from orchestration.pipelines import resources
from orchestration.pipelines.definitions import defs
from tests.journeys.doors import assert_problem, rows
from tests.journeys.test_export import downloaded
from tests.piping import as_pipelines
from tests.system import Resident, eventually


def command(running, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["journal", *words, "--state", str(running.running.layout.state)])
    return done.exit_code, done.output


def newer_head(running) -> None:
    """Wait until a head is signed that nobody stamped."""
    before = rows(running, "SELECT max(tree_size) AS size FROM vault.journal_head")[0]["size"] or 0
    Resident(running).sign_in()
    sizes = "SELECT 1 FROM vault.journal_head WHERE tree_size > %(before)s"
    eventually(lambda: rows(running, sizes, before=before))


def misbehave(running, kind: str) -> None:
    order = {"target": "time-stamps", "kind": kind}
    assert httpx.post(f"{running.sandbox_url}/sandbox/faults", json=order).status_code == 204


@pytest.fixture
def root(running):
    return running.places.sandbox / "time-stamps" / "root.pem"


def test_a_head_is_stamped_published_and_checked_by_openssl(running, root, tmp_path):
    newer_head(running)
    code, words = command(running, "stamp")
    assert (code, "is stamped" in words) == (0, True)
    note = httpx.get(f"{running.release_url}/journal/checkpoints/stamped").text
    size = note.splitlines()[1]
    (tmp_path / "head").write_text(note, encoding="utf-8")
    (tmp_path / "head.tst").write_bytes(httpx.get(f"{running.release_url}/journal/checkpoints/{size}/stamp").content)
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    told = ["openssl", "ts", "-verify", "-data", "head", "-in", "head.tst", "-token_in", "-CAfile", str(root)]
    done = subprocess.run(told, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert "Verification: OK" in done.stdout + done.stderr


def test_all_time_stamps_are_verified_with_the_journal_and_from_a_folder(running, tmp_path):
    newer_head(running)
    assert command(running, "stamp")[0] == 0
    code, words = command(running, "verify")
    assert (code, "stamped by an authority" in words) == (0, True)
    assert command(running, "stamps", str(tmp_path))[0] == 0
    assert command(running, "verify", "--stamps", str(tmp_path))[0] == 0
    newest = max(tmp_path.glob("*.tst"), key=lambda path: int(path.stem))
    newest.write_bytes(min(tmp_path.glob("*.head")).read_bytes())
    assert command(running, "verify", "--stamps", str(tmp_path))[0] == 1


def test_a_resident_leaves_with_what_dates_their_history(running, root):
    person = Resident(running).sign_in()
    person.child()
    newer_head(running)
    assert command(running, "stamp")[0] == 0
    archive = zipfile.ZipFile(io.BytesIO(downloaded(person).content))
    told = json.loads(archive.read("manifest.json"))
    assert told["stamps"]
    notes = {archive.read(path.replace(".tst", ".head")).decode(): archive.read(path) for path in told["stamps"]}
    for note, token in notes.items():
        verify_token(token, note.encode(), Trust.read(STAMP_POLICY, root))
    under = {json.loads(archive.read(path))["checkpoint"] for path in told["proofs"]}
    assert notes.keys() <= under


@pytest.mark.parametrize(
    ("kind", "error"),
    [("500", "StampsUnavailable"), ("garbage", "StampMalformed"), ("wrong_nonce", "StampOfOtherRequest")],
)
def test_what_the_authority_does_wrong_is_told_and_kept_nowhere(running, kind, error):
    newer_head(running)
    misbehave(running, kind)
    before = rows(running, "SELECT count(*) AS many FROM vault.journal_stamp")
    code, words = command(running, "stamp")
    assert (code, error in words) == (1, True)
    assert rows(running, "SELECT count(*) AS many FROM vault.journal_stamp") == before


def test_the_night_stamps_once_a_day_and_fails_visibly_where_nobody_answers(running, monkeypatch):
    newer_head(running)
    with (
        as_pipelines(running) as hub,
        DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance,
    ):

        def ran(job: str):
            return defs.resolve_job_def(job).execute_in_process(
                instance=instance, resources={"hub": hub}, raise_on_error=False
            )

        with monkeypatch.context() as patch:
            patch.setattr(resources, "STAMPED_FOR", resources.STAMPED_FOR * 0)
            misbehave(running, "500")
            (event,) = ran("stamp_journal").filter_events(lambda event: event.is_step_failure)
            assert event.step_failure_data.user_failure_data.metadata["error"].value == "StampsUnavailable"
            assert ran("stamp_journal").get_asset_materialization_events()
        newer_head(running)
        assert ran("stamp_journal").get_asset_materialization_events() == []
        (dated,) = ran("verify_journal").get_asset_check_evaluations()
        assert (dated.check_name, dated.passed) == ("dated", True)


def test_a_head_without_a_time_stamp_has_none(running):
    assert_problem(httpx.get(f"{running.release_url}/journal/checkpoints/999999999/stamp"), "not-found")
