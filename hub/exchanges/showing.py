"""An operator looks at the bytes of a conversation, for a reason: a ticket from the door that knows them, spent at the
one that can open, which shows them without what they say of anybody.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, text, update

from connectors.port import manifests
from connectors.redacting import redacted, shown_headers
from contracts.looks import LookReason
from hub.errors import NothingHere
from hub.exchanges.doubts import said_why
from hub.exchanges.recording import parts
from hub.exchanges.tables import EXCHANGE, EXCHANGE_ATTEMPT, EXCHANGE_LOOK
from hub.persons.agents import SignedInAgent
from vault.bodies.keeping import open_body
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.journal.entries import append, append_all
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.standing import standing

TICKET_LIFE = timedelta(minutes=1)
LOOKED = "exchange_looked"
"""The step that the journal has of a look, for each family that the conversation names."""
_FAMILIES = text("SELECT hub.families_looked_at()")


@dataclass(frozen=True, slots=True)
class Shown:
    """One conversation as an operator sees it: no query, no value but the protocol's own."""

    exchange_id: UUID
    number: int
    reason: str
    method: str
    headers: tuple[tuple[str, str], ...]
    request: str
    response: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why an operator looks: in a word that the families concerned are told, and in words that the journal alone keeps."""

    category: LookReason
    reason: str


def issue(tx: WriteTx, exchange_id: UUID, number: int, why: Why, *, agent: SignedInAgent, now: datetime) -> str:
    """Return a ticket for one look at the bytes of one attempt.

    Raises :class:`~hub.errors.InvalidValue` without a reason, and :class:`NothingHere` where no bytes were kept.
    """
    said = said_why(why.reason)
    row = tx.execute(
        select(EXCHANGE_ATTEMPT.c.body_id, EXCHANGE.c.connector, EXCHANGE.c.siret)
        .join(EXCHANGE, EXCHANGE.c.exchange_id == EXCHANGE_ATTEMPT.c.exchange_id)
        .where(EXCHANGE_ATTEMPT.c.exchange_id == exchange_id, EXCHANGE_ATTEMPT.c.number == number)
    ).one_or_none()
    if row is None or row.body_id is None or row.connector is None:
        raise NothingHere
    ticket = secrets.token_urlsafe(32)
    told = {"exchange_id": exchange_id, "number": number, "agent_id": agent.agent_id, "reason": said}
    told |= {"category": why.category.value}
    values = told | {"body_id": row.body_id, "connector": row.connector, "siret": row.siret}
    tx.execute(insert(EXCHANGE_LOOK).values(**values, ticket_digest=_digest(ticket), expires_at=now + TICKET_LIFE))
    return ticket


def look(custody: Custody, ticket: str) -> Shown:
    """Return what a ticket is for, once; the entry that names the reason has committed before a byte is opened.

    So have those that each family reads whom the conversation names: one of its own, which holds nothing of the others.
    Raises :class:`NothingHere` for a ticket that is spent, late or unknown, and as
    :func:`vault.bodies.keeping.open_body` does.
    """
    digest = _digest(ticket)
    with standing(ticket=digest.hex()), custody.db.transaction() as tx:
        this = EXCHANGE_LOOK.c.ticket_digest == digest
        row = tx.execute(select(EXCHANGE_LOOK).where(this).with_for_update()).one_or_none()
        if row is None or row.entry_id is not None or row.expires_at <= custody.now():
            raise NothingHere
        families: list[UUID] = tx.execute(_FAMILIES).scalar_one()
        detail = {
            "exchange": str(row.exchange_id),
            "attempt": row.number,
            "reason": row.reason,
            "category": row.category,
            "families": len(families),
        }
        actor = Actor(ActorKind.AGENT, str(row.agent_id))
        told = {"step": LOOKED, "category": row.category}
        append_all(
            tx,
            [
                JournalEntry(JournalAct.VIEW, actor, subjects=(one,), recipient=row.siret, detail=told)
                for one in families
            ],
        )
        entry_id = append(tx, JournalEntry(JournalAct.VIEW, actor, recipient=row.siret, detail=detail))
        tx.execute(update(EXCHANGE_LOOK).where(this).values(entry_id=entry_id))
    with standing(entry=entry_id), custody.db.read() as read:
        kept = open_body(read, custody, row.body_id)
    manifest = manifests().get(row.connector)
    return _shown(kept, row.exchange_id, row.number, row.reason, frozenset() if manifest is None else manifest.shown)


def _shown(kept: bytes, exchange_id: UUID, number: int, reason: str, shown: frozenset[str]) -> Shown:
    head, request, response = parts(kept)
    return Shown(
        exchange_id=exchange_id,
        number=number,
        reason=reason,
        method=head["method"],
        headers=shown_headers([(name, value) for name, value in head["headers"]]),
        request=redacted(request, shown),
        response=redacted(response, shown),
    )


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
