"""The worker: jobs a resident waits for, the journal's sequencer, the sending of notifications, and the reaper."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException

import vault.bootstrap as vault_parts
from hub.bootstrap import Back, back, read_settings, sender
from hub.deposits.erasure import carry_out_erasure
from hub.exchanges.quotient import fetch_quotient_familial
from hub.notifications.deliveries import Sender
from hub.notifications.fanout import CHANNEL
from hub.persons.family import examine_claim
from hub.school_files.judging import judge_family
from hub.school_files.settling import settle_document
from vault.documents.custody import Custody
from vault.errors import DatabaseUnavailable
from vault.ingest.child import ReaderChild
from vault.jobs import Job, defer
from vault.journal.sequencer import sequence_batch
from vault.journal.signing import HeadSigner
from vault.settings import VaultSettings

_LOG = logging.getLogger("unefois.worker")
SEQUENCE_EVERY = 0.5
"""Seconds between two looks for entries to sequence; a head is due at least every second."""
SWEEP_EVERY = 5.0
"""Seconds between two looks for due deliveries that no commit announced, such as retries."""
HEARTBEAT = 2.0
STALLED_AFTER = 8
"""Seconds without a heartbeat after which a job's worker counts as dead."""
CONCURRENCY = 4


@dataclass(frozen=True, slots=True)
class Worker:
    """What the worker works with."""

    back: Back
    reader: ReaderChild
    signer: HeadSigner
    sender: Sender
    database_url: str = field(repr=False)

    def jobs(self) -> dict[Job, Callable[[UUID], None]]:
        """Return what each job does with its one identifier; every one of them may run twice."""
        parts, now = self.back, self.back.custody.now
        return {
            Job.READ_DOCUMENT: lambda one: settle_document(parts.custody, parts.catalogue, self.reader, one),
            Job.ERASE_DOCUMENT: lambda one: carry_out_erasure(parts.custody, parts.catalogue, one),
            Job.EVALUATE_FAMILY: self._evaluate,
            Job.EXAMINE_CLAIM: lambda one: _within(parts.custody, lambda tx: examine_claim(tx, one, now=now())),
            Job.FETCH_QUOTIENT_FAMILIAL: self._fetch,
        }

    def _evaluate(self, adult_id: UUID) -> None:
        parts = self.back
        _within(
            parts.custody,
            lambda tx: judge_family(tx, parts.custody, parts.catalogue, adult_id, now=parts.custody.now()),
        )

    def _fetch(self, request_id: UUID) -> None:
        parts = self.back
        again = fetch_quotient_familial(parts.custody, parts.catalogue, parts.quotient, request_id)
        if again is not None:
            with parts.custody.db.transaction() as tx:
                defer(tx, Job.FETCH_QUOTIENT_FAMILIAL, at=again, request_id=request_id)


def application(worker: Worker) -> App:
    """Return the procrastinate application: one task per job, run in threads."""
    connector = PsycopgConnector(conninfo=worker.database_url, kwargs={"options": "-c search_path=jobs,public"})
    app = App(connector=connector)
    for job, work in worker.jobs().items():
        app.task(name=job, retry=RETRY)(_task(job, work))
    return app


def _task(job: Job, work: Callable[[UUID], object]) -> Callable[..., None]:
    def run(**arguments: str) -> None:
        (identifier,) = arguments.values()
        try:
            work(UUID(identifier))
        except Exception as error:  # noqa: BLE001 - whatever it is, only its kind goes on
            # procrastinate writes the exception it sees into the log: only its kind may be in it.
            _LOG.error("job %s %s failed: %s", job, identifier, type(error).__name__)
            raise JobFailed(type(error).__name__) from None

    return run


class JobFailed(Exception):
    """A job failed; its text is the kind of error and nothing else."""


RETRY = RetryStrategy(max_attempts=6, exponential_wait=3)
"""Six times, waiting 3, 9, 27 … seconds; afterwards the job stays failed and visible."""


def _within(custody: Custody, act: Callable[..., object]) -> None:
    with custody.db.transaction() as tx:
        act(tx)


def sequence_for_ever(custody: Custody, signer: HeadSigner, stop: threading.Event) -> None:
    """Sequence the journal until told to stop; a database that is away is waited for."""
    while not stop.wait(SEQUENCE_EVERY):
        try:
            with custody.db.transaction() as tx:
                sequence_batch(tx, signer, custody.now())
        except DatabaseUnavailable:
            _LOG.warning("sequencer waits for the database")


def deliver_for_ever(worker: Worker, stop: threading.Event) -> None:
    """Send what is due, woken by PostgreSQL at the commit that made it due."""
    dsn = worker.database_url
    while not stop.is_set():
        try:
            with psycopg.connect(dsn, autocommit=True) as listening:
                listening.execute(f"LISTEN {CHANNEL}")
                while not stop.is_set():
                    while worker.sender.send_due():
                        pass
                    next(listening.notifies(timeout=SWEEP_EVERY, stop_after=1), None)
        except (psycopg.OperationalError, DatabaseUnavailable):
            _LOG.warning("sender waits for the database")
            stop.wait(1.0)


async def reap_for_ever(app: App) -> None:
    """Give back what a dead worker was doing, now and from time to time."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
                _LOG.warning("job %s taken back", job.task_name)
                await app.job_manager.retry_job(job)
        except ConnectorException:
            _LOG.warning("reaper waits for the database")
        await asyncio.sleep(HEARTBEAT)


async def work(worker: Worker) -> None:
    """Run everything until SIGTERM or SIGINT."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=sequence_for_ever, args=(worker.back.custody, worker.signer, stop), name="sequencer"),
        threading.Thread(target=deliver_for_ever, args=(worker, stop), name="sender"),
    ]
    app = application(worker)
    async with app.open_async():
        for thread in threads:
            thread.start()
        reaper = asyncio.create_task(reap_for_ever(app))
        serving = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENCY,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=STALLED_AFTER,
                delete_jobs="successful",
                install_signal_handlers=False,
                shutdown_graceful_timeout=5,
            )
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, serving.cancel)
        _LOG.info("ready")
        try:
            await serving
        except asyncio.CancelledError:
            pass
        finally:
            reaper.cancel()
            stop.set()
    for thread in threads:
        thread.join(timeout=SWEEP_EVERY + 1)


def assemble(vault: VaultSettings, parts: Back) -> Worker:
    """Return the worker of this process; the reading child is started before any thread."""
    reader = vault_parts.reader(vault)
    reader.start()
    url = vault.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://")
    return Worker(parts, reader, vault_parts.head_signer(vault), sender(vault, parts.custody), url)


def main() -> None:
    """Read the settings and work until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("procrastinate", "httpx", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    vault, hub = read_settings()
    worker = assemble(vault, back(vault, hub))
    try:
        asyncio.run(work(worker))
    finally:
        worker.reader.close()
        worker.back.custody.db.close()


if __name__ == "__main__":
    main()
