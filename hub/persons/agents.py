"""Agents: whom a body sends, which roles our own table gives them, and the short session that follows a sign-in.

An agent who is also a resident has two accounts that never meet: nothing here points at a person, and no session of one
kind is looked for under the other's cookie.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, func, insert, literal, select, update

from contracts.identifiers import Siret, is_siret, new_uuid
from hub.errors import AgentSignInRequired, AgentUnknown, InvalidValue
from hub.persons.tables import AGENT, AGENT_ROLE, AGENT_SESSION
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

IDLE_LIFE = timedelta(minutes=15)
"""How long an agent's session lives without a gesture: half of a resident's, since what it opens is not theirs."""
LONGEST_LIFE = timedelta(hours=2)
"""After which ProConnect is asked again, gesture or not."""
OPERATOR = Actor(ActorKind.PROCESS, "operator")


class Role(StrEnum):
    """What an agent may do for one body."""

    REVIEWER = "reviewer"
    """Examines and decides."""
    OPERATOR = "operator"
    """Sees how much waits and since when, and gives a review back to the queue; opens no paper, decides nothing.

    For the body that runs the hub: the console too (``/ops``), with exchanges, plans of repeats and the pipelines.
    """
    VIEWER = "viewer"
    """For the body that runs the hub: sees the console, and changes nothing."""
    COUNTER = "counter"
    """Welcomes families: finds what they were asked by the code of their letter, and notes how they want to be reached."""


@dataclass(frozen=True, slots=True)
class AgentIdentity:
    """What an agents' identity provider vouches for; it says no role, and would not be asked for one."""

    issuer: str
    subject: str
    email: str
    siret: str
    name: str


@dataclass(frozen=True, slots=True)
class SignedInAgent:
    """The agent of this session, with the roles that our table gives now."""

    agent_id: UUID
    name: str
    provider: str
    id_token: str
    roles: frozenset[tuple[Siret, Role]]

    @property
    def actor(self) -> Actor:
        """The agent as the journal names them."""
        return Actor(ActorKind.AGENT, str(self.agent_id))

    def operates(self, runner: str, *, changes: bool) -> bool:
        """Tell whether the console of the hub that the body ``runner`` runs is theirs, to look or also to change."""
        roles = (Role.OPERATOR,) if changes else (Role.OPERATOR, Role.VIEWER)
        return any(runner in self.bodies(role) for role in roles)

    def bodies(self, role: Role) -> frozenset[Siret]:
        """Return the bodies for which the agent has ``role``."""
        return frozenset(body for body, held in self.roles if held is role)


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """An agent as whoever manages them sees them."""

    agent_id: UUID
    email: str
    siret: str
    roles: tuple[tuple[str, str], ...]
    signed_in_once: bool


def add_agent(tx: WriteTx, email: str, *, siret: str, body: str, role: Role, now: datetime) -> bool:
    """Give an agent a role for a body; tell whether that was new. The journal keeps it.

    ``siret`` is the establishment their identity provider names. Raises :class:`InvalidValue`.
    """
    address = _address(email)
    if not (is_siret(siret) and is_siret(body)):
        raise InvalidValue("siret: 14 digits with a right sum")
    agent_id = _known(tx, address, siret)
    if agent_id is None:
        agent_id = new_uuid()
        tx.execute(insert(AGENT).values(agent_id=agent_id, email=address, siret=siret, added_at=now))
    held = (AGENT_ROLE.c.agent_id == agent_id, AGENT_ROLE.c.withdrawn_at.is_(None))
    same = (AGENT_ROLE.c.body == body, AGENT_ROLE.c.role == role.value)
    if tx.execute(select(AGENT_ROLE.c.role_id).where(*held, *same)).one_or_none() is not None:
        return False
    row = {"role_id": new_uuid(), "agent_id": agent_id, "body": body, "role": role.value, "given_at": now}
    tx.execute(insert(AGENT_ROLE).values(**row))
    _journal(tx, agent_id, {"step": "role_given", "body": body, "role": role.value})
    return True


def remove_agent(tx: WriteTx, email: str, *, now: datetime) -> int:
    """Take every role and session from an agent at once; return how many accounts that were. The journal keeps it."""
    gone = tx.execute(
        update(AGENT)
        .where(AGENT.c.email == _address(email), AGENT.c.removed_at.is_(None))
        .values(removed_at=now)
        .returning(AGENT.c.agent_id)
    )
    found = list(gone.scalars())
    for agent_id in found:
        roles = (AGENT_ROLE.c.agent_id == agent_id, AGENT_ROLE.c.withdrawn_at.is_(None))
        tx.execute(update(AGENT_ROLE).where(*roles).values(withdrawn_at=now))
        tx.execute(delete(AGENT_SESSION).where(AGENT_SESSION.c.agent_id == agent_id))
        _journal(tx, agent_id, {"step": "removed"})
    return len(found)


def known_agents(tx: ReadTx) -> list[KnownAgent]:
    """Return every agent that was not removed, by address."""
    rows = tx.execute(select(AGENT).where(AGENT.c.removed_at.is_(None)).order_by(AGENT.c.email, AGENT.c.siret)).all()
    roles: dict[UUID, list[tuple[str, str]]] = {row.agent_id: [] for row in rows}
    for role in tx.execute(select(AGENT_ROLE).where(AGENT_ROLE.c.withdrawn_at.is_(None))):
        if role.agent_id in roles:
            roles[role.agent_id].append((role.body, role.role))
    return [
        KnownAgent(row.agent_id, row.email, row.siret, tuple(sorted(roles[row.agent_id])), row.subject is not None)
        for row in rows
    ]


def enter_agent(tx: WriteTx, identity: AgentIdentity, *, provider: str, id_token: str, now: datetime) -> str:
    """Return the token of a fresh session of the agent this identity is; only its digest is kept.

    The first sign-in binds issuer and subject to the address and establishment somebody wrote down; afterwards only
    they count. Raises :class:`AgentUnknown` for anybody else, and for an agent without a role.
    """
    token = secrets.token_urlsafe(32)
    agent_id = _vouched_for(tx, identity)
    if agent_id is None:
        raise AgentUnknown
    tx.stand(agent=agent_id, session=_digest(token).hex())
    if not _bound(tx, agent_id, identity) or not _roles(tx, agent_id):
        raise AgentUnknown
    row = {
        "token_digest": _digest(token),
        "agent_id": agent_id,
        "provider": provider,
        "name": identity.name,
        "id_token": id_token,
        "authenticated_at": now,
        "expires_at": now + IDLE_LIFE,
    }
    tx.execute(insert(AGENT_SESSION).values(**row))
    actor = Actor(ActorKind.AGENT, str(agent_id))
    append(tx, JournalEntry(JournalAct.SIGN_IN, actor, detail={"provider": provider, "siret": identity.siret}))
    return token


def agent_of(tx: WriteTx, token: str | None, *, now: datetime) -> SignedInAgent:
    """Return whose session ``token`` opens, kept awake by this gesture; raises :class:`AgentSignInRequired`."""
    if not token:
        raise AgentSignInRequired
    row = tx.execute(
        update(AGENT_SESSION)
        .where(AGENT_SESSION.c.token_digest == _digest(token), AGENT_SESSION.c.expires_at > now)
        .values(expires_at=func.least(literal(now + IDLE_LIFE), AGENT_SESSION.c.authenticated_at + LONGEST_LIFE))
        .returning(AGENT_SESSION)
    ).one_or_none()
    roles = frozenset() if row is None else _roles(tx, row.agent_id)
    if row is None or not roles:
        raise AgentSignInRequired
    return SignedInAgent(row.agent_id, row.name, row.provider, row.id_token, roles)


def leave_agent(tx: WriteTx, token: str) -> None:
    """End the session of ``token``; harmless where there is none."""
    tx.execute(delete(AGENT_SESSION).where(AGENT_SESSION.c.token_digest == _digest(token)))


def still_has(tx: ReadTx, agent_id: UUID, body: str, role: Role) -> bool:
    """Tell whether an agent has a role for a body at this moment."""
    return (Siret(body), role) in _roles(tx, agent_id)


def _roles(tx: ReadTx, agent_id: UUID) -> frozenset[tuple[Siret, Role]]:
    rows = tx.execute(
        select(AGENT_ROLE.c.body, AGENT_ROLE.c.role)
        .join(AGENT, AGENT.c.agent_id == AGENT_ROLE.c.agent_id)
        .where(AGENT_ROLE.c.agent_id == agent_id, AGENT_ROLE.c.withdrawn_at.is_(None), AGENT.c.removed_at.is_(None))
    )
    return frozenset((Siret(row.body), Role(row.role)) for row in rows)


def _vouched_for(tx: ReadTx, identity: AgentIdentity) -> UUID | None:
    """Return the agent an identity is, or is at their first sign-in; no row of an agent is shown for the question."""
    told = (identity.issuer, identity.subject, identity.email.strip().lower(), identity.siret)
    found: UUID | None = tx.execute(select(func.hub.agent_of(*told))).scalar_one_or_none()
    return found


def _bound(tx: WriteTx, agent_id: UUID, identity: AgentIdentity) -> bool:
    """Bind an agent to an identity, once; tell whether they are bound to this one."""
    own = AGENT.c.agent_id == agent_id
    values = {"issuer": identity.issuer, "subject": identity.subject}
    tx.execute(update(AGENT).where(own, AGENT.c.subject.is_(None), AGENT.c.removed_at.is_(None)).values(**values))
    row = tx.execute(select(AGENT.c.issuer, AGENT.c.subject).where(own)).one_or_none()
    return row is not None and (row.issuer, row.subject) == (identity.issuer, identity.subject)


def _known(tx: ReadTx, email: str, siret: str) -> UUID | None:
    statement = select(AGENT.c.agent_id).where(
        AGENT.c.email == email, AGENT.c.siret == siret, AGENT.c.removed_at.is_(None)
    )
    found: UUID | None = tx.execute(statement).scalar_one_or_none()
    return found


def _address(email: str) -> str:
    address = email.strip().lower()
    local, at, domain = address.partition("@")
    if not (local and at and "." in domain and address.isprintable() and " " not in address and len(address) <= 254):
        raise InvalidValue("email: an address")
    return address


def _journal(tx: WriteTx, agent_id: UUID, detail: dict[str, str]) -> None:
    append(tx, JournalEntry(JournalAct.STAFF, OPERATOR, detail=detail | {"agent": str(agent_id)}))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
