"""The session in which an agent acts for somebody under a mandate: beside the agent's own, short, and looked up each time."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select

from hub.errors import SignInRequired
from hub.persons.accounts import digest_of, session_shown
from hub.persons.tables import AGENT_HELPING
from vault.db import ReadTx, WriteTx

HELPING_LIFE = timedelta(minutes=30)
"""As long as a resident's session; then the agent begins again."""


@dataclass(frozen=True, slots=True)
class Helping:
    """An agent, and the mandate under which they act now."""

    agent_id: UUID
    mandate_id: UUID


def begin_helping(tx: WriteTx, helping: Helping, *, now: datetime) -> str:
    """Return a fresh token of a session in which an agent acts under a mandate; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    tx.stand(session=session_shown(token))
    row = {"token_digest": digest_of(token), "agent_id": helping.agent_id, "mandate_id": helping.mandate_id}
    tx.execute(insert(AGENT_HELPING).values(**row, expires_at=now + HELPING_LIFE))
    return token


def helping_of(tx: ReadTx, token: str, *, now: datetime) -> Helping:
    """Return what a token opens, in a transaction that stands for it; raises :class:`SignInRequired`."""
    row = tx.execute(select(AGENT_HELPING).where(AGENT_HELPING.c.token_digest == digest_of(token))).one_or_none()
    if row is None or row.expires_at <= now:
        raise SignInRequired
    return Helping(row.agent_id, row.mandate_id)


def end_helping(tx: WriteTx, token: str) -> None:
    """End the session of a token; harmless where there is none."""
    tx.stand(session=session_shown(token))
    tx.execute(delete(AGENT_HELPING).where(AGENT_HELPING.c.token_digest == digest_of(token)))
