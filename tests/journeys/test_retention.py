"""What must go goes on its day and no sooner: papers by the catalogue, journal records after 36 months; twice is once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

import vault.journal.entries
from contracts.identifiers import new_uuid
from hub.deposits.retention import ask_expiries, expire_due
from hub.requirements.catalogue import load
from orchestration.custody import place, worker_custody
from tests.journeys.doors import rows, value
from tests.journeys.test_erasure import journal
from tests.system import Resident, eventually
from vault.journal.entries import append
from vault.journal.forgetting import forget_old_records
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.standing import Purpose, standing

PDF = "application/pdf"
STATE = "SELECT state::text FROM vault.document WHERE document_id = %(id)s"
WORKER = Actor(ActorKind.PROCESS, "worker")


@pytest.fixture
def custody(running):
    with worker_custody(running.running.layout) as found:
        yield found


def bill(person: Resident, days_old: int = 20) -> str:
    paper = person.system.papers().bill(person, days_old=days_old)
    return person.hand_in_and_wait(paper, PDF, kind="proof_of_address")["document"]


def aged(running, paper: str, days: int) -> None:
    rows(running, "UPDATE vault.document SET received_at = received_at - %(age)s WHERE document_id = %(id)s",
         id=paper, age=timedelta(days=days))  # fmt: skip


def test_a_paper_that_served_nothing_for_two_years_goes_and_a_second_run_finds_nothing(running, custody):
    person = Resident(running).sign_in()
    old, young = bill(person), bill(person, days_old=50)
    aged(running, old, 740)
    aged(running, young, 700)
    assert expire_due(custody, load()) == 1
    assert expire_due(custody, load()) == 0
    assert [value(running, STATE, id=paper) for paper in (old, young)] == ["expired", "available"]
    certificate = person.http.get(f"/v1/documents/{old}/destruction-certificate").json()["certificate"]
    assert certificate["cause"] == "retention_over"
    assert person.http.get(f"/v1/documents/{old}").json()["state"] == "expired"


def test_dagster_asks_and_the_worker_destroys(running, custody):
    person = Resident(running).sign_in()
    old = bill(person)
    aged(running, old, 740)
    assert ask_expiries(custody, load()) == 1
    eventually(lambda: value(running, STATE, id=old) == "expired")


def test_a_legal_hold_outlasts_retention(running, custody):
    old = bill(Resident(running).sign_in())
    aged(running, old, 740)
    place(running.running.layout, old, "TJ-75-2026-7")
    assert expire_due(custody, load()) == 0
    assert value(running, STATE, id=old) == "held"


def test_the_database_refuses_an_end_the_table_does_not_have(running):
    paper = bill(Resident(running).sign_in())
    place(running.running.layout, paper, "TJ-75-2026-8")
    with pytest.raises(Exception, match="cannot go from held to erased"):
        rows(running, "UPDATE vault.document SET state = 'erased' WHERE document_id = %(id)s", id=paper)


class OldClock(datetime):
    """What the journal's clock showed three years and some days ago."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) - timedelta(days=3 * 366 + 5)


@standing(purpose=Purpose.RETENTION)
def test_records_older_than_36_months_go_and_the_tree_still_verifies(running, custody, monkeypatch):
    subject = new_uuid()
    with monkeypatch.context() as patch, custody.db.transaction() as tx:
        patch.setattr(vault.journal.entries, "datetime", OldClock)
        old = append(tx, JournalEntry(JournalAct.VIEW, WORKER, subjects=(subject,)))
    with custody.db.transaction() as tx:
        young = append(tx, JournalEntry(JournalAct.VIEW, WORKER, subjects=(subject,)))
    with custody.db.transaction() as tx:
        assert forget_old_records(tx, now=datetime.now(UTC)) >= 1
    with custody.db.transaction() as tx:
        assert forget_old_records(tx, now=datetime.now(UTC)) == 0
    left = "SELECT entry_id FROM vault.journal_record WHERE %(who)s = ANY (subjects)"
    assert [row["entry_id"] for row in rows(running, left, who=subject)] == [young]
    entries = "SELECT count(*) FROM vault.journal_entry WHERE entry_id IN (%(old)s, %(young)s)"
    assert value(running, entries, old=old, young=young) == 2
    report = eventually(lambda: (found := journal(running)).waiting == 0 and found)
    assert report.holds, report.fault


@standing(purpose=Purpose.RETENTION)
def test_a_clock_set_forward_lets_nothing_go_early(running, custody):
    Resident(running).sign_in()
    ahead = datetime.now(UTC) + timedelta(days=4 * 366)
    with pytest.raises(IntegrityError, match="stays 36 months"), custody.db.transaction() as tx:
        forget_old_records(tx, now=ahead)
