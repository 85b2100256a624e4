"""A body sends what it decided: each decision is recorded once, or refused with one word, and nothing is overwritten."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select

from contracts.calendar import paris_day
from contracts.decisions import (
    Amendment,
    AmendmentKind,
    Decision,
    DecisionKind,
    DecisionOutcome,
    Flaw,
    Payer,
    Taken,
    digest_of,
    flaws,
)
from contracts.events import DecisionRecorded
from contracts.identifiers import Siret, new_uuid
from hub.decisions.ending import answer_request
from hub.partners.pseudonyms import Named
from hub.partners.registry import AgreementFile, agreements_of
from hub.partners.tables import PSEUDONYM
from hub.persons.tables import LINE_SUCCESSION
from hub.requests.decided import Decided, decisions_about
from hub.requests.tables import ENROLMENT_LINE, LINE_DECISION, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish

DECIDED = "decided"
"""The step that the journal has of a decision."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends decisions, and in which exchange of ours, where it was a file that we fetched."""

    siret: Siret
    exchange_id: UUID | None = None


def record_decisions(
    tx: WriteTx, catalogue: Catalogue, sender: Sender, decisions: Sequence[Decision], *, now: datetime
) -> tuple[DecisionOutcome, ...]:
    """Record what a body decided, each by itself and in its order; harmless to repeat.

    The transaction must stand for the body (``partner``), which reads and writes nothing of another's. What is refused
    is in the journal with its flaw, and hinders no other.
    """
    # One batch of a body at a time: which of two decisions came later is what counts.
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"decisions:{sender.siret}", 0))))
    agreements = agreements_of(tx, sender.siret, on=paris_day(now))
    return tuple(_record(tx, catalogue, (sender, agreements), one, now=now) for one in decisions)


def _record(
    tx: WriteTx,
    catalogue: Catalogue,
    by: tuple[Sender, Sequence[AgreementFile]],
    decision: Decision,
    *,
    now: datetime,
) -> DecisionOutcome:
    sender, agreements = by
    flaw = next(iter(flaws(decision, paris_day(now))), None) or _not_theirs(catalogue, sender, agreements, decision)
    lines = [] if flaw is not None else _lines(tx, sender.siret, decision)
    if flaw is None and not lines:
        flaw = Flaw.NO_SUCH_LINE
    if flaw is None:
        if _repeated(tx, decision, lines[0][1].line_id):
            return DecisionOutcome(decision.number, Taken.REPEATED)
        flaw = _not_now(tx, decision, lines)
    if flaw is not None:
        _journal_refusal(tx, sender, catalogue, decision, flaw)
        return DecisionOutcome(decision.number, Taken.REFUSED, flaw)
    for payer, line in lines:
        _write(tx, catalogue, sender, (decision, payer, line), now=now)
    return DecisionOutcome(decision.number, Taken.RECORDED)


def _not_theirs(
    catalogue: Catalogue, sender: Sender, agreements: Sequence[AgreementFile], decision: Decision
) -> Flaw | None:
    """Say why this body may not decide this: the catalogue says who decides what, the agreement what it may send."""
    service = catalogue.services.get(decision.service)
    decides = service is not None and decision.kind in service.decides
    if not decides or decision.decided_by != sender.siret or sender.siret not in catalogue.bodies_for(decision.service):
        return Flaw.NOT_YOURS_TO_DECIDE
    if not any(decision.kind in one.decides and decision.service in one.services for one in agreements):
        return Flaw.NOT_IN_AGREEMENT
    grid = catalogue.tariff_on(decision.valid_from)
    known: Collection[str] = () if grid is None else {band.band for band in grid.bands}
    # Of a tariff that is withdrawn nobody needs to say which it was.
    return Flaw.BAND if any(one.band and one.band not in known for one in decision.shares) else None


def _lines(tx: ReadTx, siret: Siret, decision: Decision) -> list[tuple[Payer, Any]]:
    """Return the line of each payer, all of one file; nothing where one of them is not the body's, or of another service.

    A line that rests since two accounts became one is answered for by the one that goes on.
    """
    named = {one.line: one for one in decision.shares}
    goes_on = func.coalesce(LINE_SUCCESSION.c.survivor_line_id, PSEUDONYM.c.subject_id)
    rows = tx.execute(
        select(ENROLMENT_LINE, PSEUDONYM.c.value, SCHOOL_FILE.c.school_year)
        .select_from(PSEUDONYM)
        .outerjoin(LINE_SUCCESSION, LINE_SUCCESSION.c.line_id == PSEUDONYM.c.subject_id)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == goes_on)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .where(
            PSEUDONYM.c.siret == siret,
            PSEUDONYM.c.kind == Named.FILE.value,
            PSEUDONYM.c.value.in_(list(named)),
            ENROLMENT_LINE.c.body == siret,
            ENROLMENT_LINE.c.service == decision.service,
        )
        .order_by(PSEUDONYM.c.value)
    ).all()
    whole = len(rows) == len(named) == len({row.line_id for row in rows}) and len({row.file_id for row in rows}) == 1
    return [(named[row.value], row) for row in rows] if whole else []


def _repeated(tx: ReadTx, decision: Decision, line_id: UUID) -> bool:
    same = (
        LINE_DECISION.c.body == decision.decided_by,
        LINE_DECISION.c.number == decision.number,
        LINE_DECISION.c.digest == digest_of(decision),
        LINE_DECISION.c.line_id == line_id,
    )
    return bool(tx.execute(select(exists().where(*same))).scalar_one())


def _not_now(tx: ReadTx, decision: Decision, lines: Sequence[tuple[Payer, Any]]) -> Flaw | None:
    """Say what of the lines, or of what was decided about them before, this does not go with."""
    last = decision.valid_until
    for _, line in lines:
        outside = decision.valid_from > line.valid_until or (last is not None and last < line.valid_from)
        if line.retracted_at is not None or outside:
            return Flaw.OUTSIDE_LINE
    if _taken(tx, decision):
        return Flaw.NUMBER_TAKEN
    about = decisions_about(tx, [line.line_id for _, line in lines])
    before = [about.get(line.line_id, ()) for _, line in lines]
    if decision.amends is not None and not all(_amends(decision.amends, found) for found in before):
        return Flaw.NOTHING_TO_AMEND
    newer = [one for found in before for one in found if one.decided_on > decision.decided_on]
    if any(one.ever and one.last >= decision.valid_from and (last is None or one.first <= last) for one in newer):
        return Flaw.NEWER_STANDS
    return None


def _taken(tx: ReadTx, decision: Decision) -> bool:
    """Whether another decision of the body has its number; a correction may keep that of what it corrects."""
    amends = decision.amends
    if amends is not None and amends.kind is AmendmentKind.CORRECTS and amends.number == decision.number:
        return False
    same = (LINE_DECISION.c.body == decision.decided_by, LINE_DECISION.c.number == decision.number)
    return bool(tx.execute(select(exists().where(*same))).scalar_one())


def _amends(amendment: Amendment, before: Sequence[Decided]) -> bool:
    return any(one.number == amendment.number for one in before)


def _write(
    tx: WriteTx, catalogue: Catalogue, sender: Sender, what: tuple[Decision, Payer, Any], *, now: datetime
) -> None:
    decision, payer, line = what
    decision_id = new_uuid()
    row = {"decision_id": decision_id, "line_id": line.line_id, "exchange_id": sender.exchange_id, "recorded_at": now}
    tx.insert(LINE_DECISION, row | _columns(decision, payer))
    append(
        tx,
        JournalEntry(
            act=JournalAct.REQUEST,
            actor=Actor(ActorKind.PARTNER, sender.siret),
            subjects=(line.payer_id,),
            recipient=sender.siret,
            purpose=catalogue.services[decision.service].purpose.value,
            detail={"step": DECIDED, "decision": str(decision_id), "kind": decision.kind.value, "line": line.line_id},
        ),
    )
    answer_request(tx, decision, decision_id, line.line_id, now=now)
    publish(tx, DecisionRecorded(decision_id, decision.kind.value), now=now)
    defer(tx, Job.SETTLE_DECISIONS, adult_id=line.payer_id)


def _columns(decision: Decision, payer: Payer) -> dict[str, Any]:
    amends, school = decision.amends, decision.school
    return {
        "body": decision.decided_by,
        "number": decision.number,
        "digest": digest_of(decision),
        "kind": decision.kind.value,
        "amends": None if amends is None else amends.kind.value,
        "amends_number": None if amends is None else amends.number,
        "decided_on": decision.decided_on,
        "notified_on": decision.notified_on,
        "valid_from": decision.valid_from,
        "valid_until": decision.valid_until,
        "tariff_band": payer.band or None if decision.kind is DecisionKind.TARIFF else None,
        "parity": payer.parity.value,
        "share": payer.share,
        "school_name": None if school is None else school.name,
        "school_uai": None if school is None else school.uai,
        "refused_for": None if decision.refused_for is None else decision.refused_for.value,
        "author_service": decision.author.service,
        "author_function": decision.author.function,
        "remedies": [
            {"kind": one.kind.value, "before": one.before, "within_months": one.within_months}
            for one in decision.remedies
        ],
    }


def _journal_refusal(tx: WriteTx, sender: Sender, catalogue: Catalogue, decision: Decision, flaw: Flaw) -> None:
    service = catalogue.services.get(decision.service)
    append(
        tx,
        JournalEntry(
            act=JournalAct.REFUSE,
            actor=Actor(ActorKind.PARTNER, sender.siret),
            recipient=sender.siret,
            purpose=None if service is None else service.purpose.value,
            detail={"step": "decision", "reason": flaw.value},
        ),
    )
