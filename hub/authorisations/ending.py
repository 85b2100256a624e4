"""Authorisations whose time is over come to their end by themselves, and both sides are told."""

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from contracts.authorisations import AuthorisationState
from contracts.calendar import paris_day
from hub.authorisations.stepping import OPEN, step
from hub.requests.tables import REUSE_GRANT
from vault.db import Database, WriteTx
from vault.journal.records import Actor, ActorKind
from vault.standing import Purpose, standing

BATCH = 100
WORKER = Actor(ActorKind.PROCESS, "worker")
ONE_ANSWER = timedelta(hours=1)
"""How long the papers of the one question that a one-time authorisation served may still be fetched, each once."""


@standing(purpose=Purpose.RETENTION)
def expire_over(db: Database, *, now: datetime) -> int:
    """End every authorisation whose last day is past, and each that served once; return how many. Harmless to repeat."""
    ended = 0
    while True:
        with db.transaction() as tx:
            done = _batch(tx, now=now)
        ended += done
        if done < BATCH:
            return ended


def _batch(tx: WriteTx, *, now: datetime) -> int:
    served = and_(REUSE_GRANT.c.state == AuthorisationState.ACTIVE.value, REUSE_GRANT.c.used_at <= now - ONE_ANSWER)
    over = and_(REUSE_GRANT.c.state.in_([one.value for one in OPEN]), REUSE_GRANT.c.valid_until < paris_day(now))
    rows = tx.execute(
        select(REUSE_GRANT)
        .where(or_(served, over))
        .order_by(REUSE_GRANT.c.grant_id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        step(tx, row, AuthorisationState.EXPIRED, WORKER, now=now)
    return len(rows)
