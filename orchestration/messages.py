"""Messages in doubt as the operator sees and settles them: identifiers, kinds and outcomes, no person and no address."""

import json
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from hub.errors import InvalidValue
from hub.notifications.doubts import Doubt, Settled, doubts, settle
from hub.persons.agents import OPERATOR
from vault.bootstrap import utc_now
from vault.db import Database
from vault.standing import Purpose, standing

LOOKED_BACK = timedelta(days=90)
"""How long after it was written a message is listed: the last reminder of it is long over."""


@standing(purpose=Purpose.TELLING)
def listed(db: Database) -> list[Doubt]:
    """Return the messages that may not have arrived."""
    with db.read() as tx:
        return doubts(tx, since=utc_now() - LOOKED_BACK)


def as_json(found: list[Doubt]) -> str:
    """Return them as one JSON list."""
    return json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1, default=str)


def in_words(found: list[Doubt]) -> list[str]:
    """Return them as lines."""
    return [
        f"{one.message_id}  {one.state:<8}  {one.channel or '-':<9}  {one.kind:<14}  "
        f"{one.siret or 'a family':<14}  since {one.since:%Y-%m-%d %H:%M} UTC  {one.last_outcome}"
        for one in found
    ]


@standing(purpose=Purpose.TELLING)
def settled(db: Database, message: str, how: str, reason: str) -> None:
    """Settle one message; raises as :func:`hub.notifications.doubts.settle` does."""
    try:
        message_id, found = UUID(message), Settled(how)
    except ValueError:
        raise InvalidValue("message: an identifier of the list, then « sent » or « again »") from None
    with db.transaction() as tx:
        settle(tx, message_id, found, reason, actor=OPERATOR, now=utc_now())
