"""What the rows of a running system say is not well: papers that wait, jobs given up, objects missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from orchestration.stack.plan import StoreAddresses
from vault.bootstrap import utc_now
from vault.db import Database, ReadTx
from vault.jobs import Job
from vault.standing import Purpose, standing
from vault.troubles import TroubledJobs, troubled_jobs

LONG = timedelta(minutes=15)
"""How long a paper may wait to be read, and an erasure to be carried out, before somebody should look."""
_WAITING = text("SELECT count(*) FROM vault.document WHERE state = 'received' AND received_at < :then")
_GIVEN_UP = text("SELECT count(*) FROM vault.document WHERE state = 'quarantined' AND state_reason = 'given_up'")
_LAST = text("SELECT * FROM vault.reconciliation ORDER BY finished_at DESC LIMIT 1")
_AUDIT = text("SELECT faults FROM vault.audit_run WHERE finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1")
_STOPPED = text("SELECT reason FROM hub.release_stop WHERE resumed_at IS NULL")
_SUSPENDED = text("SELECT slug FROM hub.partner WHERE suspended_at IS NOT NULL ORDER BY slug")
_ENDING = text(
    "SELECT reference, valid_until FROM hub.agreement WHERE retracted_at IS NULL AND valid_until < :then ORDER BY 1"
)
ENDS_SOON = timedelta(days=60)
"""How long before its end an agreement is named: a new one takes an assembly's decision."""
_OFF = text("SELECT count(*) FROM hub.webhook WHERE disabled_at IS NOT NULL")
_UNHEARD = text("""SELECT state, count(*) AS many FROM hub.message
    WHERE state IN ('in_doubt', 'refused') AND created_at > :then GROUP BY state""")
_LOST = text("SELECT coalesce(sum(lost), 0) FROM hub.webhook WHERE disabled_at IS NOT NULL")
_REMEMBERED = timedelta(days=30)
_ERASURES = frozenset({Job.ERASE_DOCUMENT.value, Job.EXPIRE_DOCUMENT.value})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that somebody should look at: what it is, what to do, and whether papers are lost or in doubt."""

    what: str
    to_do: str
    grave: bool


@standing(purpose=Purpose.AUDIT)
def troubles(stores: StoreAddresses) -> list[Trouble]:
    """Return what is not well, with the worker's login; raises :class:`~vault.errors.DatabaseUnavailable`."""
    database = Database.connect(stores.dsn("unefois_worker", driver="psycopg"), pool_size=1)
    try:
        with database.read() as tx:
            return [*_papers(tx, utc_now()), *_jobs(tx), *_objects(tx), *_partners(tx, utc_now()), *_telling(tx)]
    finally:
        database.close()


def _papers(tx: ReadTx, now: datetime) -> Iterator[Trouble]:
    waiting = tx.execute(_WAITING, {"then": now - LONG}).scalar_one()
    if waiting:
        yield Trouble(f"{waiting} papers have waited over 15 minutes to be read", "read the worker's log", grave=False)
    given_up = tx.execute(_GIVEN_UP).scalar_one()
    if given_up:
        to_do = "mend what the worker's log names, then « unefois vault rescan »"
        yield Trouble(f"{given_up} papers could not be read and are set aside", to_do, grave=True)


def _jobs(tx: ReadTx) -> Iterator[Trouble]:
    for kind in troubled_jobs(tx):
        if kind.given_up:
            yield Trouble(f"{kind.given_up} jobs « {kind.job} » were given up", "read the worker's log", grave=True)
        if kind.tried_again:
            yield _tried_again(kind)


def _tried_again(kind: TroubledJobs) -> Trouble:
    since = "" if kind.since is None else f", the first since {kind.since:%Y-%m-%d %H:%M} UTC"
    if kind.job in _ERASURES:
        what = f"{kind.tried_again} erasures are in doubt{since}: they are tried again until they are carried out"
        return Trouble(what, "mend what the worker's log names; these papers were promised gone", grave=True)
    what = f"{kind.tried_again} jobs « {kind.job} » failed and are tried again{since}"
    return Trouble(what, "wait, or read the worker's log", grave=False)


def _objects(tx: ReadTx) -> Iterator[Trouble]:
    last: Row[Any] | None = tx.execute(_LAST).one_or_none()
    if last is not None and last.missing:
        to_do = "« unefois vault reconcile » names them; bring the objects back from a backup"
        yield Trouble(f"{last.missing} rows name objects that the store has lost", to_do, grave=True)
    if last is not None and last.refused:
        to_do = "is this the right database? « unefois vault reconcile » shows it, « --sweep --insist » goes on"
        yield Trouble("so many objects have no row that none is swept", to_do, grave=True)
    if last is not None and last.retained:
        yield Trouble(
            f"{last.retained} objects without a row are kept by the store's lock", "nothing: they go later", grave=False
        )
    faults = tx.execute(_AUDIT).scalar_one_or_none()
    if faults:
        yield Trouble(f"the last audit found {faults} faults", "« unefois vault audit --all » names them", grave=True)


def _partners(tx: ReadTx, now: datetime) -> Iterator[Trouble]:
    reason = tx.execute(_STOPPED).scalar_one_or_none()
    if reason is not None:
        yield Trouble(f"every release to partners is stopped: {reason}", "« unefois release resume »", grave=False)
    for slug in tx.execute(_SUSPENDED).scalars():
        yield Trouble(f"partner {slug} is suspended", f"« unefois partner resume {slug} » once it may be", grave=False)
    for row in tx.execute(_ENDING, {"then": (now + ENDS_SOON).date()}):
        yield Trouble(f"agreement {row.reference} ends on {row.valid_until}", "renew it in its file", grave=False)


def _telling(tx: ReadTx) -> Iterator[Trouble]:
    off = tx.execute(_OFF).scalar_one()
    if off:
        to_do = "their contacts were written to; « unefois partner open-webhook » once they are well"
        yield Trouble(f"{off} partners' webhooks are turned off; what they are told waits", to_do, grave=False)
    told = {row.state: row.many for row in tx.execute(_UNHEARD, {"then": utc_now() - _REMEMBERED})}
    if doubtful := told.get("in_doubt"):
        to_do = (
            "« unefois messages list » names them, « unefois messages settle » ends a doubt; a reminder comes anyway"
        )
        yield Trouble(f"{doubtful} messages may have been sent or not", to_do, grave=False)
    if refused := told.get("refused"):
        to_do = "« unefois messages list » says by which way and why; mend it, then « unefois messages settle »"
        yield Trouble(f"{refused} messages were refused and reached nobody", to_do, grave=False)
    lost = tx.execute(_LOST).scalar_one()
    if lost:
        to_do = (
            "their contacts were told; their feeds refuse cursors from before, so they will ask about what they hold"
        )
        yield Trouble(f"{lost} notifications waited too long and went unsent", to_do, grave=False)
