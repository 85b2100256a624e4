"""What lives only for a while is swept away: sessions, sign-ins under way, tickets, keys and assertions already spent."""

from datetime import datetime

from sqlalchemy import delete

from hub.deposits.tables import IDEMPOTENCY
from hub.partners.tables import SPENT_ASSERTION
from hub.persons.tables import PENDING_SIGN_IN, SESSION
from hub.releases.tables import EXPORT_TICKET, PREVIEW_TICKET
from vault.db import WriteTx

SHORT_LIVED = (SESSION, PENDING_SIGN_IN, PREVIEW_TICKET, EXPORT_TICKET, IDEMPOTENCY, SPENT_ASSERTION)


def sweep(tx: WriteTx, *, now: datetime) -> int:
    """Delete every short-lived row whose time is over; return how many went. Harmless to repeat."""
    return sum(tx.execute(delete(table).where(table.c.expires_at <= now)).rowcount for table in SHORT_LIVED)
