"""Putting a system under maintenance, and seeing whether what was under way has come to its end."""

import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from hub.maintenance import Maintenance, begin, end, under_way
from hub.persons.agents import OPERATOR
from vault.bootstrap import utc_now
from vault.db import Database
from vault.standing import Purpose, standing

_UNDER_WAY = text("""SELECT
    (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'doing') AS jobs,
    (SELECT count(*) FROM hub.exchange WHERE state = 'sending') AS exchanges,
    (SELECT count(*) FROM hub.delivery WHERE state = 'due' AND leased_until > now()) AS notifications""")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a system stands: the maintenance that is under way, and what is still being done."""

    maintenance: Maintenance | None
    jobs: int
    exchanges: int
    notifications: int

    @property
    def drained(self) -> bool:
        """Whether nothing is being done any more."""
        return self.jobs + self.exchanges + self.notifications == 0

    def words(self) -> str:
        """One line for the operator."""
        doing = f"{self.jobs} jobs, {self.exchanges} exchanges and {self.notifications} notifications are under way"
        if self.maintenance is None:
            return f"open; {doing}"
        since = f"since {self.maintenance.begun_at:%Y-%m-%d %H:%M} UTC, until about {self.maintenance.until:%H:%M}"
        return f"under maintenance {since} ({self.maintenance.reason}); {doing}"


def turn_on(db: Database, reason: str, *, minutes: int) -> bool:
    """Refuse what writes; tell whether that was new. Raises :class:`~hub.errors.InvalidValue`."""
    with db.transaction() as tx:
        return begin(tx, reason, lasts=timedelta(minutes=minutes), actor=OPERATOR, now=utc_now())


def turn_off(db: Database) -> bool:
    """Let everything go on; tell whether anything was refused."""
    with db.transaction() as tx:
        return end(tx, actor=OPERATOR, now=utc_now())


@standing(purpose=Purpose.MIGRATION)
def look(db: Database) -> Standing:
    """Return how a system stands."""
    with db.read() as tx:
        row = tx.execute(_UNDER_WAY).one()
        return Standing(under_way(tx), row.jobs, row.exchanges, row.notifications)


def wait_drained(db: Database, *, patience: float) -> bool:
    """Wait until what was under way has ended, at most ``patience`` seconds; tell whether it has."""
    until = time.monotonic() + patience
    while not look(db).drained:
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True
