"""Exchanges as the operator plans, sees and settles them: identifiers and outcomes, and no person."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from uuid import UUID

from hub.bootstrap import Back, back
from hub.errors import InvalidValue, NothingHere
from hub.exchanges.doubts import Settled, Waiting, settle, waiting
from hub.exchanges.folders_aside import Aside, folders_aside, give_up, look_again
from hub.exchanges.looking import Day, look_at_day
from hub.exchanges.pulling import Pulls, plan_pulls
from hub.exchanges.pushing import Pushes, plan_pushes
from hub.persons.agents import OPERATOR
from hub.settings import HubSettings
from orchestration.stack import environment
from orchestration.stack.addresses import addresses
from orchestration.stack.layout import Layout
from orchestration.stack.places import Places
from vault.bootstrap import utc_now
from vault.db import Database
from vault.settings import VaultSettings
from vault.standing import Purpose, standing

PROFILE = "demo"
"""Of the operator's own process, which starts nothing; it plans, and what plans unwraps nothing."""


@contextmanager
def planning(layout: Layout) -> Iterator[Back]:
    """Give what the pipelines of this state folder plan with: their login, and no secret of any partner."""
    told = environment.pipelines(PROFILE, Places.recorded(layout), addresses(layout))
    vault = VaultSettings(**environment.fields(told, "VAULT_", PROFILE))
    parts = back(vault, HubSettings(**environment.fields(told, "HUB_", PROFILE)))
    try:
        yield parts
    finally:
        parts.custody.db.close()


def planned(layout: Layout, binding: str, day: date) -> tuple[Pushes, Pulls, Day]:
    """Plan what a body is told and asked on a day; return what that came to, and how the day's exchanges stand.

    Raises :class:`~hub.errors.InvalidValue` for a binding that the engine does not carry.
    """
    with planning(layout) as parts:
        way = parts.ways.get(binding)
        if way is None:
            raise InvalidValue(f"binding: one of {', '.join(sorted(parts.ways))}")
        pushes = plan_pushes(parts.custody, parts.catalogue, way, day)
        pulls = plan_pulls(parts.custody, way, day)
        return pushes, pulls, look_at_day(parts.custody.db, way, day)


def plan_in_words(pushes: Pushes, pulls: Pulls, day: Day) -> list[str]:
    """Return what planning came to as lines."""
    left = f"{pushes.withheld} papers without a ground, {pushes.unwritable} lines it cannot say, {pushes.waiting} under way"
    return [
        f"told    {pushes.operation or 'nothing'}: {pushes.exchanges} planned about {pushes.lines} lines; {left}",
        f"asked   {pulls.operation or 'nothing'}: {pulls.exchanges} planned, {pulls.awaited} lines await it",
        f"the day {day.under_way} under way, {day.waiting_for_a_person} wait for a person, {day.refused} lines refused; "
        + (", ".join(f"{kind} {n}" for kind, n in sorted(day.outcomes.items())) or "none settled"),
    ]


@standing(purpose=Purpose.AUDIT)
def listed(db: Database) -> list[Waiting]:
    """Return the exchanges that wait for a person."""
    with db.read() as tx:
        return waiting(tx)


def as_json(found: list[Waiting]) -> str:
    """Return them as one JSON list."""
    return json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1, default=str)


def in_words(found: list[Waiting]) -> list[str]:
    """Return them as lines."""
    return [
        f"{one.exchange_id}  {one.state:<11}  {one.binding:<20}  {one.operation:<22}  {one.attempts} tries  "
        f"since {one.since:%Y-%m-%d %H:%M} UTC  {one.outcome_code}"
        for one in found
    ]


def settled(db: Database, exchange: str, how: str, reason: str) -> None:
    """Settle one exchange; raises as :func:`hub.exchanges.doubts.settle` does."""
    try:
        exchange_id, found = UUID(exchange), Settled(how)
    except ValueError:
        raise InvalidValue(
            "exchange: an identifier of the list, then « happened », « again » or « cancelled »"
        ) from None
    known = next((one for one in listed(db) if one.exchange_id == exchange_id), None)
    if known is None:
        raise NothingHere
    with standing(partner=known.siret), db.transaction() as tx:
        settle(tx, exchange_id, found, reason, actor=OPERATOR, now=utc_now())


@standing(purpose=Purpose.AUDIT)
def set_aside(db: Database) -> Aside:
    """Return the folders of HubEE that were set aside."""
    with db.read() as tx:
        return folders_aside(tx)


def aside_as_json(found: Aside) -> str:
    """Return them as one JSON object: counts by binding and why, and the oldest."""
    counts = [{"binding": binding, "why": why, "many": many} for binding, why, many in found.counts]
    oldest = [asdict(one) for one in found.shown]
    return json.dumps({"counts": counts, "oldest": oldest}, ensure_ascii=False, indent=1, default=str)


def aside_in_words(found: Aside) -> list[str]:
    """Return them as lines."""
    counts = [f"{many:>6}  {binding:<24}  {why}" for binding, why, many in found.counts]
    oldest = [
        f"{one.notification_id}  {one.binding:<24}  {one.why:<20}  since {one.seen_at:%Y-%m-%d %H:%M} UTC"
        + ("  in the queue" if one.lies else "")
        for one in found.shown
    ]
    return [*counts, *oldest]


def decide_folder(db: Database, notification: str, how: str, reason: str) -> None:
    """Have a folder looked at again, or given up; raises as :mod:`hub.exchanges.folders_aside` does."""
    if how not in ("again", "give-up"):
        raise InvalidValue("how: « again » or « give-up »")
    known = next((one for one in set_aside(db).shown if str(one.notification_id) == notification), None)
    if known is None:
        raise NothingHere
    folder = (known.binding, known.notification_id)
    # Both standings: to see it as the list does, and to change it for its body.
    with standing(partner=known.siret, purpose=Purpose.AUDIT), db.transaction() as tx:
        if how == "again":
            look_again(tx, folder, reason, actor=OPERATOR, now=utc_now())
        else:
            give_up(tx, folder, reason, actor=OPERATOR)
