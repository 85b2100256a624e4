"""Plan what a body is asked on a day: what it decided, where somebody awaits it."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import exists, func, or_, select

from connectors.caisse.commands import DecisionsAsked
from hub.exchanges.planning import plan
from hub.exchanges.ways import Way
from hub.requests.tables import ENROLMENT_LINE, LINE_DECISION, REQUEST
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.standing import standing

DECISIONS = "tariff_decisions"
LOOKED_BACK = timedelta(days=14)
"""How far back each day asks: what a body writes down late, or a day on which it could not be asked, is not lost."""


@dataclass(frozen=True, slots=True)
class Pulls:
    """What planning a day's questions to one binding came to; counts only."""

    operation: str = ""
    exchanges: int = 0
    awaited: int = 0
    """Lines about which the body has something to decide, or decided something; with none nothing is asked."""


def plan_pulls(custody: Custody, way: Way, day: date) -> Pulls:
    """Plan the question what a body decided up to the end of ``day`` (Europe/Paris); harmless to repeat.

    Nothing is asked of a body of which no family awaits anything.
    """
    if DECISIONS not in way.binding.operations:
        return Pulls()
    siret = way.binding.siret
    with standing(partner=siret), custody.db.transaction() as tx:
        awaited = awaited_of(tx, siret, day)
        if not awaited:
            return Pulls(DECISIONS)
        command = DecisionsAsked(body=siret, since=day - LOOKED_BACK, until=day + timedelta(days=1))
        # Questions hold up no message about a family.
        planned = plan(tx, custody, (way.codec, way.binding), command, correlation=f"{DECISIONS}/{command.natural_key}")
    return Pulls(DECISIONS, int(planned.fresh), awaited)


def awaited_of(tx: ReadTx, siret: str, day: date) -> int:
    """Count the lines with an open request, or about which the body decided something that it may change."""
    pending = exists().where(REQUEST.c.line_id == ENROLMENT_LINE.c.line_id, REQUEST.c.state == "pending")
    decided = exists().where(LINE_DECISION.c.line_id == ENROLMENT_LINE.c.line_id)
    running = (ENROLMENT_LINE.c.retracted_at.is_(None), ENROLMENT_LINE.c.valid_until >= day)
    counting = select(func.count()).where(ENROLMENT_LINE.c.body == siret, *running, or_(pending, decided))
    return int(tx.execute(counting).scalar_one())
