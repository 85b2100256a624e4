"""What was not scanned is not released; once a scanner answers again, the same paper is read to its end."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.custody import rescan
from orchestration.stack import stack
from orchestration.stack.places import Places
from tests.assets.daemons import pretended, saying
from tests.assets.pdfs import pages
from tests.journeys.doors import assert_problem, rows
from tests.system import Resident, System, eventually

PDF = "application/pdf"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Path]]:
    """A system of its own whose worker is told of a daemon that is not there yet."""
    folder = tmp_path_factory.mktemp("scanned")
    layout = stack.Layout(folder / "state")
    place = folder / "clamd.sock"
    env = {"UNEFOIS_PROFILE": "test", "UNEFOIS_PIPELINES": "false", "UNEFOIS_CLAMD_SOCKET": str(place)}
    system = System(stack.up(layout, env=env, tied=True, timeout=120), Places.recorded(layout))
    yield system, place
    stack.down(layout)


def findings(system: System, document: str) -> list[tuple[str, str, str]]:
    statement = """SELECT outcome, reason, rule_version FROM vault.finding
                   WHERE document_id = %(id)s AND step = 'scan.clamd' ORDER BY decided_at"""
    return [(row["outcome"], row["reason"], row["rule_version"]) for row in rows(system, statement, id=document)]


def handed_in(person: Resident) -> str:
    found = person.hand_in_and_wait(pages(1) + b"% " + os.urandom(8).hex().encode(), PDF)
    assert (found["state"], found["reason"]) == ("quarantined", "not_scanned")
    return str(found["document"])


def ended(person: Resident, document: str, *, reason: str) -> str:
    def look() -> str | None:
        found = person.http.get(f"/v1/documents/{document}").json()
        return str(found["state"]) if found["reason"] == reason else None

    return str(eventually(look))


def test_without_a_scanner_nothing_is_released(scanned: tuple[System, Path]) -> None:
    system, _ = scanned
    person = Resident(system).sign_in()
    document = handed_in(person)
    assert_problem(person.http.post(f"/v1/documents/{document}/preview-tickets"), "not-found")
    assert findings(system, document) == [("inconclusive", "not_scanned", "clamd, no answer")]
    (row,) = rows(system, "SELECT count(*) AS copies FROM vault.viewing_copy WHERE document_id = %(id)s", id=document)
    assert row["copies"] == 0


def test_a_second_try_is_due_by_itself(scanned: tuple[System, Path]) -> None:
    system, _ = scanned
    document = handed_in(Resident(system).sign_in())
    (job,) = rows(
        system,
        """SELECT scheduled_at FROM jobs.procrastinate_jobs
           WHERE task_name = 'rescan_document' AND args->>'document_id' = %(id)s""",
        id=document,
    )
    assert 60 < (job["scheduled_at"] - datetime.now(UTC)).total_seconds() < 300


@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [
        (b"stream: OK", "available", "read"),
        (b"stream: Made.Up.Virus FOUND", "quarantined", "malware"),
        (b"stream: Heuristics.Limits.Exceeded FOUND", "quarantined", "not_scanned"),
    ],
)
def test_a_scanner_that_comes_back_decides(scanned: tuple[System, Path], word: bytes, state: str, reason: str) -> None:
    system, place = scanned
    person = Resident(system).sign_in()
    document = handed_in(person)
    with pretended(saying(word), place):
        assert rescan(system.running.layout) >= 1
        eventually(lambda: len(findings(system, document)) == 2)
        assert ended(person, document, reason=reason) == state
    first, second = findings(system, document)
    assert first[2] == "clamd, no answer"
    assert second[2].startswith("ClamAV 1.4.6/27000/")


def test_a_paper_sent_again_meanwhile_is_kept_once(scanned: tuple[System, Path]) -> None:
    system, place = scanned
    person = Resident(system).sign_in()
    content = pages(1) + b"% " + os.urandom(8).hex().encode()
    first = person.hand_in_and_wait(content, PDF)["document"]
    with pretended(saying(b"stream: OK"), place):
        second = person.hand_in_and_wait(content, PDF)
        assert (second["state"], second["document"] != first) == ("available", True)
        rescan(system.running.layout)
        assert ended(person, first, reason="already_held") == "unusable"
