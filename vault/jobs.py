"""Jobs that commit with the fact that caused them (procrastinate, in the tables of procrastinate)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import TIMESTAMP, Column, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from vault.db import WriteTx
from vault.telemetry import CARRIED, carried


class Job(StrEnum):
    """Every kind of work the worker knows; one job a document or a family, never one a step."""

    READ_DOCUMENT = "read_document"
    RESCAN_DOCUMENT = "rescan_document"
    ERASE_DOCUMENT = "erase_document"
    EVALUATE_FAMILY = "evaluate_family"
    EXAMINE_CLAIM = "examine_claim"
    PART_ACCOUNTS = "part_accounts"
    EXAMINE_PROPOSAL = "examine_proposal"
    APPLY_REVIEW = "apply_review"
    FETCH_QUOTIENT_FAMILIAL = "fetch_quotient_familial"
    TAKE_FOLDER_IN = "take_folder_in"
    EXPIRE_DOCUMENT = "expire_document"
    REPLACE_DOCUMENT = "replace_document"
    COME_OF_AGE = "come_of_age"
    FIND_CHILDHOOD = "find_childhood"
    SETTLE_DECISIONS = "settle_decisions"
    DO_CHORE = "do_chore"


_JOBS = Table(
    "procrastinate_jobs",
    MetaData(schema="jobs"),
    Column("queue_name", Text),
    Column("task_name", Text),
    Column("priority", Integer),
    Column("args", JSONB),
    Column("scheduled_at", TIMESTAMP(timezone=True)),
)
"""As the library's own function fills it (``procrastinate_defer_jobs_v1``, an insert and nothing else)."""


def defer(tx: WriteTx, job: Job, *, at: datetime | None = None, **arguments: UUID | str) -> None:
    """Ask for ``job``, now or from the moment ``at`` on, in ``tx``: it exists exactly if what ``tx`` wrote does.

    Arguments are identifiers, never values: they lie in clear in the job's row, beside the trace that the work under way
    belongs to. It goes out together with the other
    rows of ``tx``, which the library's way would not: a round trip that every deposit would pay.
    """
    trace = carried()
    row = {
        "queue_name": job.value,
        "task_name": job.value,
        "priority": 0,
        "args": {name: str(value) for name, value in arguments.items()} | ({CARRIED: trace} if trace else {}),
        "scheduled_at": at,
    }
    tx.insert(_JOBS, row)


def forget_jobs(tx: WriteTx, *, document_id: UUID) -> None:
    """Let go what was still asked for about a document, but for what is being done now."""
    tx.execute(
        text("DELETE FROM jobs.procrastinate_jobs WHERE args ->> 'document_id' = :one AND status <> 'doing'"),
        {"one": str(document_id)},
    )
