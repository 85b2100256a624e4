"""Each part of custody killed at one exact step: what was acknowledged stays, what was not is whole or absent, lies are named.

The storms of the same (``make faults``, rows ``custody_*``) kill at any step.
"""

import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest

from orchestration.custody import worker_custody
from orchestration.stack import stack
from tests.faults import custody, lying, oracle, storms, workers
from tests.faults.storms import back_again, kill_whole, part_pid
from tests.journeys.doors import rows, value
from tests.system import Resident, System, eventually, start_system
from vault.reconciliation.sweeping import reconcile
from vault.standing import Purpose, standing

PDF = "application/pdf"
MINE = """SELECT document_id::text, state::text FROM vault.document JOIN hub.account a ON a.person_id = holder_id
          JOIN hub.civil_status c ON c.person_id = a.person_id WHERE family_name = %(name)s"""


@pytest.fixture(scope="module")
def system(tmp_path_factory) -> Iterator[System]:
    """A system of its own, whose parts are killed."""
    found = start_system(tmp_path_factory.mktemp("custody") / "state")
    yield found
    stack.down(found.running.layout)


def back(system: System, part: str, gone: int) -> None:
    back_again(system, part, gone)
    for other in custody.PARTS:
        part_pid(system, other)
    eventually(lambda: answers(system))


def answers(system: System) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{system.door_url}/health", timeout=5).status_code == 200
    return False


class Sending(threading.Thread):
    """A paper being handed in, whatever becomes of it."""

    def __init__(self, send: Callable[[], httpx.Response]) -> None:
        super().__init__(daemon=True)
        self.send, self.status = send, 0
        self.start()

    def run(self) -> None:
        with suppress(httpx.TransportError):
            self.status = self.send().status_code


def paper(system: System) -> tuple[Resident, bytes]:
    person = Resident(system).sign_in()
    return person, system.papers().bill(person)


def papers_of(person: Resident) -> dict[str, str]:
    found = rows(person.system, MINE, name=person.family_name.upper())
    return {row["document_id"]: row["state"] for row in found}


def whole_or_absent(person: Resident, content: bytes) -> None:
    """Check what an unacknowledged deposit left, and that handing in again ends with one paper, byte for byte."""
    assert len(papers_of(person)) <= 1
    again = custody.Told(person)
    custody.patiently(again, lambda: person.hand_in(content, PDF, key=secrets.token_hex(16)), 200, 201)
    assert again.surprises == []
    (document,) = papers_of(person)
    assert person.concluded(document)["state"] == "available"
    assert storms.downloaded(person.system, person) == {document: storms.digest(content)}


@pytest.mark.parametrize("part", ["door", "postgres"])
def test_a_part_dies_before_a_deposit_commits(system, part):
    person, content = paper(system)
    with custody.held_back(system, "hub.receipt") as reached:
        sending = Sending(lambda: person.hand_in(content, PDF))
        reached()
        gone = kill_whole(system, part)
    sending.join(timeout=60)
    back(system, part, gone)
    assert sending.status != 201
    whole_or_absent(person, content)


def test_the_door_dies_before_the_last_piece_commits(system):
    person, content = paper(system)
    content = custody.long(content)
    address = custody.begin(person, len(content)).headers["location"]
    assert custody.send(person, address, 0, content[:1_100_000]).status_code == 204
    with custody.held_back(system, "hub.receipt") as reached:
        sending = Sending(lambda: custody.send(person, address, 1_100_000, content[1_100_000:]))
        reached()
        gone = kill_whole(system, "door")
    sending.join(timeout=60)
    back(system, "door", gone)
    told = custody.Told(person)
    document = custody.go_on(told, address, content)
    assert (list(papers_of(person)), told.surprises) == ([document], [])
    person.concluded(document)
    assert storms.downloaded(system, person) == told.kept


def test_the_worker_dies_before_a_reading_commits(system):
    person, content = paper(system)
    with custody.held_back(system, "vault.finding") as reached:
        document = person.hand_in(content, PDF).json()["document"]
        reached()
        gone = kill_whole(system, "worker")
    back(system, "worker", gone)
    assert person.concluded(document)["state"] == "available"
    assert storms.downloaded(system, person) == {document: storms.digest(content)}


@pytest.mark.parametrize("part", ["worker", "objects"])
def test_a_part_dies_before_an_erasure_commits(system, part):
    person, content = paper(system)
    document = person.hand_in_and_wait(content, PDF)["document"]
    kept = person.hand_in_and_wait(system.papers().bill(person, days_old=70), PDF)["document"]
    with custody.held_back(system, "vault.destruction_certificate") as reached:
        assert person.http.delete(f"/v1/documents/{document}").status_code == 202
        reached()
        # In doubt, and refused already.
        assert person.http.post(f"/v1/documents/{document}/preview-tickets").status_code == 404
        gone = kill_whole(system, part)
    back(system, part, gone)
    eventually(lambda: papers_of(person).get(document) == "erased")
    assert list(storms.downloaded(system, person)) == [kept]
    done = "SELECT count(*) FROM vault.destruction_certificate WHERE document_id = %(id)s"
    assert value(system, done, id=document) == 1


def test_a_rotation_dies_and_is_taken_up(system):
    person, content = paper(system)
    document = person.hand_in_and_wait(content, PDF)["document"]
    with custody.held_back(system, "vault.holder_key", login=custody.OWNER) as reached:
        rotating: subprocess.Popen[bytes] = custody.rotation(system)
        reached()
        rotating.kill()
        rotating.wait()
    assert storms.downloaded(system, person) == {document: storms.digest(content)}
    verdict = oracle.Verdict()
    custody.rotate_to_the_end(system, verdict)
    assert verdict.unexplained == []
    assert storms.downloaded(system, person) == {document: storms.digest(content)}


def test_the_sequencer_dies_between_leaf_and_head(system):
    with custody.held_back(system, "vault.journal_head") as reached:
        Resident(system).sign_in()
        reached()
        gone = kill_whole(system, "worker")
    back(system, "worker", gone)
    eventually(lambda: not rows(system, "SELECT 1 FROM vault.journal_pending"))
    verdict = oracle.Verdict()
    oracle.journal(system, verdict)
    assert verdict.unexplained == []


def test_everything_comes_to_rest_and_nothing_is_left_over(system):
    eventually(lambda: workers.settled(system))
    assert oracle.judge(system).holds
    with standing(purpose=Purpose.SAFETY), worker_custody(system.running.layout) as parts:
        for _ in range(2):
            done = reconcile(parts, age=timedelta(0), grace=timedelta(0))
    assert (done.orphans, done.missing) == (0, ())


@pytest.fixture(scope="module")
def shelf(system) -> lying.Shelf:
    """Two papers in a store that will lie."""
    return lying.shelf(system)


@pytest.mark.parametrize("lie", lying.LIES)
def test_a_lie_of_the_store_is_refused_and_named(shelf, lie):
    assert lying.undetected(shelf, lie, "viewing_copy") == []


@pytest.mark.parametrize("lie", ["missing", "swapped", "truncated"])
def test_a_lie_about_an_original_is_named(shelf, lie):
    assert lying.undetected(shelf, lie, "original") == []


def test_a_wrapped_key_of_before_a_re_keying_is_named(shelf):
    assert lying.old_version(shelf) == []
