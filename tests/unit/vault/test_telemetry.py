"""One trace follows a document from process to process; off it is nothing, and on it says words of ours alone."""

import json
import logging
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from procrastinate.jobs import Job as DeferredJob
from prometheus_client import generate_latest

from orchestration.tries import JobFailed, Tries
from tests.journeys.doors import rows
from vault import telemetry
from vault.db import Database
from vault.jobs import Job, defer

SECRET = "Kerjean-2871"


@pytest.fixture
def spans():
    """What is followed, and an end of it."""
    found = InMemorySpanExporter()
    telemetry.trace_with("test", SimpleSpanProcessor(found))
    yield found
    telemetry.end()


def job(arguments):
    return DeferredJob(
        id=1, queue="q", lock=None, queueing_lock=None, task_name=Job.FIND_CHILDHOOD, task_kwargs=arguments, attempts=0
    )


def test_a_job_carries_the_trace_of_the_work_that_asked_for_it(running, spans):
    adult = uuid.uuid4()
    door = Database.connect(running.stores.dsn("unefois_door", driver="psycopg"), pool_size=1)
    with telemetry.span("request", "POST /v1/documents"), door.transaction() as tx:
        defer(tx, Job.FIND_CHILDHOOD, at=datetime.now(UTC) + timedelta(days=1), adult_id=adult)
    door.close()
    look = "SELECT args FROM jobs.procrastinate_jobs WHERE args ->> 'adult_id' = %(adult)s"
    (row,) = rows(running, look, adult=str(adult))
    seen = []
    Tries(None).run(job(row["args"]), Job.FIND_CHILDHOOD, seen.append, adult)
    request, done = spans.get_finished_spans()
    assert seen == [adult]
    assert (done.name, done.parent.span_id) == ("job find_childhood", request.context.span_id)
    assert done.context.trace_id == request.context.trace_id


def test_a_trace_is_handed_on_where_nothing_is_followed():
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert telemetry.carried() is None
    with telemetry.span("job", "x", parent=given):
        assert telemetry.carried() == given
    assert telemetry.carried() is None


def test_of_what_fails_only_the_kind_is_told(spans):
    registry = telemetry.count_with()

    def fails(_):
        raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET), telemetry.span("job", "x"):
        fails(None)
    (found,) = spans.get_finished_spans()
    assert dict(found.attributes) == {"outcome": "ValueError"}
    assert SECRET not in found.to_json() + generate_latest(registry).decode()
    assert b'unefois_done_total{kind="job",name="x",outcome="ValueError"} 1.0' in generate_latest(registry)


def test_a_line_of_the_log_is_one_object_with_its_correlation():
    telemetry.CORRELATION.set("c0ffee00")
    fault = (JobFailed, JobFailed(SECRET), None)
    record = logging.makeLogRecord({"msg": "refused %s", "args": ("Kind",), "exc_info": fault})
    line = json.loads(telemetry.JsonLines().format(record))
    assert (line["message"], line["correlation_id"], line["error"]) == ("refused Kind", "c0ffee00", "JobFailed")
    telemetry.CORRELATION.set("")
