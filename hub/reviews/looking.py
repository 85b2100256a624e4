"""An agent looks at the paper of a review: a ticket from the door that knows them, spent at the door that can open."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.engine import Row

from hub.errors import NothingHere, ReviewNotTaken
from hub.persons.agents import SignedInAgent
from hub.persons.tables import REVIEW_TICKET
from hub.releases.agent_grounds import find_agent_ground
from hub.releases.gate import Ordered, order_agent_look
from hub.requirements.catalogue import Catalogue
from hub.reviews.noting import notes_of
from hub.reviews.queue import find_review, line_of
from vault.documents.custody import Custody
from vault.journal.records import Actor, ActorKind
from vault.standing import standing

TICKET_LIFE = timedelta(minutes=1)
Shown = Literal["copy", "values", "notes"]


def issue(custody: Custody, catalogue: Catalogue, agent: SignedInAgent, review_id: UUID, shown: Shown) -> str:
    """Return a ticket for one look at the paper of a review the agent has taken.

    Raises :class:`NothingHere` alike for another body's review and for none, :class:`ReviewNotTaken`, and
    :class:`~hub.errors.NoGround`.
    """
    now = custody.now()
    ticket = secrets.token_urlsafe(32)
    with custody.db.transaction() as tx:
        found = find_review(tx, agent, review_id, now=now)
        if found.document_id is None:
            raise NothingHere
        if line_of(found, agent, now=now).state != "mine":
            raise ReviewNotTaken
        find_agent_ground(tx, catalogue, review_id=review_id, agent_id=agent.agent_id, now=now)
        row = {
            "ticket_digest": _digest(ticket),
            "review_id": review_id,
            "agent_id": agent.agent_id,
            "shown": shown,
            "expires_at": now + TICKET_LIFE,
        }
        tx.execute(insert(REVIEW_TICKET).values(**row))
    return ticket


def spend(custody: Custody, catalogue: Catalogue, ticket: str, shown: Shown) -> Ordered:
    """Order the look a ticket is for, once; its journal entry has committed when this returns.

    The ground is read again. Raises :class:`NothingHere` for a ticket that is spent, late or for something else, and
    :class:`~hub.errors.NoGround`.
    """
    return _spend(custody, catalogue, ticket, shown)[1]


def spend_for_notes(custody: Custody, catalogue: Catalogue, ticket: str) -> tuple[str, ...]:
    """Return the notes of a review in clear, once per ticket, behind an entry of their own; raises as :func:`spend`."""
    spent, ordered = _spend(custody, catalogue, ticket, "notes")
    with standing(agent=spent.agent_id, entry=ordered.entry_id), custody.db.read() as tx:
        return notes_of(custody, tx, spent.review_id)


def _spend(custody: Custody, catalogue: Catalogue, ticket: str, shown: Shown) -> tuple["Row[Any]", Ordered]:
    now, digest = custody.now(), _digest(ticket)
    with standing(ticket=digest.hex()), custody.db.transaction() as tx:
        row = tx.execute(
            delete(REVIEW_TICKET).where(REVIEW_TICKET.c.ticket_digest == digest).returning(REVIEW_TICKET)
        ).one_or_none()
    if row is None or row.expires_at <= now or row.shown != shown:
        raise NothingHere
    actor = Actor(ActorKind.AGENT, str(row.agent_id))
    # The ticket, once spent, says for which agent this door works.
    with standing(agent=row.agent_id), custody.db.transaction() as tx:
        look = find_agent_ground(tx, catalogue, review_id=row.review_id, agent_id=row.agent_id, now=now)
        return row, order_agent_look(tx, look, actor, shown=shown, now=now)


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
