"""What ends with a partner and when: agreements, the webhook keys that sign beside new ones; and keys under change."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import func, select

from contracts.calendar import paris_day
from hub.partners.tables import AGREEMENT, PARTNER, WEBHOOK
from vault.db import ReadTx


class Ends(StrEnum):
    """What ends."""

    AGREEMENT = "agreement"
    WEBHOOK_KEY = "webhook_key"
    PARTNER_KEYS = "partner_keys"
    """A partner has more than one key: it changes them, and the older one is to be taken out."""
    DEVIATION = "deviation"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that ends, and when; nothing where only somebody's act ends it."""

    what: Ends
    of: str
    which: str
    on: date | None


def due(tx: ReadTx, *, now: datetime) -> list[Due]:
    """Return what ends with every partner, of agreements those that were not retracted, soonest first."""
    agreements = tx.execute(
        select(PARTNER.c.name, AGREEMENT.c.reference, AGREEMENT.c.valid_until)
        .join(PARTNER, PARTNER.c.siret == AGREEMENT.c.siret)
        .where(AGREEMENT.c.retracted_at.is_(None))
    )
    found = [Due(Ends.AGREEMENT, row.name, row.reference, row.valid_until) for row in agreements]
    older = tx.execute(
        select(PARTNER.c.name, WEBHOOK.c.previous_until)
        .join(PARTNER, PARTNER.c.siret == WEBHOOK.c.siret)
        .where(WEBHOOK.c.previous_until > now)
    )
    found += [Due(Ends.WEBHOOK_KEY, row.name, "", paris_day(row.previous_until)) for row in older]
    many = func.jsonb_array_length(PARTNER.c.jwks["keys"])
    changing = tx.execute(select(PARTNER.c.name, many.label("many")).where(many > 1))
    found += [Due(Ends.PARTNER_KEYS, row.name, str(row.many), None) for row in changing]
    return sorted(found, key=lambda one: (one.on or date.max, one.of, one.which))
