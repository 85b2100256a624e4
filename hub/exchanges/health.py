"""How each binding is: can it be reached, does it know us, is its contract the locked one, and does business get done."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert

from connectors.drops import AUTH, HOST_KEY, Inbox
from connectors.errors import ConnectorError, FolderUnreachable
from connectors.port import Binding, Depth, Probing
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.exchanges import breaker
from hub.exchanges.planning import State
from hub.exchanges.tables import BINDING_HEALTH, EXCHANGE
from hub.exchanges.ways import Way
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.standing import standing

_LOG = logging.getLogger(__name__)
LOOK_EVERY = timedelta(minutes=5)
BUSINESS = "business"
LATE = timedelta(hours=24)
"""What waits for longer says that business is not done, whatever the probes say."""


class Health(StrEnum):
    """How a binding is on one level; what nobody has looked at is unknown, and never well."""

    OK = "ok"
    DEGRADED = "degraded"
    CLOSED = "closed"
    """By the partner's own hours."""
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of one binding: how it is, since when, and what showed it."""

    depth: str
    state: Health
    since: datetime | None = None
    evidence: str = ""
    looked_at: datetime | None = None


_BREAKS = {Depth.AUTH: (breaker.Reason.AUTH, breaker.Reason.UNREACHABLE, breaker.Reason.FAILING)} | {
    Depth.CONTRACT: (breaker.Reason.CONTRACT,)
}
"""Which rests of an end-point a probe can end: the contract's by the contract, the others by a question under our name."""

_UNOPENED = {HOST_KEY: OutcomeKind.MISCONFIGURED, AUTH: OutcomeKind.AUTH_FAILED}


def levels(tx: ReadTx, binding: str) -> list[Level]:
    """Return every level of a binding; one that was never looked at is unknown."""
    return _levels(
        {row.depth: row for row in tx.execute(select(BINDING_HEALTH).where(BINDING_HEALTH.c.binding == binding))}
    )


def _levels(rows: Mapping[str, Any]) -> list[Level]:
    return [
        Level(depth, Health(row.state), row.since, row.evidence, row.looked_at)
        if (row := rows.get(depth)) is not None
        else Level(depth, Health.UNKNOWN)
        for depth in (*Depth, BUSINESS)
    ]


def all_levels(tx: ReadTx) -> dict[str, list[Level]]:
    """Return every level of every binding that was ever looked at, in the order of :func:`levels`."""
    rows: dict[str, dict[str, Any]] = {}
    for row in tx.execute(select(BINDING_HEALTH)):
        rows.setdefault(row.binding, {})[row.depth] = row
    return {slug: _levels(found) for slug, found in rows.items()}


UNKNOWN = tuple(Level(depth, Health.UNKNOWN) for depth in (*Depth, BUSINESS))
"""The levels of a binding that nobody ever looked at: what the engine does not carry, or not yet."""


def is_due(tx: ReadTx, binding: str, *, now: datetime) -> bool:
    """Tell whether it is time to look: the last look is old, or an end-point has rested and can be tried."""
    last: datetime | None = tx.execute(
        select(func.max(BINDING_HEALTH.c.looked_at)).where(BINDING_HEALTH.c.binding == binding)
    ).scalar_one()
    rested = any(rest.until <= now for rest in breaker.all_resting(tx, binding))
    return last is None or last <= now - LOOK_EVERY or rested


def look(custody: Custody, way: Way) -> list[Level]:
    """Look at every level there is a probe for, keep what was seen, and end the rests that a good probe ends."""
    return _kept(custody, way.binding, _probed(custody, way))


def folder_is_due(custody: Custody, binding: Binding) -> bool:
    """Tell whether it is time to look at a partner's folder, as :func:`is_due` does within a transaction."""
    with standing(partner=binding.siret), custody.db.read() as tx:
        return is_due(tx, binding.slug, now=custody.now())


def look_at_folder(
    custody: Custody, binding: Binding, inbox: Callable[[], Inbox], *, closed: datetime | None
) -> list[Level]:
    """Look whether a partner's folder opens to us, and keep what was seen, and whether what was to be done is.

    Nothing is taken out of it. With ``closed``, when the partner opens again, it is left alone.
    """
    return _kept(custody, binding, _listed(inbox, closed, now=custody.now()))


def _listed(inbox: Callable[[], Inbox], closed: datetime | None, *, now: datetime) -> dict[Depth, ExchangeOutcome]:
    asked = (Depth.REACH, Depth.AUTH)
    if closed is not None:
        return dict.fromkeys(asked, ExchangeOutcome(OutcomeKind.CLOSED, until=closed))
    try:
        many = len(inbox().listing())
    except FolderUnreachable as error:
        refused = ExchangeOutcome(_UNOPENED.get(str(error), OutcomeKind.UNAVAILABLE), code=str(error))
    except ConnectorError as error:
        return {Depth.AUTH: ExchangeOutcome(OutcomeKind.MISCONFIGURED, code=type(error).__name__)}
    else:
        return dict.fromkeys(asked, ExchangeOutcome(OutcomeKind.FOUND, code=f"{many} files lie there", as_of=now))
    if refused.kind is OutcomeKind.UNAVAILABLE:
        return dict.fromkeys(asked, refused)
    # Somebody answers there; what does not fit is who they are, or who we are.
    return {Depth.REACH: ExchangeOutcome(OutcomeKind.FOUND, code="answers", as_of=now), Depth.AUTH: refused}


def _kept(custody: Custody, binding: Binding, seen: Mapping[Depth, ExchangeOutcome]) -> list[Level]:
    now, slug = custody.now(), binding.slug
    with standing(partner=binding.siret), custody.db.transaction() as tx:
        for depth, outcome in seen.items():
            _keep(tx, slug, Level(depth, _state(outcome), evidence=_words(outcome)), now=now)
            _end_rests(tx, slug, depth, well=outcome.kind is OutcomeKind.FOUND, now=now)
        _keep(tx, slug, _business(tx, slug, now=now), now=now)
        return levels(tx, slug)


def _probed(custody: Custody, way: Way) -> dict[Depth, ExchangeOutcome]:
    if not isinstance(way.codec, Probing):
        return {}
    closed = way.closed_until(custody.now())
    try:
        probes = way.codec.probes(way.binding)
    except ConnectorError as error:
        return {Depth.AUTH: ExchangeOutcome(OutcomeKind.MISCONFIGURED, code=type(error).__name__)}
    if closed is not None:
        return dict.fromkeys(probes, ExchangeOutcome(OutcomeKind.CLOSED, until=closed))
    return {depth: way.codec.judge_probe(depth, way.transport.send(request)) for depth, request in probes.items()}


def _state(outcome: ExchangeOutcome) -> Health:
    if outcome.kind is OutcomeKind.FOUND:
        return Health.OK
    if outcome.kind is OutcomeKind.CLOSED:
        return Health.CLOSED
    return Health.DEGRADED if outcome.kind is OutcomeKind.RATE_LIMITED else Health.DOWN


def _words(outcome: ExchangeOutcome) -> str:
    return f"{outcome.kind}:{outcome.code}"[:200]


def _end_rests(tx: WriteTx, slug: str, depth: Depth, *, well: bool, now: datetime) -> None:
    for rest in breaker.all_resting(tx, slug):
        if rest.reason not in _BREAKS.get(depth, ()) or rest.until > now:
            continue
        if well:
            breaker.close(tx, slug, rest.endpoint)
        else:
            breaker.rest_longer(tx, slug, rest, now=now)


def _business(tx: ReadTx, slug: str, *, now: datetime) -> Level:
    """Return whether what was to be done was: counts of what is in doubt or quarantined, and how long the oldest waits."""
    stuck = (State.IN_DOUBT.value, State.QUARANTINED.value, State.PARKED.value)
    counts = select(
        func.count(case((EXCHANGE.c.state.in_(stuck), 1))).label("stuck"),
        func.min(case((EXCHANGE.c.state.in_((State.PLANNED.value, State.SENDING.value)), EXCHANGE.c.created_at))).label(
            "oldest"
        ),
    ).where(EXCHANGE.c.binding == slug, EXCHANGE.c.state.not_in((State.SETTLED.value, State.CANCELLED.value)))
    row: Any = tx.execute(counts).one()
    waits = timedelta() if row.oldest is None else now - row.oldest
    resting = len(breaker.all_resting(tx, slug))
    evidence = f"{row.stuck} wait for a person, the oldest {int(waits.total_seconds())} s, {resting} end-points rest"
    if resting or waits > LATE:
        return Level(BUSINESS, Health.DOWN, evidence=evidence)
    return Level(BUSINESS, Health.DEGRADED if row.stuck else Health.OK, evidence=evidence)


def _keep(tx: WriteTx, slug: str, level: Level, *, now: datetime) -> None:
    values = {"state": level.state.value, "evidence": level.evidence, "looked_at": now}
    fresh = insert(BINDING_HEALTH).values(binding=slug, depth=str(level.depth), since=now, **values)
    same = BINDING_HEALTH.c.state == level.state.value
    tx.execute(
        fresh.on_conflict_do_update(
            index_elements=[BINDING_HEALTH.c.binding, BINDING_HEALTH.c.depth],
            set_=values | {"since": case((same, BINDING_HEALTH.c.since), else_=now)},
        )
    )
