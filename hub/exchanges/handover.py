"""Hand the day's satisfied files to one Caisse in its own file format, each child through the one gate out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from connectors.caisse_fichiers.codec import PupilFileCodec
from connectors.caisse_fichiers.pupils import PupilFile, PupilLine
from connectors.port import Binding, Transport
from contracts.answers import Gives
from contracts.calendar import PARIS
from contracts.grounds import Purpose
from contracts.identifiers import EnrolmentLineId, EvidenceId, Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.errors import NoGround, OutsideAgreement
from hub.exchanges import log
from hub.exchanges.tables import EXCHANGE
from hub.partners.pseudonyms import Named, pseudonym
from hub.partners.suspending import refuse_while_stopped
from hub.persons.tables import CIVIL_STATUS
from hub.releases.gate import Cause, Channel, order_release
from hub.releases.grounds import Question, find_ground
from hub.releases.tables import RELEASE
from hub.requests.tables import ENROLMENT_LINE, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.standing import standing

OPERATION = "hand_over"


@dataclass(frozen=True, slots=True)
class HandOver:
    """What one day's hand-over came to; counts and words only."""

    exchange_id: UUID
    outcome: str
    lines: int
    withheld: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Way:
    """Through which binding and transport a hand-over goes."""

    binding: Binding
    transport: Transport


def hand_over_day(custody: Custody, catalogue: Catalogue, way: Way, day: date, *, correlation: str) -> HandOver:
    """Hand over what turned satisfied on ``day`` (Europe/Paris) and was not handed over yet; harmless to repeat.

    A day may need several files: what turns satisfied after the first goes into the next sequence. The exchange row,
    one release and one journal entry per line commit before a byte is written. A process that dies afterwards leaves
    the set of lines decided, so that the next one writes the same file, which the drop folder recognises. Raises
    :class:`~hub.errors.ExchangeInFlight` while another process is at it, and :class:`~hub.errors.ReleasesStopped`.
    """
    # It works for the body that receives the file, and is shown no other's lines.
    with standing(partner=way.binding.siret):
        return _hand_over_day(custody, catalogue, way, day, correlation=correlation)


def _hand_over_day(custody: Custody, catalogue: Catalogue, way: Way, day: date, *, correlation: str) -> HandOver:
    with custody.db.transaction() as tx:
        # Also for a file that was decided on before.
        refuse_while_stopped(tx)
        plan = _plan(tx, catalogue, way, day, correlation=correlation, now=custody.now())
        lines = _lines(tx, plan.begun.exchange_id, way.binding.siret)
    if plan.begun.settled is not None:
        return HandOver(plan.begun.exchange_id, plan.begun.settled, len(lines), plan.withheld, repeated=True)
    file = PupilFile(way.binding.siret, day, plan.sequence, lines)
    outcome = _send(custody, way, plan.begun.exchange_id, file)
    repeated = plan.begun.attempts > 1
    return HandOver(plan.begun.exchange_id, outcome.kind, len(lines), plan.withheld, repeated=repeated)


@dataclass(frozen=True, slots=True)
class _Plan:
    begun: log.Begun
    sequence: int
    withheld: int


def _plan(tx: WriteTx, catalogue: Catalogue, way: Way, day: date, *, correlation: str, now: datetime) -> _Plan:
    """Take up the day's last exchange, or begin the next sequence where something is left to hand over."""
    last = _last_sequence(tx, way.binding.slug, day)
    if last and not _settled(tx, way.binding.slug, day, last):
        return _Plan(log.begin(tx, _key(way, day, last), correlation=correlation, now=now), last, 0)
    allowed, withheld = _left(tx, catalogue, way.binding.siret, day, now=now)
    if last and not allowed:
        return _Plan(log.begin(tx, _key(way, day, last), correlation=correlation, now=now), last, withheld)
    begun = log.begin(tx, _key(way, day, last + 1), correlation=correlation, now=now)
    if begun.attempts == 1 and begun.settled is None:
        cause = Cause(exchange_id=begun.exchange_id, on_behalf_of="hub:hand_over")
        for question in allowed:
            order_release(tx, catalogue, question, Channel.PUSH, cause, now=now)
    return _Plan(begun, last + 1, withheld)


def _key(way: Way, day: date, sequence: int) -> log.Key:
    return log.Key(way.binding.slug, OPERATION, f"{day.isoformat()}/{sequence:03d}")


def _last_sequence(tx: ReadTx, binding: str, day: date) -> int:
    statement = select(func.max(EXCHANGE.c.natural_key)).where(
        EXCHANGE.c.binding == binding,
        EXCHANGE.c.operation == OPERATION,
        EXCHANGE.c.natural_key.startswith(f"{day.isoformat()}/"),
    )
    found: str | None = tx.execute(statement).scalar_one()
    return 0 if found is None else int(found.rpartition("/")[2])


def _settled(tx: ReadTx, binding: str, day: date, sequence: int) -> bool:
    statement = select(EXCHANGE.c.state).where(
        EXCHANGE.c.binding == binding,
        EXCHANGE.c.operation == OPERATION,
        EXCHANGE.c.natural_key == f"{day.isoformat()}/{sequence:03d}",
    )
    return bool(tx.execute(statement).scalar_one() == "settled")


def _left(tx: ReadTx, catalogue: Catalogue, siret: Siret, day: date, *, now: datetime) -> tuple[list[Question], int]:
    """Return what is complete that day, has a ground and was never handed over, and how many have no ground."""
    allowed, withheld = [], 0
    for line in _complete_lines(tx, catalogue, siret, day):
        for evidence_id in line.evidence:
            place = (EvidenceId(evidence_id), EnrolmentLineId(line.line_id))
            # A line of the file says what a paper shows, and the paper stays here.
            question = Question(*place, siret, line.purpose, Gives.ANSWER)
            if _handed_over(tx, question):
                continue
            try:
                find_ground(tx, catalogue, question, now=now)
            except (NoGround, OutsideAgreement):
                withheld += 1
            else:
                allowed.append(question)
    return allowed, withheld


def _handed_over(tx: ReadTx, question: Question) -> bool:
    statement = select(RELEASE.c.release_id).where(
        RELEASE.c.evidence_id == question.evidence_id,
        RELEASE.c.line_id == question.line_id,
        RELEASE.c.recipient == question.recipient,
        RELEASE.c.channel == Channel.PUSH.value,
    )
    return tx.execute(statement.limit(1)).one_or_none() is not None


def _send(custody: Custody, way: Way, exchange_id: UUID, file: PupilFile) -> ExchangeOutcome:
    if not file.lines:
        outcome = ExchangeOutcome(OutcomeKind.EMPTY, proof="no line turned satisfied on this day")
        with custody.db.transaction() as tx:
            log.settle(tx, exchange_id, outcome, phase=Phase.NOT_SENT, now=custody.now())
        return outcome
    codec = PupilFileCodec()
    request = codec.encode(file, way.binding)
    exchange = way.transport.send(request)
    outcome = codec.decode(file, exchange)
    digest = hashlib.sha256(request.body).digest()
    with custody.db.transaction() as tx:
        if outcome.kind is OutcomeKind.UNAVAILABLE:
            log.postpone(tx, exchange_id, outcome, phase=exchange.phase, until=custody.now())
        else:
            log.settle(tx, exchange_id, outcome, phase=exchange.phase, now=custody.now(), digest=digest)
    return outcome


@dataclass(frozen=True, slots=True)
class _CompleteLine:
    line_id: UUID
    purpose: Purpose
    evidence: tuple[UUID, ...]


def _complete_lines(tx: ReadTx, catalogue: Catalogue, siret: Siret, day: date) -> list[_CompleteLine]:
    first = datetime.combine(day, time.min, tzinfo=PARIS)
    last = datetime.combine(day + timedelta(days=1), time.min, tzinfo=PARIS)
    rows = tx.execute(
        select(
            ENROLMENT_LINE.c.line_id,
            ENROLMENT_LINE.c.service,
            func.array_agg(SATISFACTION.c.requirement).label("requirements"),
            func.array_agg(SATISFACTION.c.evidence_id).label("evidence"),
        )
        .join(SATISFACTION, SATISFACTION.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(ENROLMENT_LINE.c.body == siret, ENROLMENT_LINE.c.retracted_at.is_(None), SATISFACTION.c.until.is_(None))
        .group_by(ENROLMENT_LINE.c.line_id, ENROLMENT_LINE.c.service)
        .having(func.max(SATISFACTION.c.since) >= first, func.max(SATISFACTION.c.since) < last)
        .order_by(ENROLMENT_LINE.c.line_id)
    )
    found = []
    for row in rows:
        service = catalogue.services[row.service]
        needed = {item.id for item in service.requirements if item.awaited_from is None}
        if needed <= set(row.requirements):
            found.append(_CompleteLine(row.line_id, service.purpose, tuple(row.evidence)))
    return found


def _lines(tx: WriteTx, exchange_id: UUID, siret: Siret) -> Sequence[PupilLine]:
    rows = tx.execute(
        select(
            RELEASE.c.line_id,
            ENROLMENT_LINE.c.service,
            SCHOOL_FILE.c.school_year,
            CIVIL_STATUS,
            EVIDENCE.c.grade.label("evidence_grade"),
            EVIDENCE.c.issued_on,
            FIT.c.tariff_band,
        )
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == RELEASE.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(CIVIL_STATUS, CIVIL_STATUS.c.person_id == SCHOOL_FILE.c.child_id)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == RELEASE.c.evidence_id)
        .join(
            SATISFACTION,
            (SATISFACTION.c.evidence_id == RELEASE.c.evidence_id) & (SATISFACTION.c.line_id == RELEASE.c.line_id),
        )
        .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
        .where(RELEASE.c.exchange_id == exchange_id, CIVIL_STATUS.c.retracted_at.is_(None))
        .order_by(RELEASE.c.line_id, RELEASE.c.evidence_id)
    ).all()
    return [_pupil(row, pseudonym(tx, siret, Named.FILE, row.line_id)) for row in _one_per_line(rows)]


def _one_per_line(rows: Sequence[Any]) -> list[Any]:
    # A line with several requirements is one row of the file; its band, where there is one, comes from the income.
    best: dict[UUID, Any] = {}
    for row in rows:
        if row.line_id not in best or row.tariff_band is not None:
            best[row.line_id] = row
    return list(best.values())


def _pupil(row: Any, reference: UUID) -> PupilLine:
    return PupilLine(
        reference=reference,
        family_name=row.family_name,
        first_name=row.given_names[0],
        birth_date=date.fromisoformat(row.born_on),
        school_year=row.school_year,
        service=row.service,
        requirement_status="satisfied",
        proposed_band=None if row.tariff_band is None else int(row.tariff_band),
        grade=row.evidence_grade,
        evidence_date=row.issued_on,
    )
