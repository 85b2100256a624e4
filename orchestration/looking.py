"""How a one-machine system is, on one screen: its parts, what waits, who is not well, and what to do next.

It asks what answers, for some seconds at most, and says what did not: nobody reads « well » of what was not asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from hub.exchanges.health import Health, Level, all_levels
from hub.watching.alerts import Wrong, open_alerts
from hub.watching.gauges import Gauge, watched
from orchestration.stack import stack
from orchestration.stack.addresses import addresses
from orchestration.stack.layout import Layout
from orchestration.stack.plan import StoreAddresses
from orchestration.stack.ports import LOOPBACK, PortBook
from orchestration.stack.state import PartState, Status
from vault.bootstrap import utc_now
from vault.db import Database, ReadTx
from vault.errors import VaultError
from vault.journal.sequencer import read_last_head
from vault.journal.stamps import newest_stamp

PATIENCE_MS = 4000
"""How long one question may take: at three in the morning « no answer » is an answer too."""
NIGHT = timedelta(hours=24)
_UNWELL = (Health.DOWN, Health.DEGRADED)
_RUNS = text(
    "SELECT pipeline_name AS job, lower(status) AS status, count(*) AS many FROM runs"
    " WHERE create_timestamp > :since GROUP BY 1, 2 ORDER BY 1, 2"
)
_RUNS_THERE = text("SELECT to_regclass('public.runs') IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Unwell:
    """One level of a binding that is not well."""

    binding: str
    level: str
    state: str
    since: datetime | None
    evidence: str


@dataclass(slots=True)
class Seen:
    """What was found; ``unasked`` names what gave no answer, and ``next`` what to do, the first thing first."""

    at: datetime
    phase: str
    parts: list[dict[str, Any]]
    waits: list[dict[str, Any]] = field(default_factory=list)
    unwell: list[Unwell] = field(default_factory=list)
    alerts: list[Wrong] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    journal: dict[str, Any] = field(default_factory=dict)
    unasked: dict[str, str] = field(default_factory=dict)
    next: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether every part is ready, or comes up in its own time, all was asked, and no alert is open."""
        coming = (Status.READY, Status.STARTING)
        up = all(one["status"] == Status.READY or (not one["waited"] and one["status"] in coming) for one in self.parts)
        return up and not (self.unasked or self.alerts)

    def told(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return asdict(self) | {"well": self.well}


def look(layout: Layout) -> Seen | None:
    """Look at the system of a state folder; nothing where none was ever started."""
    state = stack.status(layout)
    if state is None:
        return None
    ports = PortBook(layout).recorded()
    seen = Seen(utc_now(), state.phase.value, [_part(one, ports) for one in state.parts])
    if any(one.name == "postgres" and one.status is Status.READY for one in state.parts):
        stores = addresses(layout)
        _ask(seen, "rows", lambda: _rows(seen, stores))
        _ask(seen, "runs", lambda: _runs(seen, stores))
    else:
        seen.unasked = dict.fromkeys(("rows", "runs"), "the database is not ready")
    seen.next = list(_to_do(seen, layout))
    return seen


def _part(part: PartState, ports: dict[str, int]) -> dict[str, Any]:
    address = f"http://{LOOPBACK}:{ports[part.name]}" if part.name in ports else ""
    told = {"name": part.name, "status": part.status.value, "since": part.since, "restarts": part.restarts}
    return told | {"address": address, "health": part.health, "waited": part.waited}


def _ask(seen: Seen, what: str, ask: Callable[[], None]) -> None:
    try:
        ask()
    except (VaultError, SQLAlchemyError) as error:
        # Its text may hold an address with a password.
        seen.unasked[what] = type(error).__name__


def _rows(seen: Seen, stores: StoreAddresses) -> None:
    database = Database.connect(stores.dsn("unefois_pipelines", driver="psycopg"), pool_size=1)
    try:
        with database.read() as tx:
            _be_quick(tx)
            seen.waits = [_waits(one) for one in watched(tx, now=seen.at)]
            seen.unwell = [_unwell(slug, one) for slug, found in sorted(all_levels(tx).items()) for one in _down(found)]
            seen.alerts = open_alerts(tx)
            head, stamp = read_last_head(tx), newest_stamp(tx)
    finally:
        database.close()
    seen.journal = {
        "head": None if head is None else head.tree_size,
        "signed_at": None if head is None else head.signed_at,
        "stamped_at": None if stamp is None else stamp[1].stamped_at,
    }


def _runs(seen: Seen, stores: StoreAddresses) -> None:
    """Read Dagster's own table: to import it would take longer than all the rest."""
    database = Database.connect(stores.dsn("unefois_dagster", "dagster", driver="psycopg"), pool_size=1)
    try:
        with database.read() as tx:
            _be_quick(tx)
            if tx.execute(_RUNS_THERE).scalar_one():
                # Dagster's columns hold UTC without a zone.
                since = (seen.at - NIGHT).replace(tzinfo=None)
                seen.runs = [dict(row._mapping) for row in tx.execute(_RUNS, {"since": since})]  # noqa: SLF001 - SQLAlchemy's public name
    finally:
        database.close()


def _be_quick(tx: ReadTx) -> None:
    tx.execute(text(f"SET LOCAL statement_timeout = {PATIENCE_MS}"))


def _waits(gauge: Gauge) -> dict[str, Any]:
    told = {"what": gauge.what, "many": gauge.many, "oldest": gauge.oldest, "seconds": gauge.seconds}
    return told | {"well": gauge.well}


def _down(levels: list[Level]) -> list[Level]:
    return [one for one in levels if one.state in _UNWELL]


def _unwell(slug: str, level: Level) -> Unwell:
    return Unwell(slug, level.depth, level.state.value, level.since, level.evidence)


def _to_do(seen: Seen, layout: Layout) -> Iterator[str]:
    for part in seen.parts:
        if part["status"] != Status.READY:
            yield f"{part['name']} is {part['status']}: {layout.log(part['name'])}, then « unefois doctor »"
    for what, why in seen.unasked.items():
        yield f"{what} could not be asked ({why}): « unefois doctor »"
    for alert in seen.alerts:
        concerned = "" if alert.families is None else f", {alert.families} families"
        yield f"{alert.cause}{concerned}: docs/operations.md#{alert.page}"
    for one in seen.waits:
        page = f"waits-{one['what'].replace('_', '-')}"
        if not one["well"] and not any(alert.page == page for alert in seen.alerts):
            yield f"{one['what']}: docs/operations.md#{page}"
    for slug in dict.fromkeys(one.binding for one in seen.unwell):
        yield f"{slug} is not well: docs/operations.md#partner-away"


def lines(seen: Seen) -> Iterator[str]:
    """Yield the screen, what to do at its end, where the eye is."""
    for part in seen.parts:
        yield (
            f"{part['name']:<16} {part['status']:<9} {_age(seen, part['since']):>9}  {part['address']:<26} "
            f"restarts {part['restarts']}  {part['health']}"
        )
    yield from _queues(seen)
    for one in seen.unwell:
        yield f"not well         {one.binding} {one.level} {one.state} {_age(seen, one.since)}  {one.evidence}"
    yield from _nights(seen)
    if seen.journal:
        signed, stamped = (_age(seen, seen.journal[name]) for name in ("signed_at", "stamped_at"))
        yield f"journal          {seen.journal['head'] or 0} entries, head signed {signed} ago, stamped outside {stamped} ago"
    for what, why in seen.unasked.items():
        yield f"{what:<16} NOT ASKED: {why}"
    yield ""
    yield from (f"→ {one}" for one in seen.next or ["nothing to do"])


def _queues(seen: Seen) -> Iterator[str]:
    for one in seen.waits:
        mark = "" if one["well"] else "  TOO MUCH"
        oldest = f"oldest {_age(seen, one['oldest'])}" if one["oldest"] else ""
        slow = "" if one["seconds"] is None else f"p95 {one['seconds']:.1f} s"
        yield f"{one['what']:<18} {one['many']:>7}  {oldest}{slow}{mark}"


def _nights(seen: Seen) -> Iterator[str]:
    if "runs" in seen.unasked:
        return
    if not seen.runs:
        yield "runs of 24 h     none"
    for one in seen.runs:
        yield f"runs of 24 h     {one['job']} {one['status']} {one['many']}"


def _age(seen: Seen, moment: datetime | None) -> str:
    if moment is None:
        return "never"
    seconds = max(0, int((seen.at - moment).total_seconds()))
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
