"""Writing down what judging came to: fits, satisfactions, doubts for agents, and the word to partners; one transaction."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, text, update
from sqlalchemy.engine import Row

from contracts.documents import Outcome
from contracts.events import EventData, EvidenceWithdrawn, RequirementSatisfied
from contracts.identifiers import Siret, new_uuid
from hub.notifications.fanout import Signal, notify
from hub.persons.doubts import FitDoubt, ask_about_fit
from hub.requests.quotients import ask_when_settled
from hub.requirements.families.income import NOT_SETTLED
from hub.requirements.sentences import NOT_FOR_AGENTS
from hub.school_files.planning import NewFit, Plan, Turn
from hub.school_files.tables import FIT, SATISFACTION
from vault.db import WriteTx
from vault.outbox import publish

NO_LONGER_FITS = "no_longer_fits"
"""Why partners are told that evidence is withdrawn from a requirement while its holder keeps it."""
_INSERT_FITS = text("INSERT INTO hub.fit SELECT (jsonb_populate_recordset(NULL::hub.fit, CAST(:rows AS jsonb))).*")
_SUPERSEDE = (
    update(FIT).where(FIT.c.fit_id == any_(bindparam("fits", type_=ARRAY(Uuid)))).values(superseded_at=bindparam("at"))
)
_END = (
    update(SATISFACTION)
    .where(SATISFACTION.c.satisfaction_id == any_(bindparam("ended", type_=ARRAY(Uuid))))
    .values(until=bindparam("at"))
)


def keep(tx: WriteTx, made: Plan, *, now: datetime) -> None:
    """Write a plan; the families it is about must be locked since before it was made."""
    if made.fits:
        before = [fit.before.fit_id for fit in made.fits if fit.before is not None]
        if before:
            tx.execute(_SUPERSEDE, {"fits": before, "at": now})
        tx.execute(_INSERT_FITS, {"rows": json.dumps([_fit_row(fit, now) for fit in made.fits])})
    for fit in made.fits:
        _doubt(tx, fit, now=now)
        if fit.judgement.reason == NOT_SETTLED and fit.requirement.fetch:
            # The family reads that we ask again for them.
            ask_when_settled(tx, fit.line.request_id, now=now)
    _end(tx, made, now=now)
    for turn in made.satisfied:
        _satisfy(tx, turn, now=now)


def _fit_row(fit: NewFit, now: datetime) -> dict[str, Any]:
    judgement = fit.judgement
    return {
        "fit_id": str(fit.fit_id),
        "evidence_id": str(fit.weighed.evidence.key),
        "line_id": str(fit.line.line_id),
        "requirement": fit.requirement.id,
        "reference_date": fit.reference_date.isoformat(),
        "outcome": judgement.outcome.value,
        "blocking": fit.requirement.blocking,
        "reason": judgement.reason,
        "rule": judgement.rule,
        "catalogue_version": fit.version,
        "decided_on": dict(judgement.decided_on),
        "tariff_band": judgement.tariff_band,
        "decided_at": now.isoformat(),
        "grade": fit.weighed.grade.value,
        "rests_on": [str(other.key) for other in fit.weighed.rests_on],
        "good_until": judgement.good_until.isoformat() if judgement.good_until else None,
    }


def _doubt(tx: WriteTx, fit: NewFit, *, now: datetime) -> None:
    """Give an agent of the body what the rules could not decide; what is only ever shown is no agent's to read."""
    judgement = fit.judgement
    unsure = judgement.outcome is Outcome.INCONCLUSIVE and judgement.reason not in NOT_FOR_AGENTS
    if not unsure or fit.by_agent or fit.presented:
        return
    doubt = FitDoubt(
        adult_id=fit.line.payer_id,
        child_id=fit.line.child_id,
        document_id=fit.document_id,
        line_id=fit.line.line_id,
        requirement=fit.requirement.id,
        service=fit.line.service,
        body=fit.line.body,
        reason=judgement.reason,
        opinions_needed=2 if fit.requirement.four_eyes else 1,
    )
    ask_about_fit(tx, doubt, now=now)


def _end(tx: WriteTx, made: Plan, *, now: datetime) -> None:
    if not made.ended:
        return
    tx.execute(_END, {"ended": [turn.satisfaction_id for turn in made.ended], "at": now})
    followed = {(turn.line.line_id, turn.requirement) for turn in made.satisfied}
    for turn in made.ended:
        # Where something follows at once, its own event tells.
        if (turn.line.line_id, turn.requirement) not in followed:
            _tell(tx, EvidenceWithdrawn(turn.evidence_id, NO_LONGER_FITS), turn, now=now)


def _satisfy(tx: WriteTx, turn: Turn, *, now: datetime) -> None:
    tx.execute(
        insert(SATISFACTION).values(
            satisfaction_id=new_uuid(),
            line_id=turn.line.line_id,
            requirement=turn.requirement,
            evidence_id=turn.evidence_id,
            fit_id=turn.fit_id,
            grade=turn.grade,
            since=now,
        )
    )
    event = RequirementSatisfied(turn.line.line_id, turn.requirement, turn.evidence_id)
    _tell(tx, event, turn, now=now)


def _tell(tx: WriteTx, event: EventData, turn: Turn, *, now: datetime) -> None:
    event_id = publish(tx, event, now=now)
    if not turn.own:
        tell(tx, event_id, event.type, turn.line, turn.requirement, now=now)


def tell(tx: WriteTx, event_id: UUID, event_type: str, line: "Row[Any]", requirement: str, *, now: datetime) -> None:
    """Leave a thin notification to the body of a line; ``line`` has its school year with it."""
    signal = Signal(
        event_id=event_id,
        event_type=event_type,
        subject_id=line.line_id,
        service=line.service,
        requirement=requirement,
        school_year=line.school_year,
    )
    notify(tx, Siret(line.body), signal, now=now)
