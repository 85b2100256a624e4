"""A paper whose reading fails for good is set aside and says so; outages cost it nothing, and it can be taken up again."""

from datetime import timedelta

import pytest
from procrastinate.jobs import Job as DeferredJob
from sqlalchemy import text

from contracts.documents import DocumentState
from hub.web.words import state_sentence
from orchestration.custody import rescan, worker_custody
from orchestration.stack import stack
from orchestration.stack.doctor import Level, examine
from orchestration.tries import DEATHS, FAILURES, JobFailed, Patience, StoreAway, Tries
from tests.faults import workers
from tests.journeys.doors import rows, value
from tests.system import Resident, System, eventually
from vault.errors import DatabaseUnavailable
from vault.jobs import Job, forget_jobs
from vault.standing import Purpose, standing
from vault.storage.errors import StoreUnavailable
from vault.troubles import note_failure

PDF = "application/pdf"
STATE = "SELECT state::text || ' ' || state_reason FROM vault.document WHERE document_id = %(id)s"


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """A system whose worker never comes up: what it would do is done here, a step at a time."""
    system = workers.start_workerless(tmp_path_factory.mktemp("given-up") / "state")
    with standing(purpose=Purpose.SAFETY), worker_custody(system.running.layout) as custody:
        yield system, custody
    stack.down(system.running.layout)


def handed_in(system: System) -> tuple[Resident, str]:
    person = Resident(system).sign_in()
    return person, person.hand_in(system.papers().bill(person), PDF).json()["document"]


def job_of(system: System, document: str, *, attempts: int = 0) -> DeferredJob:
    """The job that waits for a document, as the worker is given it."""
    statement = "SELECT id, task_name, args FROM jobs.procrastinate_jobs WHERE args->>'document_id' = %(id)s"
    (row,) = rows(system, statement, id=document)
    return DeferredJob(
        id=row["id"], queue=row["task_name"], lock=None, queueing_lock=None, task_name=row["task_name"],
        task_kwargs=row["args"], attempts=attempts,
    )  # fmt: skip


def fail(error: Exception):
    def work(_: object) -> None:
        raise error

    return work


def tried(custody, job: DeferredJob, document: str, error: Exception) -> JobFailed:
    with pytest.raises(JobFailed) as caught:
        Tries(custody).run(job, Job(job.task_name), fail(error), document)
    return caught.value


def test_after_so_many_failures_it_is_set_aside_and_says_so(still):
    system, custody = still
    person, document = handed_in(system)
    job = job_of(system, document)
    waits = [tried(custody, job, document, RuntimeError("never told")).again_in for _ in range(FAILURES)]
    assert waits[:3] == [timedelta(seconds=3), timedelta(seconds=9), timedelta(seconds=27)]
    assert waits[-1] is None
    shown = person.http.get(f"/v1/documents/{document}").json()
    assert (shown["state"], shown["reason"]) == ("quarantined", "given_up")
    assert "Le problème vient de nos services" in state_sentence(DocumentState(shown["state"]), shown["reason"])
    finding = rows(system, "SELECT step, reason FROM vault.finding WHERE document_id = %(id)s", id=document)
    assert finding == [{"step": "read", "reason": "RuntimeError"}]
    told = "SELECT count(*) FROM vault.event WHERE subject = %(id)s AND data->>'reason' = 'given_up'"
    assert value(system, told, id=document) == 1


def test_outages_cost_no_try(still):
    system, custody = still
    _, document = handed_in(system)
    job = job_of(system, document, attempts=50)
    for error in (DatabaseUnavailable(), StoreUnavailable()) * FAILURES:
        assert isinstance(tried(custody, job, document, error), StoreAway)
    assert value(system, STATE, id=document) == "received "
    decision = Patience().get_retry_decision(exception=StoreAway("x"), job=job)
    assert decision is not None
    assert tried(custody, job, document, RuntimeError()).again_in == timedelta(seconds=3)


def doing(system: System, job: DeferredJob) -> None:
    started = "INSERT INTO jobs.procrastinate_events (job_id, type, at) VALUES (%(id)s, 'started', %(at)s::timestamptz)"
    rows(system, started, id=job.id, at="now")


def test_a_paper_that_kills_its_worker_is_set_aside(still):
    system, custody = still
    _, document = handed_in(system)
    job = job_of(system, document)
    doing(system, job)
    waits = [Tries(custody).died(job) for _ in range(DEATHS)]
    assert waits[0] == timedelta(0)
    assert waits[-1] is None
    assert value(system, STATE, id=document) == "quarantined given_up"


def test_a_worker_that_died_with_the_database_says_nothing_of_its_papers(still):
    system, custody = still
    _, document = handed_in(system)
    job = job_of(system, document)
    rows(
        system,
        "INSERT INTO jobs.procrastinate_events (job_id, type, at) VALUES (%(id)s, 'started', now() - interval '1 day')",
        id=job.id,
    )
    assert [Tries(custody).died(job) for _ in range(DEATHS)] == [timedelta(0)] * DEATHS
    assert value(system, STATE, id=document) == "received "


def test_an_erasure_is_never_given_up(still):
    system, custody = still
    person, document = handed_in(system)
    with custody.db.transaction() as tx:
        forget_jobs(tx, document_id=document)
    assert person.http.delete(f"/v1/documents/{document}").status_code == 202
    job = job_of(system, document)
    waits = [tried(custody, job, document, RuntimeError()).again_in for _ in range(3 * FAILURES)]
    assert waits[-1] == timedelta(hours=1)
    doubts = [one for one in examine(system.running.layout) if "erasures are in doubt" in one.what]
    assert [one.level for one in doubts] == [Level.BROKEN]


def test_doctor_counts_and_a_rescan_takes_it_up_again(still):
    system, custody = still
    person, document = handed_in(system)
    job = job_of(system, document)
    with custody.db.transaction() as tx:
        for _ in range(FAILURES - 1):
            note_failure(tx, int(job.id or 0), "RuntimeError", now=custody.now())
    tried(custody, job, document, RuntimeError())
    with custody.db.transaction() as tx:
        tx.execute(text("UPDATE jobs.procrastinate_jobs SET status = 'failed' WHERE id = :id"), {"id": job.id})
    said = {one.what for one in examine(system.running.layout)}
    assert "1 jobs « read_document » were given up" in said
    assert any(words.endswith("papers could not be read and are set aside") for words in said)
    rescan(system.running.layout)
    assert not any("« read_document » were given up" in one.what for one in examine(system.running.layout))
    with workers.normal_worker(system):
        assert eventually(lambda: value(system, STATE, id=document) == "available read")
    assert person.http.get(f"/v1/documents/{document}").json()["state"] == "available"
