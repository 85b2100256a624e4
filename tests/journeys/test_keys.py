"""One process, one key right, seen on the processes that run; and a rotation while residents hand in and look."""

import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from orchestration.keys import rotate_one_machine
from orchestration.stack.environment import pipelines
from orchestration.stack.state import read_state
from tests.journeys.doors import rows, value
from tests.system import Resident, System, eventually
from vault.bootstrap import custody, head_signer
from vault.crypto.errors import KeyRightMissing
from vault.documents.custody import Custody
from vault.documents.opening import open_original
from vault.settings import VaultSettings
from vault.standing import Purpose, standing

OPENS = {"release", "worker"}
SECRETS = {
    "master.private.json": OPENS,
    "duplicate.key": {"door", "worker"},
    "records.pem": {"door", "worker"},
    "journal.pem": {"worker"},
    "tokens.jwks.json": {"release"},
}
PROCESSES = ("door", "release", "worker", "dagster-code")


@pytest.fixture(scope="module")
def told(running: System) -> dict[str, dict[str, str]]:
    """What each process that runs was told, from the kernel."""
    state = read_state(running.running.layout)
    assert state is not None
    lines = {part.name: part.lifeline for part in state.parts if part.lifeline is not None}
    found = {name: _environment(line.pid) for name, line in lines.items() if name in PROCESSES}
    # Dagster is not part of this system; this is what it would be told.
    return {"dagster-code": pipelines("test", running.places, running.stores)} | found


def _environment(pid: int) -> dict[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(entry.decode().split("=", 1) for entry in entries if b"=" in entry)


def _as(process: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> VaultSettings:
    for name, told_value in process.items():
        monkeypatch.setenv(name, told_value)
    return VaultSettings()


@pytest.fixture
def paper(running: System) -> str:
    """A paper that was handed in and read."""
    resident = Resident(running).sign_in()
    found = resident.hand_in_and_wait(running.papers().bill(resident), "application/pdf")
    document: str = found["document"]
    # Looked at once: the release door is shown a key for a committed entry that names the paper.
    ticket = resident.http.post(f"/v1/documents/{document}/preview-tickets").json()
    assert resident.http.get(ticket["href"]).status_code == 200
    return document


@pytest.mark.parametrize("process", PROCESSES)
def test_only_those_that_read_or_release_can_open(
    running: System, told: dict[str, Any], paper: str, process: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = custody(_as(told[process], monkeypatch), pool_size=1)
    # So that rows are no reason: the keys alone tell who opens. Pipelines are shown no paper at all.
    shown = {"person": holder_of(running, paper), "purpose": Purpose.AUDIT, "entry": look_at(running, paper)}
    try:
        if process in OPENS:
            with standing(**shown):
                assert open_original(mine, paper).startswith(b"%PDF-")  # type: ignore[arg-type]  # a document by its number
        else:
            refusals = rf"KeyRightMissing|InsufficientPrivilege|holds no key that opens|{paper}"
            with standing(**shown), pytest.raises(Exception, match=refusals):
                open_original(mine, paper)  # type: ignore[arg-type]  # a document by its number
            _cannot_unwrap(mine)
    finally:
        mine.db.close()


def holder_of(running: System, paper: str) -> UUID:
    """Whose a paper is."""
    (row,) = rows(running, "SELECT holder_id FROM vault.document WHERE document_id = %(id)s", id=paper)
    found: UUID = row["holder_id"]
    return found


def look_at(running: System, paper: str) -> UUID:
    """The journal's entry of a look at a paper."""
    statement = """SELECT entry_id FROM vault.journal_entry JOIN vault.journal_record USING (entry_id)
                   WHERE act = 'release' AND document_id = %(id)s LIMIT 1"""
    found: UUID = value(running, statement, id=paper)
    return found


def _cannot_unwrap(mine: Custody) -> None:
    with pytest.raises(KeyRightMissing):
        mine.keys._master.unwrap(b"anything", b"")


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_is_told_to_those_whose_right_it_is(told: dict[str, dict[str, str]], name: str) -> None:
    assert {process for process, env in told.items() if any(name in value for value in env.values())} == SECRETS[name]


@pytest.mark.parametrize("process", ["door", "release", "dagster-code"])
def test_only_the_worker_signs_the_journal(told: dict[str, Any], process: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="VAULT_JOURNAL_SIGNING_KEY"):
        head_signer(_as(told[process], monkeypatch))


@pytest.mark.parametrize("process", ["door", "dagster-code"])
def test_no_file_they_are_told_of_opens_anything(told: dict[str, dict[str, str]], process: str) -> None:
    for named in told[process].values():
        file = Path(named)
        if named.startswith("/") and file.is_file():
            assert b"HpkePrivateKey" not in file.read_bytes()


def test_master_key_rotates_while_residents_hand_in_and_look(running: System) -> None:
    stop, faults, done = threading.Event(), [], []

    def live() -> None:
        while not stop.is_set():
            try:
                somebody = Resident(running).sign_in()
                found = somebody.hand_in_and_wait(running.papers().bill(somebody), "application/pdf")
                assert found["state"] == "available", found
                done.append(_looks(somebody, found["document"]))
            except Exception as error:  # noqa: BLE001 - whatever it is, the test fails over it
                faults.append(repr(error))

    threads = [threading.Thread(target=live) for _ in range(2)]
    for thread in threads:
        thread.start()
    moved = []
    for looked_at in (2, 4, 6):
        # Somebody before, between and after.
        eventually(lambda n=looked_at: faults or len(done) >= n, within=180)
        moved += [rotate_one_machine(running.running.layout, grace=1)] if looked_at < 6 else []
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults
    assert moved[0] > 0
    assert len(done) >= 6
    assert set(done) == {200}


def _looks(somebody: Resident, document: str) -> int:
    # Read, and a moment later evidence, which is what one may look at.
    way = f"/v1/documents/{document}/preview-tickets"
    href = eventually(lambda: somebody.http.post(way).json().get("href"))
    return httpx.get(href, timeout=10).status_code


def test_rotation_is_in_the_journal_and_partners_secrets_moved_with_it(running: System) -> None:
    rotate_one_machine(running.running.layout, grace=0)
    with psycopg.connect(running.owner_dsn()) as owner:
        assert owner.execute("SELECT count(*) FROM vault.journal_entry WHERE act = 'rotate'").fetchone()[0] >= 1
        held = owner.execute(
            "SELECT count(DISTINCT substring(w, 1, 5)) FROM ("
            " SELECT wrapped_private w FROM vault.holder_key UNION ALL"
            " SELECT webhook_secret_wrapped FROM hub.partner WHERE webhook_secret_wrapped IS NOT NULL) AS all_wrapped"
        ).fetchone()
        assert held == (1,)
