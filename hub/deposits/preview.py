"""A person sees their own paper: a ticket from the door that knows them, spent at the door that can open."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, insert

from contracts.documents import SEEN_BY_HOLDER
from contracts.identifiers import DocumentId, PersonId
from hub.errors import NothingHere
from hub.releases.gate import Ordered, hand_over, order_own, own_paper, own_papers
from hub.releases.tables import PREVIEW_TICKET
from vault.documents.custody import Custody
from vault.documents.opening import Opened
from vault.errors import NothingChanged
from vault.ready import Ready
from vault.standing import standing

TICKET_LIFE = timedelta(minutes=1)


def issue(custody: Custody, person_id: PersonId, document_id: UUID) -> str:
    """Return a ticket for one look at one's own paper; raises as :func:`hub.releases.gate.own_paper` does."""
    ticket = secrets.token_urlsafe(32)
    with custody.db.transaction() as tx:
        own_paper(tx, person_id, document_id)
        tx.execute(
            insert(PREVIEW_TICKET).values(
                ticket_digest=_digest(ticket),
                person_id=person_id,
                document_id=document_id,
                expires_at=custody.now() + TICKET_LIFE,
            )
        )
    return ticket


_TICKET = Ready(
    own_papers(PREVIEW_TICKET.c.document_id, PREVIEW_TICKET.c.person_id)
    .add_columns(PREVIEW_TICKET.c.person_id, PREVIEW_TICKET.c.document_id, PREVIEW_TICKET.c.expires_at)
    .where(PREVIEW_TICKET.c.ticket_digest == bindparam("digest"))
)
_SPEND = delete(PREVIEW_TICKET).where(PREVIEW_TICKET.c.ticket_digest == bindparam("digest"))


def spend(custody: Custody, ticket: str) -> Opened:
    """Open the paper a ticket is for, once; the journal keeps it like every other look."""
    return hand_over(custody, redeem(custody, ticket)[1])


def redeem(custody: Custody, ticket: str) -> tuple[PersonId, Ordered]:
    """Spend a ticket and write the look down; return whose it was and what may now be opened.

    Raises :class:`NothingHere` for a ticket that is unknown, spent or over.
    """
    now, digest = custody.now(), _digest(ticket)
    with standing(ticket=digest.hex()), custody.db.transaction() as tx:
        row = tx.row(_TICKET, {"digest": digest})
        if row is None or row.expires_at <= now or row.state not in SEEN_BY_HOLDER:
            raise NothingHere
        ordered = order_own(tx, PersonId(row.person_id), DocumentId(row.document_id), row.evidence_id, now=now)
        try:
            # The ticket spent and the look written down, or neither: two who hold it do not both see.
            tx.insert_exactly_if(_SPEND, {"digest": digest})
        except NothingChanged:
            raise NothingHere from None
    return PersonId(row.person_id), ordered


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
