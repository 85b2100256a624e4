"""Papers of one holder that are erased at the same time never wait for each other in a circle."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from uuid import UUID

import pytest

from hub.deposits.erasure import carry_out_erasure
from hub.requirements.catalogue import load
from orchestration.custody import worker_custody
from tests.journeys.doors import person_id, rows
from tests.system import Resident
from vault.crypto.holders import HolderKeys
from vault.standing import Purpose, standing

STATES = "SELECT document_id::text, state::text FROM vault.document WHERE holder_id = %(who)s"


@pytest.fixture
def together(monkeypatch):
    """Let two erasures come to the same place before either goes on, where they can."""
    meeting, rekey = Barrier(2), HolderKeys.rekey

    def meet_first(self, tx, holder_id):
        with suppress(BrokenBarrierError):
            meeting.wait(3)
        return rekey(self, tx, holder_id)

    monkeypatch.setattr(HolderKeys, "rekey", meet_first)


def bill(person: Resident, days_old: int) -> str:
    paper = person.system.papers().bill(person, days_old=days_old)
    found: str = person.hand_in_and_wait(paper, "application/pdf", kind="proof_of_address")["document"]
    return found


def test_two_erasures_of_one_holder_both_come_through(running, together):
    person = Resident(running).sign_in()
    papers = [bill(person, 10 + n) for n in range(3)]

    def erase(paper: str) -> None:
        with standing(purpose=Purpose.RETENTION):
            carry_out_erasure(custody, load(), UUID(paper))

    with worker_custody(running.running.layout) as custody, ThreadPoolExecutor(2) as pool:
        assert list(pool.map(erase, papers[:2])) == [None, None]
    states = {row["document_id"]: row["state"] for row in rows(running, STATES, who=person_id(person))}
    assert [states[paper] for paper in papers] == ["erased", "erased", "available"]
