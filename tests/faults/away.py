"""A partner that answers nothing for days of a clock that is set: what it is told waits for it, and keeps its order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy.engine import make_url

from contracts.identifiers import new_uuid
from hub.notifications.deliveries import PATIENCE
from hub.notifications.feed import write_cursor
from hub.notifications.replays import open_again, replay
from tests.faults.limits import served
from tests.faults.partners import Came
from tests.unit.hub.notifications.conftest import Told, Town
from vault.crypto.memory import MemoryMasterKey
from vault.db import Database
from vault.journal.records import Actor, ActorKind

ENGINEER = Actor(ActorKind.PARTNER, "x")


@contextmanager
def town() -> Iterator[Town]:
    """Partners on a PostgreSQL of their own, and a clock one can set."""
    with served() as url, ExitStack() as exits:
        login = make_url(url).set(username="unefois_worker", password="of-this-test")
        databases = Database.connect(login.render_as_string(hide_password=False)), Database.connect(url)
        try:
            yield Town(url, *databases, MemoryMasterKey.generate(), exits)
        finally:
            for one in databases:
                one.close()


def away(hours: float, *, lines: int = 4, every: float = 1.5) -> Came:
    """A partner that answers nothing for so long is told everything, in order by subject; turned off, once it asks."""
    came = Came(faults=1)
    with town() as there:
        partner = there.partner()
        there.chance, numbers = 0.99, [new_uuid() for _ in range(lines)]
        told = _told_while_away(there, partner, timedelta(hours=hours), every, numbers)
        off = there.webhook(partner)["disabled_at"] is not None
        if off is not (timedelta(hours=hours) > PATIENCE):
            came.verdict.unexplained.append(f"after {hours} hours the webhook is {'off' if off else 'on'}")
        if off:
            with there.owner.transaction() as tx:
                open_again(tx, partner.siret, actor=ENGINEER, now=there.now())
        while "due" in there.states(partner):
            there.clock[0] = max(there.now(), there.next_moment(partner))
            there.drain()
        came.acts = len(told)
        _judge_order(came, partner, told)
        # And the same once more for who asks: from the beginning, under the same identifiers.
        with there.owner.transaction() as tx:
            replay(tx, partner.siret, write_cursor(partner.siret, 0), None, actor=ENGINEER, now=there.now())
        heard = len(partner.receiver.taken) if partner.receiver else 0
        there.drain()
        again = partner.receiver.taken[heard:] if partner.receiver else []
        came.counted("notifications replayed", len(again), len(told))
        if [one["id"] for one in again] != told:
            came.verdict.unexplained.append("a replay is not what was told, in its order")
    return came


def _told_while_away(there: Town, partner: Told, gone: timedelta, every: float, lines: list[UUID]) -> list[str]:
    """Tell a partner something every so many hours while it answers nothing; return the identifiers in order."""
    assert partner.receiver is not None
    partner.receiver.status, begun, told = 503, there.now(), []
    while there.now() < begun + gone:
        told.append(str(there.tell(partner, f"{len(told)}", line=lines[len(told) % len(lines)])))
        there.drain()
        there.later(hours=every)
    partner.receiver.status = 204
    return told


def _judge_order(came: Came, partner: Told, told: list[str]) -> None:
    taken = partner.receiver.taken if partner.receiver else []
    came.counted("notifications", len(taken), len(told))
    came.counted("different notifications", len({one["id"] for one in taken}), len(told))
    for subject in {one["subject"] for one in taken}:
        words = [int(one["data"]["requirement"]) for one in taken if one["subject"] == subject]
        if words != sorted(words):
            came.verdict.unexplained.append(f"what is about {subject} came out of order")
