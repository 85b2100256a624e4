"""Jobs that give trouble: how often one failed of itself, and how often its worker died over it; outages are neither."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TIMESTAMP, BigInteger, Column, Integer, Table, Text, delete, text
from sqlalchemy.dialects.postgresql import insert

from vault.db import METADATA, ReadTx, WriteTx

JOB_TROUBLE = Table(
    "job_trouble",
    METADATA,
    Column("job_id", BigInteger, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("fault", Text, nullable=False),
    Column("since", TIMESTAMP(timezone=True), nullable=False),
    Column("latest", TIMESTAMP(timezone=True), nullable=False),
)
DIED = "worker died"
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """How often a job failed of itself, and how often its worker died while it ran."""

    failures: int
    deaths: int


@dataclass(frozen=True, slots=True)
class TroubledJobs:
    """Jobs of one kind: how many were given up, how many are tried again, and since when the oldest gives trouble."""

    job: str
    given_up: int
    tried_again: int
    since: datetime | None


def note_failure(tx: WriteTx, job_id: int, fault: str, *, now: datetime) -> Trouble:
    """Count one failure of a job and return how often it has failed; ``fault`` is a kind of error, never its words."""
    return _note(tx, job_id, fault, failures=1, deaths=0, now=now)


def note_death(tx: WriteTx, job_id: int, *, now: datetime) -> Trouble:
    """Count one death of a worker over a job, and return how often that happened."""
    return _note(tx, job_id, DIED, failures=0, deaths=1, now=now)


def forget_trouble(tx: WriteTx, job_id: int) -> None:
    """Forget what a job that came to its end went through."""
    tx.execute(delete(JOB_TROUBLE).where(JOB_TROUBLE.c.job_id == job_id))


def prune_troubles(tx: WriteTx, *, now: datetime) -> None:
    """Forget what jobs went through that are there no more."""
    gone = text(
        "DELETE FROM vault.job_trouble t WHERE latest < :then AND NOT EXISTS"
        " (SELECT FROM jobs.procrastinate_jobs j WHERE j.id = t.job_id)"
    )
    tx.execute(gone, {"then": now - KEPT})


def troubled_jobs(tx: ReadTx) -> list[TroubledJobs]:
    """Return what gives trouble now, by kind of job."""
    rows = tx.execute(
        text(
            "SELECT j.task_name, count(*) FILTER (WHERE j.status = 'failed') AS given_up,"
            " count(*) FILTER (WHERE j.status <> 'failed') AS tried_again, min(t.since) AS since"
            " FROM jobs.procrastinate_jobs j LEFT JOIN vault.job_trouble t ON t.job_id = j.id"
            " WHERE j.status = 'failed' OR (j.status IN ('todo', 'doing') AND t.job_id IS NOT NULL)"
            " GROUP BY j.task_name ORDER BY j.task_name"
        )
    )
    return [TroubledJobs(row.task_name, row.given_up, row.tried_again, row.since) for row in rows]


def _note(tx: WriteTx, job_id: int, fault: str, *, failures: int, deaths: int, now: datetime) -> Trouble:
    first = insert(JOB_TROUBLE).values(
        job_id=job_id, failures=failures, deaths=deaths, fault=fault, since=now, latest=now
    )
    counted = first.on_conflict_do_update(
        index_elements=[JOB_TROUBLE.c.job_id],
        set_={
            "failures": JOB_TROUBLE.c.failures + failures,
            "deaths": JOB_TROUBLE.c.deaths + deaths,
            "fault": fault,
            "latest": now,
        },
    ).returning(JOB_TROUBLE.c.failures, JOB_TROUBLE.c.deaths)
    row = tx.execute(counted).one()
    return Trouble(row.failures, row.deaths)
