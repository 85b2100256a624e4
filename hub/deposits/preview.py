"""A person sees their own paper: a ticket from the door that knows them, spent at the door that can open."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select

from contracts.identifiers import DocumentId, PersonId
from hub.errors import NothingHere
from hub.releases.gate import hand_over, order_own_copy
from hub.releases.tables import PREVIEW_TICKET
from hub.school_files.tables import EVIDENCE
from vault.documents.custody import Custody
from vault.documents.opening import Opened

TICKET_LIFE = timedelta(minutes=1)


def issue(custody: Custody, person_id: PersonId, document_id: UUID) -> str:
    """Return a ticket for one look at one's own available paper; raises :class:`NothingHere` for any other."""
    ticket = secrets.token_urlsafe(32)
    with custody.db.transaction() as tx:
        own = select(EVIDENCE.c.evidence_id).where(
            EVIDENCE.c.document_id == document_id,
            EVIDENCE.c.holder_id == person_id,
            EVIDENCE.c.withdrawn_at.is_(None),
        )
        if tx.execute(own).one_or_none() is None:
            raise NothingHere
        tx.execute(
            insert(PREVIEW_TICKET).values(
                ticket_digest=_digest(ticket),
                person_id=person_id,
                document_id=document_id,
                expires_at=custody.now() + TICKET_LIFE,
            )
        )
    return ticket


_SPEND = delete(PREVIEW_TICKET).where(PREVIEW_TICKET.c.ticket_digest == bindparam("digest")).returning(PREVIEW_TICKET)


def spend(custody: Custody, ticket: str) -> Opened:
    """Open the paper a ticket is for, once; the journal keeps it like every other look."""
    now = custody.now()
    with custody.db.transaction() as tx:
        row = tx.execute(_SPEND, {"digest": _digest(ticket)}).one_or_none()
        if row is None or row.expires_at <= now:
            raise NothingHere
        ordered = order_own_copy(tx, PersonId(row.person_id), DocumentId(row.document_id), now=now)
    return hand_over(custody, ordered)


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
