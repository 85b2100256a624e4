"""How often a job is tried again: for ever while a store is away, a counted number of times for a fault of its own."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job as DeferredJob
from sqlalchemy import text

from contracts.identifiers import DocumentId
from hub.watching.chores import end_chore
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.errors import DatabaseUnavailable, KeyServiceUnavailable
from vault.ingest.child import ReaderUnavailable
from vault.ingest.giving_up import give_up
from vault.jobs import Job
from vault.standing import standing
from vault.storage.errors import StoreUnavailable
from vault.telemetry import CARRIED, span
from vault.troubles import DIED, Trouble, forget_trouble, note_death, note_failure

_LOG = logging.getLogger(__name__)
FAILURES = 7
"""How often a job may fail of itself: over about eighteen minutes."""
DEATHS = 5
"""How often a worker may die over a job."""
ENDLESS = frozenset({Job.ERASE_DOCUMENT, Job.EXPIRE_DOCUMENT})
"""What was promised gone is tried until it is, at most :data:`LONGEST` apart, and shown as in doubt meanwhile."""
LONGEST = timedelta(hours=1)
AWAY = (DatabaseUnavailable, KeyServiceUnavailable, StoreUnavailable, ReaderUnavailable)
"""A part did not answer: no fault of the job, which waits for it."""


class JobFailed(Exception):
    """A job failed; its text is the kind of error and nothing else."""

    def __init__(self, kind: str, *, again_in: timedelta | None = None) -> None:
        """Keep when to try again, or that it is given up."""
        super().__init__(kind)
        self.again_in = again_in


class StoreAway(JobFailed):
    """A store did not answer: no fault of the job, which waits for it."""


class Patience(BaseRetryStrategy):
    """Wait for a store as long as it is away; try anything else as often as :class:`Tries` says.

    Never more than fifteen seconds for a store, so that whatever waited is done moments after it is back.
    """

    def get_retry_decision(self, *, exception: BaseException, job: DeferredJob) -> RetryDecision | None:
        """Return when to try again, or nothing to give up."""
        if isinstance(exception, JobFailed) and not isinstance(exception, StoreAway):
            wait = exception.again_in
            return None if wait is None else RetryDecision(retry_in={"seconds": int(wait.total_seconds())})
        return RetryDecision(retry_in={"seconds": min(1 + 2 * job.attempts, 15)})


@dataclass(frozen=True, slots=True)
class Tries:
    """Counts what went wrong with jobs, and gives one up when it has had its tries."""

    custody: Custody

    def run(self, deferred: DeferredJob, job: Job, work: Callable[[UUID], object], identifier: UUID) -> None:
        """Do a job's work; raises :class:`StoreAway` or :class:`JobFailed`, with only the kind of what was raised."""
        try:
            # What a job may see is what its own row says, as long as it is being done.
            with span("job", job, parent=_trace(deferred)), standing(job=_id(deferred)):
                work(identifier)
            if deferred.attempts:
                self._within(lambda tx: forget_trouble(tx, _id(deferred)))
        except AWAY as error:
            _LOG.warning("job %s %s waits: %s", job, identifier, type(error).__name__)
            raise StoreAway(type(error).__name__) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, only its kind goes on
            # procrastinate writes the exception it sees into the log: only its kind may be in it.
            _LOG.error("job %s %s failed: %s", job, identifier, type(error).__name__)
            raise self._failed(deferred, job, identifier, type(error).__name__) from None

    def died(self, deferred: DeferredJob) -> timedelta | None:
        """Say in how long what a dead worker was doing is taken up again; nothing where that happened too often.

        Raises :class:`~vault.errors.DatabaseUnavailable`.
        """
        deaths = 0

        def note(tx: WriteTx) -> None:
            nonlocal deaths
            deaths = note_death(tx, _id(deferred), now=self.custody.now()).deaths if _over_it(tx, deferred) else 0

        self._within(note)
        if deaths >= DEATHS and deferred.task_name not in ENDLESS:
            with standing(job=_id(deferred)):
                self._give_up(deferred.task_name, _identifier(deferred), DIED)
            return None
        # Suspects that ran beside one another do not meet again: only the guilty one dies each time.
        apart = 0 if deaths < 2 else 3 ** (deaths - 1) * (1 + _id(deferred) % 4)
        return min(timedelta(seconds=apart), LONGEST)

    def _failed(self, deferred: DeferredJob, job: Job, identifier: UUID, kind: str) -> JobFailed:
        try:
            trouble = self._noted(deferred, kind)
            if trouble.failures >= FAILURES and job not in ENDLESS:
                with standing(job=_id(deferred)):
                    self._give_up(job, identifier, kind)
                return JobFailed(kind)
        except DatabaseUnavailable as error:
            return StoreAway(type(error).__name__)
        return JobFailed(kind, again_in=min(timedelta(seconds=3 ** min(trouble.failures, 9)), LONGEST))

    def _noted(self, deferred: DeferredJob, kind: str) -> Trouble:
        with self.custody.db.transaction() as tx:
            return note_failure(tx, _id(deferred), kind, now=self.custody.now())

    def _give_up(self, job: str, identifier: UUID, kind: str) -> None:
        _LOG.error("job %s %s is given up: %s", job, identifier, kind)
        if job == Job.READ_DOCUMENT:
            give_up(self.custody, DocumentId(identifier), kind)
        if job == Job.DO_CHORE:
            self._within(
                lambda tx: end_chore(tx, identifier, {"error": kind}, done=False, now=self.custody.now()),
            )

    def _within(self, act: Callable[[WriteTx], object]) -> None:
        with self.custody.db.transaction() as tx:
            act(tx)


def _over_it(tx: WriteTx, deferred: DeferredJob) -> bool:
    """Tell whether the worker died while the database ran on: otherwise an outage took it along, which counts nothing."""
    ran_on = text(
        "SELECT pg_postmaster_start_time() < max(at) FROM jobs.procrastinate_events WHERE job_id = :id AND type = 'started'"
    )
    return bool(tx.execute(ran_on, {"id": _id(deferred)}).scalar_one_or_none())


def _id(deferred: DeferredJob) -> int:
    return int(deferred.id or 0)


def _trace(deferred: DeferredJob) -> str | None:
    found = deferred.task_kwargs.get(CARRIED)
    return None if found is None else str(found)


def _identifier(deferred: DeferredJob) -> UUID:
    return identifier_in(deferred.task_kwargs)


def identifier_in(arguments: Mapping[str, Any]) -> UUID:
    """Return the one identifier that a job is about, among what it carries."""
    (identifier,) = (value for name, value in arguments.items() if name != CARRIED)
    return UUID(str(identifier))
