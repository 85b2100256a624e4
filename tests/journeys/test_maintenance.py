"""While there is maintenance: what writes is refused politely, what reads goes on, the worker takes nothing new."""

import uuid

import psycopg
import pytest

from orchestration import maintaining
from orchestration.agents import database
from tests.journeys.doors import assert_problem, rows
from tests.system import eventually

JOB = """INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, priority, args)
         VALUES ('find_childhood', 'find_childhood', 0, jsonb_build_object('adult_id', %s::text)) RETURNING id"""


@pytest.fixture
def closed(running):
    """The system under maintenance, as every process of it knows."""
    with database(running.running.layout, told=False) as db:
        maintaining.turn_on(db, "a test of it", minutes=10)
        try:
            yield db
        finally:
            maintaining.turn_off(db)


def refused(resident):
    answer = resident.hand_in(b"%PDF-1.4 nothing", "application/pdf")
    return answer if answer.status_code == 503 else None


def test_writing_is_refused_reading_goes_on_and_both_are_told_when_to_come_back(resident, closed):
    somebody = resident()
    answer = eventually(lambda: refused(somebody))
    assert_problem(answer, "maintenance")
    assert 30 <= int(answer.headers["retry-after"]) <= 600
    assert somebody.http.get("/v1/documents").status_code == 200
    maintaining.turn_off(closed)
    eventually(lambda: refused(somebody) is None)


def test_a_parent_reads_a_page_in_french(resident, closed):
    somebody = resident()
    eventually(lambda: refused(somebody))
    page = somebody.http.post("/deposer", headers={"accept": "text/html"}, files={"paper": b"x"})
    assert page.status_code == 503
    assert "Une mise à jour est en cours" in page.text


def test_the_worker_takes_nothing_new_and_goes_on_afterwards(running, resident, closed):
    somebody = resident()
    eventually(lambda: refused(somebody))
    assert maintaining.wait_drained(closed, patience=60)
    with psycopg.connect(running.owner_dsn()) as owner:
        owner.execute("SET search_path = jobs")
        (job,) = owner.execute(JOB, [uuid.uuid4()]).fetchone()
    waits = "SELECT 1 FROM jobs.procrastinate_jobs WHERE id = %(job)s AND status = 'todo' AND attempts = 0"
    assert rows(running, waits, job=job)
    maintaining.turn_off(closed)
    eventually(lambda: not rows(running, waits, job=job))


def test_it_is_in_the_journal_and_said_once(running, closed):
    assert not maintaining.turn_on(closed, "again", minutes=1)
    assert "under maintenance" in maintaining.look(closed).words()
    acts = "SELECT count(*) AS n FROM vault.journal_entry WHERE act = 'maintain'"
    before = rows(running, acts)[0]["n"]
    assert maintaining.turn_off(closed)
    assert not maintaining.turn_off(closed)
    assert rows(running, acts)[0]["n"] == before + 1
