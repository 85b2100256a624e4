"""What lives only for a while is swept away: sessions, sign-ins under way, tickets, and credentials already spent."""

from datetime import datetime

from sqlalchemy import delete

from hub.deposits.tables import IDEMPOTENCY
from hub.exchanges.editing import forget_edits
from hub.exchanges.folders_aside import forget_folders
from hub.exchanges.tables import EXCHANGE_LOOK, LENT_TOKEN
from hub.linking.tables import LINK_CODE, LINK_PROPOSAL
from hub.partners.tables import CREDENTIAL_REFUSAL, RATE_WINDOW, REVOKED_TOKEN, SPENT_ASSERTION, SPENT_PROOF
from hub.persons.tables import AGENT_HELPING, AGENT_SESSION, PENDING_SIGN_IN, REVIEW_TICKET, SESSION
from hub.releases.tables import EXPORT_TICKET, PREVIEW_TICKET
from vault.db import WriteTx
from vault.standing import Purpose

SHORT_LIVED = (
    SESSION,
    AGENT_SESSION,
    AGENT_HELPING,
    PENDING_SIGN_IN,
    PREVIEW_TICKET,
    REVIEW_TICKET,
    EXPORT_TICKET,
    IDEMPOTENCY,
    SPENT_ASSERTION,
    SPENT_PROOF,
    REVOKED_TOKEN,
    CREDENTIAL_REFUSAL,
    RATE_WINDOW,
    LINK_CODE,
    LINK_PROPOSAL,
    LENT_TOKEN,
    EXCHANGE_LOOK,
)


def sweep(tx: WriteTx, *, now: datetime) -> int:
    """Delete every short-lived row whose time is over; return how many went. Harmless to repeat."""
    tx.stand(purpose=Purpose.RETENTION)
    gone = sum(tx.execute(delete(table).where(table.c.expires_at <= now)).rowcount for table in SHORT_LIVED)
    return gone + forget_edits(tx, now=now) + forget_folders(tx, now=now)
