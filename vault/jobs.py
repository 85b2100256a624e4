"""Jobs that commit with the fact that caused them (procrastinate, on the caller's own connection)."""

from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

from procrastinate import App, SyncPsycopgConnector

from vault.db import WriteTx


class Job(StrEnum):
    """Every kind of work the worker knows; one job a document or a family, never one a step."""

    READ_DOCUMENT = "read_document"
    ERASE_DOCUMENT = "erase_document"
    EVALUATE_FAMILY = "evaluate_family"
    EXAMINE_CLAIM = "examine_claim"
    FETCH_QUOTIENT_FAMILIAL = "fetch_quotient_familial"


@cache
def _app() -> App:
    # The connector is never opened: every job goes out on the caller's connection.
    return App(connector=SyncPsycopgConnector())


def defer(tx: WriteTx, job: Job, *, at: datetime | None = None, **arguments: UUID | str) -> None:
    """Ask for ``job``, now or from the moment ``at`` on, in ``tx``: it exists exactly if what ``tx`` wrote does.

    Arguments are identifiers, never values: they lie in clear in the job's row.
    """
    task = _app().configure_task(name=job, queue=job, schedule_at=at, connection=tx.driver)
    task.defer(**{name: str(value) for name, value in arguments.items()})
