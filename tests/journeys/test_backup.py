"""Backup, erase, restore into an empty system: the erased paper stays unreadable and says so, the rest is all there."""

import json
import shutil
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from orchestration.backup.dumping import EXTENSIONS, LEFT_OUT
from orchestration.backup.taking import keys_file
from orchestration.cli import app
from orchestration.stack import stack
from orchestration.stack.errors import StackError
from orchestration.stack.layout import Layout
from tests.journeys.agents import CLAIRE, UNSURE, Agent, family_in_doubt
from tests.journeys.doors import assert_problem, rows, value
from tests.system import Resident, eventually, start_system

PDF = "application/pdf"
NOTES = "SELECT place FROM vault.kept_value WHERE place LIKE 'note\\_%%'"


def command(*words: str | Path) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def refused(*words: str | Path) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code != 0, done.output
    return str(done.exception)


def erased(holder: Resident, paper: str) -> None:
    assert holder.http.delete(f"/v1/documents/{paper}").status_code == 202
    eventually(lambda: holder.http.get(f"/v1/documents/{paper}").json()["state"] == "erased")


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A system that was backed up, in which a paper was erased afterwards, and which was then lost."""
    folder = tmp_path_factory.mktemp("backup")
    system = start_system(folder / "first")
    try:
        person = Resident(system).sign_in()
        content = system.papers().bill(person)
        kept = person.hand_in_and_wait(content, PDF, kind="proof_of_address")["document"]
        gone = person.hand_in_and_wait(system.papers().bill(person, days_old=80), PDF, kind="proof_of_address")[
            "document"
        ]
        parent, review = family_in_doubt(system)
        Agent(system, CLAIRE).sign_in().decide(review, UNSURE | {"note": "à voir à deux"})
        doubted = value(system, "SELECT document_id FROM hub.review WHERE review_id = %(r)s", r=review)
        assert rows(system, NOTES)
        command("backup-keygen", folder)
        command("backup", folder / "b", "--to", folder / "backup.public.json", "--state", folder / "first")
        erased(person, gone)
        erased(parent, doubted)
    finally:
        stack.down(system.running.layout)
    return folder, person, kept, gone


def empty(folder: Path, name: str) -> Path:
    """A state folder that holds only what no backup holds: the keys, and what plays the outside."""
    state = folder / name
    state.mkdir(mode=0o700)
    for part in ("keys", "sandbox"):
        shutil.copytree(folder / "first" / part, state / part)
    # The same addresses: an account is known by its provider's.
    (state / "run").mkdir(mode=0o700)
    shutil.copy(folder / "first" / "run" / "ports.json", state / "run")
    return state


@pytest.fixture(scope="module")
def restored(story):
    """The system brought back elsewhere."""
    folder, person, kept, gone = story
    state = empty(folder, "second")
    log = folder / "first" / "erasures.log"
    said = command(
        "restore", folder / "b", "--key", folder / "backup.private.json", "--erasures", log, "--state", state
    )
    system = start_system(state)
    again = Resident(system, family_name=person.family_name, given_name=person.given_name).sign_in()
    yield system, again, kept, gone, said
    stack.down(system.running.layout)


def looked_at(person: Resident, paper: str) -> httpx.Response:
    ticket = person.http.post(f"/v1/documents/{paper}/preview-tickets")
    return httpx.get(ticket.json()["href"]) if ticket.status_code == 201 else ticket


@pytest.mark.slow
def test_the_erased_paper_is_unreadable_and_says_so(restored):
    _, person, _, gone, said = restored
    assert "2 erasures replayed" in said
    assert person.http.get(f"/v1/documents/{gone}").json()["state"] == "erased"
    assert_problem(looked_at(person, gone), "not-found")
    assert person.http.get(f"/v1/documents/{gone}/destruction-certificate").status_code == 200


def test_the_other_paper_opens(restored):
    _, person, kept, _, _ = restored
    assert looked_at(person, kept).content.startswith(b"%PDF-")


def test_no_key_of_the_erased_paper_came_back(restored):
    system, _, _, gone, _ = restored
    (row,) = rows(system, "SELECT * FROM vault.document WHERE document_id = %(id)s", id=gone)
    assert (row["wrapped_key"], row["sealed_facts"]) == (None, None)
    generations = "SELECT generation FROM vault.holder_key WHERE holder_id = %(id)s"
    assert [key["generation"] for key in rows(system, generations, id=row["holder_id"])] == [2]


def test_what_an_agent_noted_about_an_erased_paper_did_not_come_back(restored):
    assert rows(restored[0], NOTES) == []


def test_the_audit_and_the_journal_hold(restored):
    system, person, _, _, _ = restored
    person.hand_in_and_wait(system.papers().bill(person, days_old=3), PDF, kind="proof_of_address")
    state = system.running.layout.state
    assert "the vault holds: 3 documents, 6 objects" in command("vault", "audit", "--all", "--state", state)
    assert "the journal holds" in command("journal", "verify", "--state", state)


def test_what_opens_a_door_is_in_no_backup_and_what_the_database_needs_is(restored):
    system, *_ = restored
    tickets = """SELECT DISTINCT table_schema || '.' || table_name AS name FROM information_schema.columns
                 WHERE column_name IN ('token_digest', 'ticket_digest')"""
    assert {row["name"] for row in rows(system, tickets)} <= set(LEFT_OUT)
    named = rows(system, "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'")
    assert {row["extname"] for row in named} == set(EXTENSIONS)


def test_no_backup_holds_a_master_key_and_nobody_reads_it_without_the_offline_key(story):
    folder, *_ = story
    master = json.loads((folder / "first" / "keys" / "master.private.json").read_text())
    for file in (folder / "b", keys_file(folder / "b")):
        content = file.read_bytes()
        assert b"PGDMP" not in content
        assert json.dumps(master)[:60].encode() not in content
        assert file.stat().st_mode & 0o077 == 0


def test_what_cannot_end_well_is_refused_before_anything_is_touched(story):
    folder, *_ = story
    ordered = ("restore", folder / "b", "--key", folder / "backup.private.json")
    bare = folder / "bare"
    assert "no master key" in refused(*ordered, "--no-erasures", "--state", bare)
    keyed = empty(folder, "keyed")
    assert "log of erasures" in refused(*ordered, "--state", keyed)
    assert "not empty" in refused(*ordered, "--no-erasures", "--state", folder / "first")
    assert not (keyed / "postgres").exists()


def test_a_changed_file_or_dead_keys_are_refused(story, tmp_path):
    folder, *_ = story
    broken = tmp_path / "b"
    shutil.copy(folder / "b", broken)
    shutil.copy(keys_file(folder / "b"), keys_file(broken))
    content = bytearray(broken.read_bytes())
    content[-50] ^= 1
    broken.write_bytes(content)
    ordered = ("restore", broken, "--key", folder / "backup.private.json", "--no-erasures")
    assert "does not open" in refused(*ordered, "--state", empty(folder, "third"))
    line = keys_file(folder / "b").read_bytes()
    keys_file(broken).write_bytes(line.replace(b'"expires_on": "20', b'"expires_on": "19', 1))
    assert "died" in refused(*ordered, "--state", folder / "third")


def test_no_door_opens_on_half_a_restore(story):
    folder, *_ = story
    state = empty(folder, "half")
    (state / "restoring").touch()
    with pytest.raises(StackError, match="did not come to its end"):
        stack.up(Layout(state), env={"UNEFOIS_PROFILE": "test", "UNEFOIS_PIPELINES": "false"}, tied=True)
