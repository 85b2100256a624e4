"""What a decision does to the request that it answers: it ends it, and with it what the request gave ground for (ADR 0060)."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from contracts.calendar import paris_day
from contracts.decisions import AmendmentKind, Decision
from hub.requests.tables import REQUEST
from hub.requirements.checks import months_before
from vault.db import WriteTx

REMEDY_MONTHS = 2
"""How long a decision may be contested that names no remedy (CJA R.421-1)."""


def last_day_of_remedies(decision: Decision, *, recorded_on: date) -> date:
    """Return the last day on which a decision may be contested; counted from when it was told, or came to us at the latest."""
    told = decision.notified_on or max(decision.decided_on, recorded_on)
    months = max((one.within_months for one in decision.remedies), default=REMEDY_MONTHS)
    # These are « délais francs »: neither the day of telling nor the last one counts.
    return months_before(told, -months) + timedelta(days=1)


def answer_request(tx: WriteTx, decision: Decision, decision_id: UUID, line_id: UUID, *, now: datetime) -> None:
    """Have a recorded decision answer the pending request of its line, or leave it open again where it takes one back.

    The line and its decisions stay as they are, shown to the family with their remedies. The transaction stands for the
    body that decides.
    """
    reopens = decision.amends is not None and decision.amends.kind is AmendmentKind.WITHDRAWS
    until = last_day_of_remedies(decision, recorded_on=paris_day(now))
    values = (
        {"decided_at": None, "decision_id": None, "rests_until": None}
        if reopens
        else {"decided_at": now, "decision_id": decision_id, "rests_until": until}
    )
    tx.execute(update(REQUEST).where(REQUEST.c.line_id == line_id, REQUEST.c.state == "pending").values(**values))
