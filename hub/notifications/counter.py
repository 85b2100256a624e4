"""Whom an agent has at the counter: a visit opened by the code of a letter, for some minutes, and in the journal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select

from contracts.identifiers import Siret, new_uuid
from hub.errors import NothingHere
from hub.notifications.choosing import Chooser
from hub.notifications.proving_contact import forget_checks
from hub.notifications.return_codes import LetterFound, forget_codes
from hub.persons.agents import Role, SignedInAgent
from hub.persons.tables import CIVIL_STATUS, COUNTER_VISIT
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry

VISIT_LIFE = timedelta(minutes=20)
"""As long as a review is kept for an agent."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the counter: who it is said to be, and the message that brought them."""

    visit_id: UUID
    person_id: UUID
    message_id: UUID
    name: str
    until: datetime
    chooser: Chooser


def open_visit(tx: WriteTx, agent: SignedInAgent, letter: LetterFound, *, now: datetime) -> UUID:
    """Open a visit of whom a letter is for; return its name. Raises :class:`NothingHere` for agents of no counter."""
    body = counter_of(agent)
    visit_id = new_uuid()
    whose = {"agent_id": agent.agent_id, "person_id": letter.person_id, "message_id": letter.message_id}
    tx.execute(insert(COUNTER_VISIT).values(visit_id=visit_id, **whose, opened_at=now, expires_at=now + VISIT_LIFE))
    detail = {"step": "counter_visit"}
    append(
        tx,
        JournalEntry(JournalAct.REQUEST, agent.actor, subjects=(letter.person_id,), recipient=body, detail=detail),
    )
    return visit_id


def visit_of(tx: ReadTx, agent: SignedInAgent, visit_id: UUID, *, now: datetime) -> Visit:
    """Return an agent's own visit; raises :class:`NothingHere` for another's, and for one that is over."""
    body = counter_of(agent)
    row = tx.execute(
        select(COUNTER_VISIT, CIVIL_STATUS.c.given_names, CIVIL_STATUS.c.family_name, CIVIL_STATUS.c.usage_name)
        .join(CIVIL_STATUS, CIVIL_STATUS.c.person_id == COUNTER_VISIT.c.person_id)
        .where(
            COUNTER_VISIT.c.visit_id == visit_id,
            COUNTER_VISIT.c.agent_id == agent.agent_id,
            COUNTER_VISIT.c.expires_at > now,
            CIVIL_STATUS.c.retracted_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise NothingHere
    name = f"{row.given_names[0]} {row.usage_name or row.family_name}"
    chooser = Chooser(agent.actor, body)
    return Visit(row.visit_id, row.person_id, row.message_id, name, row.expires_at, chooser)


def counter_of(agent: SignedInAgent) -> Siret:
    """Return the body at whose counter an agent is; raises :class:`NothingHere` where it is none."""
    bodies = sorted(agent.bodies(Role.COUNTER))
    if not bodies:
        raise NothingHere
    return bodies[0]


def forget_over(tx: WriteTx, *, now: datetime) -> int:
    """Let go of visits, codes of letters and codes sent to telephones whose time is over; return how many."""
    visits = tx.execute(delete(COUNTER_VISIT).where(COUNTER_VISIT.c.expires_at <= now)).rowcount
    return visits + forget_codes(tx, now=now) + forget_checks(tx, now=now)
