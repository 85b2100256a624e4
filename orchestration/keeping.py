"""What the worker does by itself, time and again: the journal sequenced, what is over let go of, both stores compared."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from uuid import UUID

from connectors.hubee.codec import MANIFEST as HUBEE
from contracts.calendar import PARIS, paris_day
from contracts.identifiers import Siret
from hub.authorisations.ending import expire_over
from hub.bootstrap import Back
from hub.deposits.rescanning import rescan_outdated
from hub.deposits.resumable import forget_expired
from hub.deposits.retention import ask_expiries
from hub.exchanges.folder_owners import find_owners
from hub.exchanges.folders_aside import tell_given_up
from hub.exchanges.folders_in import look
from hub.exchanges.traffic import unresolved
from hub.majority.coming import ask_due
from hub.notifications.letting_go import prune, warn
from hub.notifications.replays import open_again
from hub.releases.disclosing import forget_old_disclosures
from hub.releases.informing import destroy_ended
from hub.school_files.reevaluating import reevaluate
from hub.upkeep import sweep
from hub.watching.chores import Chore, ChoreKind, chore, end_chore
from vault.bodies.culling import cull
from vault.documents.custody import Custody
from vault.documents.hold import tell_untold
from vault.errors import DatabaseUnavailable, KeyServiceUnavailable
from vault.ingest.child import ReaderChild
from vault.journal.errors import JournalBroken
from vault.journal.forgetting import forget_old_records
from vault.journal.records import Actor, ActorKind
from vault.journal.sequencer import sequence_batch
from vault.journal.signing import HeadSigner
from vault.reconciliation.sweeping import Reconciled, last_finished, reconcile
from vault.standing import Purpose, standing
from vault.storage.errors import StoreRefused, StoreUnavailable
from vault.troubles import prune_troubles

_LOG = logging.getLogger("unefois.worker")
SEQUENCE_EVERY = 0.5
"""Seconds between two looks for entries to sequence; a head is due at least every second."""
FORGET_EVERY = 10.0
"""Seconds between two looks for unfinished uploads whose time is over."""
LET_GO_EVERY = timedelta(hours=6)
"""Time between two looks for journal records and papers whose retention is over; harmless to repeat."""
AFTER_MIDNIGHT = time(0, 1)
"""When in Paris a new day is looked at: clocks of two processes differ by less."""
RECONCILE_EVERY, RECONCILE_LOOK = timedelta(hours=6), 600.0
"""How old the last comparison of store and rows may get, and the seconds between two looks whether it is."""
KEEP_SAFE_EVERY = 600.0
"""Seconds between two looks for holds the store was not told of, and for papers scanned with other rules."""
FIND_EVERY = 2.0
"""Seconds between two looks for whose a folder is."""
ALARM_EVERY = 30.0
"""Seconds between two words about a journal that is not the one last signed."""
_PIPELINES = Actor(ActorKind.PROCESS, "pipelines")


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


def until_next_look(now: datetime) -> float:
    """Return the seconds until what is over is looked for: soon, and where Paris has a new day, just after it began.

    Sight of a child's file ends with the day before the eighteenth birthday; the papers change hands when that day begins.
    """
    tomorrow = paris_day(now) + timedelta(days=1)
    begins = datetime.combine(tomorrow, AFTER_MIDNIGHT, PARIS)
    return min(LET_GO_EVERY, begins - now).total_seconds()


def let_go_for_ever(parts: Back, stop: threading.Event) -> None:
    """Let go of records after 36 months and of what else is over, and find who comes of age, until told to stop."""
    pause = 0.0
    while not stop.wait(pause):
        pause = until_next_look(parts.custody.now())
        try:
            told = let_go(parts, stop)
            if any(told):
                _LOG.info(
                    "%d journal records went, %d papers are due to go, %d authorisations ended, %d rows were over, "
                    "%d children come of age",
                    *told,
                )
        except (DatabaseUnavailable, StoreUnavailable):
            _LOG.warning("retention waits for a store")
            pause = ALARM_EVERY


def let_go(parts: Back, stop: threading.Event) -> tuple[int, int, int, int, int]:
    """Let go of everything whose time is over, once; return records, papers, authorisations, rows, children come of age."""
    forgotten = 0
    while went := _forget_records(parts.custody):
        forgotten += went
    while _forget_told(parts.custody) and not stop.is_set():
        pass
    with parts.custody.db.transaction() as tx:
        swept = sweep(tx, now=parts.custody.now())
    asked = ask_expiries(parts.custody, parts.catalogue)
    ended = expire_over(parts.custody.db, now=parts.custody.now())
    cull(parts.custody, unless=_waiting(parts.custody))
    grown = ask_due(parts.custody.db, now=parts.custody.now())
    return forgotten, asked, ended, swept, grown


def do_chore(parts: Back, chore_id: UUID) -> None:
    """Carry out what the pipelines asked for and write down what it came to; harmless to repeat.

    What fails of itself is tried again by the job and ends as its kind of error; a part that is away is waited for.
    """
    with parts.custody.db.read() as tx:
        asked = chore(tx, chore_id)
    if asked.state != "asked":
        return
    figures = _CHORES[asked.kind](parts, asked)
    with parts.custody.db.transaction() as tx:
        end_chore(tx, chore_id, figures, done=True, now=parts.custody.now())


def _retention(parts: Back, _asked: Chore) -> dict[str, int]:
    names = ("records", "papers", "authorisations", "rows", "come_of_age")
    return dict(zip(names, let_go(parts, threading.Event()), strict=True))


def _reconciliation(parts: Back, _asked: Chore) -> dict[str, int]:
    done = reconcile(parts.custody)
    counts = {name: getattr(done, name) for name in ("objects", "rows", "orphans", "condemned", "swept", "waiting")}
    return counts | {"missing": len(done.missing), "refused": int(done.refused)}


def _reevaluation(parts: Back, _asked: Chore) -> dict[str, int]:
    report = reevaluate(parts.custody, parts.catalogue)
    names = ("families", "files", "lines", "fits", "satisfied", "ended")
    return {name: getattr(report, name) for name in names} | {"touched": len(report.touched)}


@standing(purpose=Purpose.SENDING)
def _redelivery(parts: Back, asked: Chore) -> dict[str, int]:
    with parts.custody.db.transaction() as tx:
        opened = open_again(tx, Siret(asked.about), actor=_PIPELINES, now=parts.custody.now())
    return {"opened": int(opened)}


_CHORES: Mapping[ChoreKind, Callable[[Back, Chore], Mapping[str, int | str]]] = {
    ChoreKind.RETENTION: _retention,
    ChoreKind.RECONCILIATION: _reconciliation,
    ChoreKind.REEVALUATION: _reevaluation,
    ChoreKind.REDELIVERY: _redelivery,
}


def receive_for_ever(parts: Back, every_s: float, stop: threading.Event) -> None:
    """Look into the queues of partners that have folders for us, and for whose those folders are, until told to stop.

    Each ``every_s`` seconds of the clock have one look, whichever worker makes it.
    """
    receiving = [way for way in parts.ways.values() if way.codec.manifest.connector == HUBEE.connector]
    while receiving and not stop.wait(FIND_EVERY):
        try:
            for way in receiving:
                look(parts.custody, way, int(parts.custody.now().timestamp() // every_s))
                find_owners(parts.custody, parts.catalogue, way)
                tell_given_up(parts.custody, way)
        except (DatabaseUnavailable, StoreUnavailable, KeyServiceUnavailable):
            _LOG.warning("folders wait for a store")


@standing(purpose=Purpose.RETENTION)
def _waiting(custody: Custody) -> list[UUID]:
    with custody.db.read() as tx:
        return unresolved(tx)


@standing(purpose=Purpose.RETENTION)
def _forget_records(custody: Custody) -> int:
    with custody.db.transaction() as tx:
        prune_troubles(tx, now=custody.now())
        return forget_old_records(tx, now=custody.now()) + forget_old_disclosures(tx, now=custody.now())


@standing(purpose=Purpose.SENDING)
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


def keep_safe_for_ever(parts: Back, reader: ReaderChild, stop: threading.Event) -> None:
    """Tell the store of holds it was not told of, and scan again what was scanned with other rules, until told to stop."""
    custody, pause = parts.custody, 0.0
    for words in reader.shortcomings(custody.max_document_bytes):
        _LOG.error("%s", words)
    while not stop.wait(pause):
        pause = KEEP_SAFE_EVERY
        try:
            tell_untold(custody)
            done = rescan_outdated(custody, parts.catalogue, reader)
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
