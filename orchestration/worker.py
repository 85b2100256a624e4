"""The worker: jobs a resident waits for, the journal's sequencer, the sending of notifications, and the reaper."""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as DeferredJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

import vault.bootstrap as vault_parts
from hub.authorisations.ending import expire_over
from hub.bootstrap import Back, back, postman, read_settings, sender
from hub.deposits.erasure import carry_out_erasure
from hub.deposits.replacing import carry_out_replacement
from hub.deposits.rescanning import rescan_document, rescan_outdated
from hub.deposits.resumable import forget_expired
from hub.deposits.retention import ask_expiries, carry_out_expiry
from hub.exchanges.quotient import fetch_quotient_familial
from hub.linking.proposing import examine_proposal
from hub.notifications.deliveries import Sender
from hub.notifications.letting_go import prune, warn
from hub.notifications.postman import Postman
from hub.persons.merging import part_accounts
from hub.persons.proving import examine_claim
from hub.releases.disclosing import forget_old_disclosures
from hub.releases.informing import destroy_ended
from hub.reviews.effects import apply_review
from hub.school_files.judging import judge_family
from hub.school_files.settling import settle_document
from hub.settings import HubSettings
from hub.upkeep import sweep
from orchestration.telling import SWEEP_EVERY, deliver_for_ever, write_for_ever
from orchestration.tries import Patience, StoreAway, Tries
from vault.documents.custody import Custody
from vault.documents.hold import tell_untold
from vault.errors import DatabaseUnavailable, KeyServiceUnavailable
from vault.ingest.child import ReaderChild
from vault.jobs import Job, defer
from vault.journal.errors import JournalBroken
from vault.journal.forgetting import forget_old_records
from vault.journal.sequencer import sequence_batch
from vault.journal.signing import HeadSigner
from vault.reconciliation.sweeping import Reconciled, last_finished, reconcile
from vault.settings import VaultSettings
from vault.standing import Purpose, standing
from vault.storage.errors import StoreRefused, StoreUnavailable
from vault.troubles import prune_troubles

_LOG = logging.getLogger("unefois.worker")
SEQUENCE_EVERY = 0.5
"""Seconds between two looks for entries to sequence; a head is due at least every second."""
FORGET_EVERY = 10.0
"""Seconds between two looks for unfinished uploads whose time is over."""
LET_GO_EVERY = 6 * 3600.0
"""Seconds between two looks for journal records and papers whose retention is over; harmless to repeat."""
RECONCILE_EVERY, RECONCILE_LOOK = timedelta(hours=6), 600.0
"""How old the last comparison of store and rows may get, and the seconds between two looks whether it is."""
KEEP_SAFE_EVERY = 600.0
"""Seconds between two looks for holds the store was not told of, and for papers scanned with other rules."""
ALARM_EVERY = 30.0
"""Seconds between two words about a journal that is not the one last signed."""
HEARTBEAT = 2.0
STALLED_AFTER = 8
"""Seconds without a heartbeat after which a job's worker counts as dead."""
CONCURRENCY = 4
INSISTENCE = 120
"""How many times, a second apart, the end of a job is told to a database that is away."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What the worker works with."""

    back: Back
    reader: ReaderChild
    signer: HeadSigner
    sender: Sender
    postman: Postman | None
    gathering: timedelta
    database_url: str = field(repr=False)

    def jobs(self) -> dict[Job, Callable[[UUID], object]]:
        """Return what each job does with its one identifier; every one of them may run twice."""
        parts, now = self.back, self.back.custody.now
        return {
            Job.READ_DOCUMENT: lambda one: settle_document(parts.custody, parts.catalogue, self.reader, one),
            Job.RESCAN_DOCUMENT: lambda one: rescan_document(parts.custody, parts.catalogue, self.reader, one),
            Job.REPLACE_DOCUMENT: lambda one: carry_out_replacement(parts.custody, parts.catalogue, one),
            Job.ERASE_DOCUMENT: lambda one: carry_out_erasure(parts.custody, parts.catalogue, one),
            Job.EXPIRE_DOCUMENT: lambda one: carry_out_expiry(parts.custody, parts.catalogue, one),
            Job.EVALUATE_FAMILY: self._evaluate,
            Job.EXAMINE_CLAIM: lambda one: _within(parts.custody, lambda tx: examine_claim(tx, one, now=now())),
            Job.EXAMINE_PROPOSAL: lambda one: _within(parts.custody, lambda tx: examine_proposal(tx, one, now=now())),
            Job.PART_ACCOUNTS: lambda one: part_accounts(parts.custody, one),
            Job.APPLY_REVIEW: lambda one: apply_review(parts.custody, parts.catalogue, one),
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
    app.job_manager = InsistentJobManager(connector)
    tries = Tries(worker.back.custody)
    for job, work in worker.jobs().items():
        app.task(name=job, retry=Patience(), pass_context=True)(_task(tries, job, work))
    return app


def _task(tries: Tries, job: Job, work: Callable[[UUID], object]) -> Callable[..., None]:
    def run(context: JobContext, **arguments: str) -> None:
        (identifier,) = arguments.values()
        tries.run(context.job, job, work, UUID(identifier))

    return run


class InsistentJobManager(JobManager):
    """Says how a job ended until the database has heard it.

    An end lost with a broken connection would leave the job « doing » under a worker that lives, whom no reaper suspects.
    """

    async def finish_job(self, *args: Any, **told: Any) -> None:
        """Write down that a job ended."""
        await _insist(lambda: JobManager.finish_job(self, *args, **told))

    async def retry_job(self, *args: Any, **told: Any) -> None:
        """Write down that a job is to be tried again."""
        await _insist(lambda: JobManager.retry_job(self, *args, **told))


async def _insist(say: Callable[[], Awaitable[None]]) -> None:
    for _ in range(INSISTENCE):
        try:
            return await say()
        except ConnectorException as error:
            if not isinstance(error.__cause__, psycopg.OperationalError):
                raise
            await asyncio.sleep(1)
    raise StoreAway("jobs")


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
        except JournalBroken:
            # Nothing is signed any more; papers are still read, because a family cannot help it.
            _LOG.critical("the journal is not the one last signed: nothing is sequenced")
            stop.wait(ALARM_EVERY)


def let_go_for_ever(parts: Back, stop: threading.Event) -> None:
    """Let go of journal records after 36 months, of papers and authorisations whose time is over, until told to stop."""
    pause = 0.0
    while not stop.wait(pause):
        pause = LET_GO_EVERY
        try:
            forgotten = 0
            while went := _forget_records(parts.custody):
                forgotten += went
            while _forget_told(parts.custody) and not stop.is_set():
                pass
            with parts.custody.db.transaction() as tx:
                swept = sweep(tx, now=parts.custody.now())
            asked = ask_expiries(parts.custody, parts.catalogue)
            ended = expire_over(parts.custody.db, now=parts.custody.now())
            told = (forgotten, asked, ended, swept)
            if any(told):
                _LOG.info(
                    "%d journal records went, %d papers are due to go, %d authorisations ended, %d rows were over",
                    *told,
                )
        except DatabaseUnavailable:
            _LOG.warning("retention waits for the database")
            pause = ALARM_EVERY


@standing(purpose=Purpose.RETENTION)
def _forget_records(custody: Custody) -> int:
    with custody.db.transaction() as tx:
        prune_troubles(tx, now=custody.now())
        return forget_old_records(tx, now=custody.now()) + forget_old_disclosures(tx, now=custody.now())


def _forget_told(custody: Custody) -> int:
    with custody.db.transaction() as tx:
        warn(tx, now=custody.now())
        return prune(tx, now=custody.now())


def reconcile_for_ever(custody: Custody, stop: threading.Event) -> None:
    """Compare store and rows where the last comparison is old enough, whoever made it, until told to stop."""
    while not stop.wait(RECONCILE_LOOK):
        try:
            with custody.db.read() as tx:
                last = last_finished(tx)
            if last is None or last <= custody.now() - RECONCILE_EVERY:
                done = reconcile(custody)
                _LOG.info("%d objects without a row went, %d wait, %d are missing", *_counts(done))
        except (DatabaseUnavailable, StoreUnavailable, StoreRefused) as error:
            _LOG.warning("reconciliation waits: %s", type(error).__name__)


def _counts(done: Reconciled) -> tuple[int, int, int]:
    return done.swept, done.waiting, len(done.missing)


def keep_safe_for_ever(worker: Worker, stop: threading.Event) -> None:
    """Tell the store of holds it was not told of, and scan again what was scanned with other rules, until told to stop."""
    custody, pause = worker.back.custody, 0.0
    for words in worker.reader.shortcomings(custody.max_document_bytes):
        _LOG.error("%s", words)
    while not stop.wait(pause):
        pause = KEEP_SAFE_EVERY
        try:
            tell_untold(custody)
            done = rescan_outdated(custody, worker.back.catalogue, worker.reader)
            if done.scanned or done.left:
                _LOG.info("%d papers scanned again, %d found bad, %d wait", done.scanned, done.found, done.left)
        except (DatabaseUnavailable, KeyServiceUnavailable, StoreUnavailable, StoreRefused) as error:
            _LOG.warning("holds and scans wait: %s", type(error).__name__)
            pause = ALARM_EVERY


def forget_uploads_for_ever(custody: Custody, stop: threading.Event) -> None:
    """Forget unfinished uploads whose time is over, and data that informed of a right and may not, until told to stop."""
    while not stop.wait(FORGET_EVERY):
        try:
            while forget_expired(custody) and not stop.is_set():
                pass
            while destroy_ended(custody.db, now=custody.now()) and not stop.is_set():
                pass
        except DatabaseUnavailable:
            _LOG.warning("forgetting waits for the database")


async def reap_for_ever(app: App, tries: Tries) -> None:
    """Give back what a dead worker was doing, now and from time to time; what killed too many of them is given up."""
    while True:
        pause = HEARTBEAT
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
                await _take_back(app, tries, job)
        except (ConnectorException, DatabaseUnavailable):
            _LOG.warning("reaper waits for the database")
            # The living could not say so meanwhile: they get the time to.
            pause = STALLED_AFTER + HEARTBEAT
        await asyncio.sleep(pause)


async def _take_back(app: App, tries: Tries, job: DeferredJob) -> None:
    again_in = await asyncio.to_thread(tries.died, job)
    if again_in is None:
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        return
    _LOG.warning("job %s taken back", job.task_name)
    await app.job_manager.retry_job(job, retry_at=datetime.now(UTC) + again_in)


async def work(worker: Worker) -> None:
    """Run everything until SIGTERM or SIGINT."""
    stop, fallen = threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    app = application(worker)
    async with app.open_async():
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

        def fall(what: str, error: BaseException) -> None:
            # A worker that lacks a part must end and be started again: half a worker looks well and loses things.
            _LOG.critical("%s fell: %s", what, type(error).__name__)
            fallen.set()
            loop.call_soon_threadsafe(serving.cancel)

        threads = [
            _thread("sequencer", lambda: sequence_for_ever(worker.back.custody, worker.signer, stop), fall),
            _thread("sender", lambda: deliver_for_ever(worker.sender, worker.database_url, stop), fall),
            _thread("retention", lambda: let_go_for_ever(worker.back, stop), fall),
            _thread("reconciliation", lambda: reconcile_for_ever(worker.back.custody, stop), fall),
            _thread("safety", lambda: keep_safe_for_ever(worker, stop), fall),
            _thread("forgetting", lambda: forget_uploads_for_ever(worker.back.custody, stop), fall),
        ]
        if (writer := worker.postman) is not None:
            writing = partial(write_for_ever, worker.back.custody, writer, worker.gathering, stop)
            threads.append(_thread("postman", writing, fall))
        reaper = asyncio.create_task(reap_for_ever(app, Tries(worker.back.custody)))
        reaper.add_done_callback(lambda _: None if stop.is_set() else fall("reaper", RuntimeError()))
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
    if fallen.is_set():
        raise SystemExit(1)


def _thread(name: str, run: Callable[[], None], fall: Callable[[str, BaseException], None]) -> threading.Thread:
    def guarded() -> None:
        try:
            run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker ends over it
            fall(name, error)

    thread = threading.Thread(target=guarded, name=name)
    thread.start()
    return thread


def assemble(vault: VaultSettings, hub: HubSettings, parts: Back) -> Worker:
    """Return the worker of this process; the reading child is started before any thread."""
    reader = vault_parts.reader(vault)
    reader.start()
    url = vault.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://")
    return Worker(
        parts,
        reader,
        vault_parts.head_signer(vault),
        sender(vault, hub, parts.custody),
        postman(hub, parts.custody),
        timedelta(seconds=hub.asks_gathered_s),
        url,
    )


def main() -> None:
    """Read the settings and work until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("procrastinate", "httpx", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    vault, hub = read_settings()
    worker = assemble(vault, hub, back(vault, hub))
    try:
        asyncio.run(work(worker))
    finally:
        worker.reader.close()
        worker.back.custody.db.close()


if __name__ == "__main__":
    main()
