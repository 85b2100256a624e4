"""What is due with each binding, each in a lane of its own: one stalled partner takes no thread from another."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, exists, select, tuple_

from hub.errors import ExchangeInFlight
from hub.exchanges import health
from hub.exchanges.carrying import Engine
from hub.exchanges.editing import draft, due_draft
from hub.exchanges.planning import State
from hub.exchanges.replaying import due_plan, step
from hub.exchanges.tables import EXCHANGE
from hub.exchanges.ways import Way
from vault.db import ReadTx
from vault.standing import standing

_LOG = logging.getLogger(__name__)
_BEFORE = EXCHANGE.alias("before")
_UNDER_WAY = (State.PLANNED.value, State.SENDING.value, State.IN_DOUBT.value)


@dataclass(frozen=True, slots=True)
class Item:
    """The next thing to do with a binding: an exchange, a step of a plan of repeats, an edit to be drafted, or
    a look at its health.
    """

    slug: str
    exchange_id: UUID | None
    plan_id: UUID | None = None
    edit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """Everything with every binding, for :class:`hub.notifications.lanes.Lanes`."""

    engine: Engine
    ways: Mapping[str, Way]

    def lanes(self) -> list[str]:
        """Return the bindings with which something is due; each is asked for under its own body's standing."""
        return [slug for slug in self.ways if self._next(slug) is not None]

    def width(self, slug: str) -> int:
        """Return how many conversations a binding takes at once."""
        return self.ways[slug].codec.manifest.limits.at_once

    def claim(self, slug: str) -> Item | None:
        """Return the next thing due with a binding; who carries it out makes sure that nobody else does."""
        return self._next(slug)

    def deliver(self, item: Item) -> bool:
        """Do one thing; tell whether the lane may go on at once."""
        way = self.ways[item.slug]
        if item.plan_id is not None:
            with standing(partner=way.binding.siret), self.engine.custody.db.transaction() as tx:
                step(tx, item.plan_id, now=self.engine.custody.now())
            return True
        if item.edit_id is not None:
            with standing(partner=way.binding.siret), self.engine.custody.db.transaction() as tx:
                draft(tx, self.engine.custody, way, item.edit_id)
            return True
        if item.exchange_id is None:
            health.look(self.engine.custody, way)
            return True
        try:
            carried = self.engine.carry(way, item.exchange_id)
        except ExchangeInFlight:
            # The other thread of this lane has it.
            return False
        if carried.state not in (State.SETTLED, State.PLANNED):
            _LOG.warning("exchange %s with %s is %s", carried.exchange_id, item.slug, carried.state)
        return True

    def _next(self, slug: str) -> Item | None:
        now = self.engine.custody.now()
        with standing(partner=self.ways[slug].binding.siret), self.engine.custody.db.read() as tx:
            if health.is_due(tx, slug, now=now):
                return Item(slug, None)
            if (plan_id := due_plan(tx, slug, now=now)) is not None:
                return Item(slug, None, plan_id)
            if (edit_id := due_draft(tx, slug)) is not None:
                return Item(slug, None, edit_id=edit_id)
            found: UUID | None = tx.execute(_due(slug, now)).scalar_one_or_none()
            if found is None:
                version = self.ways[slug].codec.manifest.version
                found = tx.execute(_unread(slug, version)).scalar_one_or_none()
        return None if found is None else Item(slug, found)


def _due(slug: str, now: object) -> "Select[tuple[UUID]]":
    """Look for the exchange that has waited longest, and before which nothing of the same family is under way.

    What waits for a person holds up nobody: it has no moment at which it is due.
    """
    waits_for = exists().where(
        _BEFORE.c.binding == slug,
        _BEFORE.c.correlation == EXCHANGE.c.correlation,
        tuple_(_BEFORE.c.created_at, _BEFORE.c.exchange_id) < tuple_(EXCHANGE.c.created_at, EXCHANGE.c.exchange_id),
        _BEFORE.c.state.in_(_UNDER_WAY),
        _BEFORE.c.due_at.is_not(None),
    )
    due = (EXCHANGE.c.binding == slug, EXCHANGE.c.due_at.is_not(None), EXCHANGE.c.due_at <= now, ~waits_for)
    return select(EXCHANGE.c.exchange_id).where(*due).order_by(EXCHANGE.c.due_at).limit(1)


def _unread(slug: str, version: str) -> "Select[tuple[UUID]]":
    """Look for an answer that an earlier version of the connector did not understand."""
    older = (EXCHANGE.c.state == State.QUARANTINED.value, EXCHANGE.c.decoded_with != version)
    return select(EXCHANGE.c.exchange_id).where(EXCHANGE.c.binding == slug, *older).limit(1)


def carry_out(engine: Engine, way: Way, *, at_most: int = 1000) -> int:
    """Carry out what is due with one binding, one after the other, in this thread; return how many steps that took."""
    traffic = Traffic(engine, {way.binding.slug: way})
    for done in range(at_most):
        item = traffic.claim(way.binding.slug)
        if item is None:
            return done
        traffic.deliver(item)
    return at_most


def unresolved(tx: ReadTx) -> list[UUID]:
    """Return the periods of what waits for a person: its bytes are kept until somebody has looked."""
    waiting = (State.IN_DOUBT.value, State.QUARANTINED.value, State.PARKED.value)
    statement = select(EXCHANGE.c.command_period).where(
        EXCHANGE.c.state.in_(waiting), EXCHANGE.c.kind == "push", EXCHANGE.c.command_period.is_not(None)
    )
    return list(tx.execute(statement.distinct()).scalars())
