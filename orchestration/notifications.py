"""Notifications that partners do not take, as the operator's terminal sees them and has them sent or let go (ADR 0016)."""

import json
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select

from hub.errors import InvalidValue
from hub.notifications.stuck import Queue, let_go_one, queue_of, send_now, tell_partner
from hub.partners.registry import siret_of
from hub.partners.tables import PARTNER, WEBHOOK
from hub.persons.agents import OPERATOR
from vault.bootstrap import utc_now
from vault.db import Database
from vault.standing import Purpose, standing


@standing(purpose=Purpose.SENDING)
def listed(db: Database, slug: str | None) -> list[Queue]:
    """Return what waits for each partner with a webhook, or for one; raises :class:`~hub.errors.NothingHere` where it has none."""
    with db.read() as tx:
        if slug is not None:
            return [queue_of(tx, siret_of(tx, slug))]
        known = select(PARTNER.c.siret).join(WEBHOOK, WEBHOOK.c.siret == PARTNER.c.siret).order_by(PARTNER.c.name)
        found = [queue_of(tx, siret) for siret in tx.execute(known).scalars().all()]
    return [one for one in found if one.shown]


def as_json(found: list[Queue]) -> str:
    """Return them as one JSON list."""
    return json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1, default=str)


def in_words(found: list[Queue]) -> list[str]:
    """Return them as lines: a partner, then its notifications in the order in which they are sent."""
    lines = []
    for queue in found:
        off = f", off: {queue.off_for}" if queue.off_for else ""
        told = f", told on {queue.told_at:%Y-%m-%d}" if queue.told_at else ""
        lines.append(f"{queue.name} ({queue.siret}): {queue.waiting} wait{off}{told}")
        for one in queue.shown:
            how = "given up" if one.given_up else f"next {one.next_try:%Y-%m-%d %H:%M} UTC"
            goes = f"  may go from {one.may_go_from:%Y-%m-%d %H:%M} UTC" if one.may_go_from else ""
            said = f"{one.attempts} tries  {one.last_outcome or '-'}"
            lines.append(f"  {one.delivery_id}  since {one.since:%Y-%m-%d %H:%M} UTC  {how}  {said}{goes}")
    return lines


@standing(purpose=Purpose.SENDING)
def sent(db: Database, notification: str, reason: str) -> None:
    """Have one tried at once; raises as :func:`hub.notifications.stuck.send_now` does."""
    with db.transaction() as tx:
        send_now(tx, _number(notification), reason, actor=OPERATOR, now=utc_now())


@standing(purpose=Purpose.SENDING)
def warned(db: Database, slug: str, reason: str) -> None:
    """Write to a partner's contact; raises as :func:`hub.notifications.stuck.tell_partner` does."""
    with db.transaction() as tx:
        tell_partner(tx, siret_of(tx, slug), reason, actor=OPERATOR, now=utc_now())


@standing(purpose=Purpose.SENDING)
def let_go(db: Database, notification: str, reason: str) -> None:
    """Let one go; raises as :func:`hub.notifications.stuck.let_go_one` does."""
    with db.transaction() as tx:
        let_go_one(tx, _number(notification), reason, actor=OPERATOR, now=utc_now())


def _number(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise InvalidValue("notification: an identifier of the list") from None
