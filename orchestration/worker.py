"""The worker: jobs a resident waits for, the threads beside them, and the reaper."""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as DeferredJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

import vault.bootstrap as vault_parts
from hub.bootstrap import Back, back, listening_url, postman, read_settings, sender, teller
from hub.decisions.settling import settle_decisions
from hub.deposits.erasure import carry_out_erasure
from hub.deposits.replacing import carry_out_replacement
from hub.deposits.rescanning import rescan_document
from hub.deposits.retention import carry_out_expiry
from hub.exchanges.carrying import Engine
from hub.exchanges.dashboard import still_wanted
from hub.exchanges.effects import Effects
from hub.exchanges.folder_owners import take_folder_in
from hub.exchanges.quotient import fetch_quotient_familial
from hub.exchanges.traffic import Traffic
from hub.linking.proposing import examine_proposal
from hub.maintenance import Rest, Watch
from hub.majority.coming import come_of_age
from hub.notifications.deliveries import Sender
from hub.notifications.postman import Postman
from hub.persons.childhood import find_childhood
from hub.persons.merging import part_accounts
from hub.persons.proving import examine_claim
from hub.reviews.effects import apply_review
from hub.school_files.judging import judge_family
from hub.school_files.settling import settle_document
from hub.settings import HubSettings
from hub.watching.telling import Teller
from orchestration.keeping import (
    do_chore,
    forget_uploads_for_ever,
    keep_safe_for_ever,
    let_go_for_ever,
    receive_for_ever,
    reconcile_for_ever,
    sequence_for_ever,
)
from orchestration.telling import (
    SWEEP_EVERY,
    Dashboard,
    alert_for_ever,
    carry_for_ever,
    deliver_for_ever,
    show_for_ever,
    write_for_ever,
)
from orchestration.tries import Patience, StoreAway, Tries, identifier_in
from orchestration.watching import Waiting
from vault import telemetry
from vault.documents.custody import Custody
from vault.errors import DatabaseUnavailable
from vault.ingest.child import ReaderChild
from vault.jobs import Job, defer
from vault.journal.signing import HeadSigner
from vault.keepalives import ON_OUR_SIDE
from vault.settings import VaultSettings

_LOG = logging.getLogger("unefois.worker")
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
    teller: Teller | None
    gathering: timedelta
    folders_every_s: float
    dashboard: Dashboard
    watch: Watch
    database_url: str = field(repr=False)

    @property
    def traffic(self) -> Traffic:
        """Exchanges with every binding that the engine carries out."""
        parts = self.back
        effects = Effects(parts.custody, parts.catalogue, parts.ways).all()
        wanted = still_wanted(parts.custody, parts.catalogue, self.dashboard.issuer)
        return Traffic(Engine(parts.custody, effects, wanted), parts.ways)

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
            Job.COME_OF_AGE: lambda one: come_of_age(parts.custody, parts.catalogue, one),
            Job.FIND_CHILDHOOD: lambda one: _within(parts.custody, lambda tx: find_childhood(tx, one, now=now())),
            Job.APPLY_REVIEW: lambda one: apply_review(parts.custody, parts.catalogue, one),
            Job.FETCH_QUOTIENT_FAMILIAL: self._fetch,
            Job.TAKE_FOLDER_IN: lambda one: take_folder_in(parts.custody, parts.catalogue, parts.ways, one),
            Job.SETTLE_DECISIONS: lambda one: settle_decisions(parts.custody, parts.catalogue, one),
            Job.DO_CHORE: lambda one: do_chore(parts, one),
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
    told = {"options": "-c search_path=jobs,public"} | ON_OUR_SIDE
    connector = PsycopgConnector(conninfo=worker.database_url, kwargs=told)
    app = App(connector=connector)
    app.job_manager = InsistentJobManager(connector, worker.watch)
    tries = Tries(worker.back.custody)
    for job, work in worker.jobs().items():
        app.task(name=job, retry=Patience(), pass_context=True)(_task(tries, job, work))
    return app


def _task(tries: Tries, job: Job, work: Callable[[UUID], object]) -> Callable[..., None]:
    def run(context: JobContext, **arguments: str) -> None:
        tries.run(context.job, job, work, identifier_in(arguments))

    return run


class InsistentJobManager(JobManager):
    """Says how a job ended until the database has heard it, and takes no job while there is maintenance.

    An end lost with a broken connection would leave the job « doing » under a worker that lives, whom no reaper suspects.
    """

    def __init__(self, connector: PsycopgConnector, watch: Watch) -> None:
        """Work through ``connector``."""
        super().__init__(connector)
        self._watch = watch

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> DeferredJob | None:
        """Take the next job, if there is one."""
        return None if self._watch.now is not None else await super().fetch_job(queues, worker_id)

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

        threads = _threads(worker, stop, fall)
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


def _threads(
    worker: Worker, stop: threading.Event, fall: Callable[[str, BaseException], None]
) -> list[threading.Thread]:
    parts, url = worker.back, worker.database_url
    # What reads leave in the journal is sequenced also while nothing else is written.
    rest = Rest(stop, worker.watch)
    running: dict[str, Callable[[], None]] = {
        "sequencer": lambda: sequence_for_ever(parts.custody, worker.signer, stop),
        "sender": lambda: deliver_for_ever(worker.sender, url, rest),
        "exchanges": lambda: carry_for_ever(worker.traffic, url, rest),
        "retention": lambda: let_go_for_ever(parts, rest),
        "reconciliation": lambda: reconcile_for_ever(parts.custody, rest),
        "safety": lambda: keep_safe_for_ever(parts, worker.reader, rest),
        "forgetting": lambda: forget_uploads_for_ever(parts.custody, rest),
    }
    if (every_s := worker.folders_every_s) > 0:
        running["folders"] = lambda: receive_for_ever(parts, every_s, rest)
    if worker.dashboard.every_s > 0:
        running["dashboard"] = lambda: show_for_ever(parts, worker.dashboard, rest)
    if (alarm := worker.teller) is not None:
        running["alerts"] = lambda: alert_for_ever(alarm, rest)
    if (writer := worker.postman) is not None:
        running["postman"] = lambda: write_for_ever(parts.custody, writer, worker.gathering, rest)
    return [_thread(name, run, fall) for name, run in running.items()]


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
    url = listening_url(vault)
    return Worker(
        parts,
        reader,
        vault_parts.head_signer(vault),
        sender(vault, hub, parts.custody),
        postman(hub, parts.custody),
        teller(hub, parts.custody),
        timedelta(seconds=hub.asks_gathered_s),
        hub.folders_every_s,
        Dashboard(hub.dashboard_issuer, hub.dashboard_every_s),
        Watch(url),
        url,
    )


def main() -> None:
    """Read the settings and work until told to stop."""
    vault, hub = read_settings()
    telemetry.log_as(hub.log_format)
    for noisy in ("procrastinate", "httpx", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    worker = assemble(vault, hub, back(vault, hub))
    # After the reader of hostile files has forked: it holds nothing of this.
    told = {"traces_to": hub.traces_to, "metrics_host": hub.metrics_host}
    counts = telemetry.begin("worker", **told, metrics_port=hub.metrics_port)
    if counts is not None:
        counts.register(Waiting(worker.back.custody.db))
    try:
        asyncio.run(work(worker))
    finally:
        worker.reader.close()
        worker.back.custody.db.close()


if __name__ == "__main__":
    main()
