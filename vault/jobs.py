"""Jobs that commit with the fact that caused them (procrastinate, on the caller's own connection)."""

from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError
from sqlalchemy import text

from vault.db import WriteTx
from vault.errors import DatabaseUnavailable


class Job(StrEnum):
    """Every kind of work the worker knows; one job a document or a family, never one a step."""

    READ_DOCUMENT = "read_document"
    RESCAN_DOCUMENT = "rescan_document"
    ERASE_DOCUMENT = "erase_document"
    EVALUATE_FAMILY = "evaluate_family"
    EXAMINE_CLAIM = "examine_claim"
    FETCH_QUOTIENT_FAMILIAL = "fetch_quotient_familial"
    EXPIRE_DOCUMENT = "expire_document"


@cache
def _app() -> App:
    # The connector is never opened: every job goes out on the caller's connection.
    return App(connector=SyncPsycopgConnector())


def defer(tx: WriteTx, job: Job, *, at: datetime | None = None, **arguments: UUID | str) -> None:
    """Ask for ``job``, now or from the moment ``at`` on, in ``tx``: it exists exactly if what ``tx`` wrote does.

    Arguments are identifiers, never values: they lie in clear in the job's row. Raises :class:`DatabaseUnavailable`.
    """
    task = _app().configure_task(name=job, queue=job, schedule_at=at, connection=tx.driver)
    try:
        task.defer(**{name: str(value) for name, value in arguments.items()})
    except ConnectorException as error:
        if isinstance(error.__cause__, OperationalError):
            raise DatabaseUnavailable(type(error.__cause__).__name__) from None
        raise


def forget_jobs(tx: WriteTx, *, document_id: UUID) -> None:
    """Let go what was still asked for about a document, but for what is being done now."""
    tx.execute(
        text("DELETE FROM jobs.procrastinate_jobs WHERE args ->> 'document_id' = :one AND status <> 'doing'"),
        {"one": str(document_id)},
    )
