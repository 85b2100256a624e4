"""Hand the day's satisfied files to one Caisse in its own file format, each child through the one gate out."""

import hashlib
import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, select

from connectors.caisse_fichiers.codec import PupilFileCodec
from connectors.caisse_fichiers.pupils import PupilFile
from connectors.caisse_fichiers.writing import unwritable
from connectors.port import Binding, Transport
from contracts.answers import Gives
from contracts.calendar import day_of
from contracts.identifiers import EnrolmentLineId, EvidenceId, Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.exchanges import log
from hub.exchanges.complete import complete_lines
from hub.exchanges.pupils import pupils_of_exchange, pupils_of_lines
from hub.exchanges.tables import EXCHANGE
from hub.partners.suspending import refuse_while_stopped
from hub.releases.batches import hold_grounds, order_pushes
from hub.releases.gate import Cause, Channel
from hub.releases.grounds import Allowed, Question
from hub.releases.tables import RELEASE
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.standing import standing
from vault.telemetry import span

OPERATION = "hand_over"
LOT = 500
"""How many papers are judged and released together."""
ThingT = TypeVar("ThingT")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HandOver:
    """What one day's hand-over came to; counts and words only.

    ``withheld`` papers have no ground; ``unwritable`` lines hold what the file cannot say (see the format's README), and
    nothing of them was released.
    """

    exchange_id: UUID
    outcome: str
    lines: int
    withheld: int
    unwritable: int
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
        lines = pupils_of_exchange(tx, plan.begun.exchange_id, way.binding.siret)
    left_out = (plan.withheld, plan.unwritable)
    if plan.begun.settled is not None:
        return HandOver(plan.begun.exchange_id, plan.begun.settled, len(lines), *left_out, repeated=True)
    file = PupilFile(way.binding.siret, day, plan.sequence, lines)
    outcome = _send(custody, way, plan.begun.exchange_id, file)
    repeated = plan.begun.attempts > 1
    return HandOver(plan.begun.exchange_id, outcome.kind, len(lines), *left_out, repeated=repeated)


@dataclass(frozen=True, slots=True)
class _Plan:
    begun: log.Begun
    sequence: int
    withheld: int = 0
    unwritable: int = 0


def _plan(tx: WriteTx, catalogue: Catalogue, way: Way, day: date, *, correlation: str, now: datetime) -> _Plan:
    """Take up the day's last exchange, or begin the next sequence where something is left to hand over."""
    last = _last_sequence(tx, way.binding.slug, day)
    if last and not _settled(tx, way.binding.slug, day, last):
        return _Plan(log.begin(tx, _key(way, day, last), correlation=correlation, now=now), last)
    left = _left(tx, catalogue, way.binding.siret, day, now=now)
    counts = (left.withheld, left.unwritable)
    if last and not left.allowed:
        return _Plan(log.begin(tx, _key(way, day, last), correlation=correlation, now=now), last, *counts)
    begun = log.begin(tx, _key(way, day, last + 1), correlation=correlation, now=now)
    if begun.attempts == 1 and begun.settled is None:
        cause = Cause(exchange_id=begun.exchange_id, on_behalf_of="hub:hand_over")
        for lot in _lots(left.allowed):
            order_pushes(tx, catalogue, lot, cause, now=now)
    return _Plan(begun, last + 1, *counts)


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


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left to hand over, with the grounds held for it, and what is left out: papers and lines."""

    allowed: list[tuple[Question, Allowed]] = field(default_factory=list)
    withheld: int = 0
    unwritable: int = 0


def _left(tx: WriteTx, catalogue: Catalogue, siret: Siret, day: date, *, now: datetime) -> _Left:
    """Return what is complete that day, has a ground, can be written and was never handed over."""
    first, last = day_of(day)
    complete = complete_lines(tx, catalogue, siret, since=first, before=last)
    # A line of the file says what a paper shows, and the paper stays here.
    due = [
        Question(EvidenceId(evidence_id), EnrolmentLineId(line.line_id), siret, line.purpose, Gives.ANSWER)
        for line in complete
        for evidence_id in line.evidence
    ]
    handed = _handed_over(tx, siret, [line.line_id for line in complete])
    allowed: list[tuple[Question, Allowed]] = []
    withheld = unsaid = 0
    for lot in _lots([one for one in due if (one.evidence_id, one.line_id) not in handed]):
        ruled = hold_grounds(tx, catalogue, lot, now=now)
        bad = _unwritable(tx, {question.line_id for question, _ in ruled.allowed})
        allowed += [one for one in ruled.allowed if one[0].line_id not in bad]
        withheld, unsaid = withheld + len(ruled.refused), unsaid + len(bad)
    return _Left(allowed, withheld, unsaid)


def _unwritable(tx: ReadTx, lines: Collection[EnrolmentLineId]) -> set[UUID]:
    """Return the lines that the file has no way to say: they are found out before anything of them is released."""
    bad = {line_id: fields for line_id, pupil in pupils_of_lines(tx, lines).items() if (fields := unwritable(pupil))}
    for line_id, fields in bad.items():
        _LOG.warning("line %s cannot be written to the file: %s", line_id, ", ".join(fields))
    return set(bad)


def _lots(things: Sequence[ThingT]) -> Iterator[Sequence[ThingT]]:
    return (things[start : start + LOT] for start in range(0, len(things), LOT))


def _handed_over(tx: ReadTx, siret: Siret, lines: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    statement = select(RELEASE.c.evidence_id, RELEASE.c.line_id).where(
        RELEASE.c.line_id == any_(literal(list(lines), ARRAY(Uuid))),
        RELEASE.c.recipient == siret,
        RELEASE.c.channel == Channel.PUSH.value,
    )
    return {(row.evidence_id, row.line_id) for row in tx.execute(statement)}


def _send(custody: Custody, way: Way, exchange_id: UUID, file: PupilFile) -> ExchangeOutcome:
    if not file.lines:
        outcome = ExchangeOutcome(OutcomeKind.EMPTY, proof="no line turned satisfied on this day")
        with custody.db.transaction() as tx:
            log.settle(tx, exchange_id, outcome, phase=Phase.NOT_SENT, now=custody.now())
        return outcome
    codec = PupilFileCodec()
    request = codec.encode(file, way.binding)
    with span("exchange", f"{way.binding.slug} {OPERATION}") as followed:
        exchange = way.transport.send(request)
        outcome = codec.decode(file, exchange)
        followed["outcome"] = str(outcome.kind)
    digest = hashlib.sha256(request.body).digest()
    with custody.db.transaction() as tx:
        if outcome.kind is OutcomeKind.UNAVAILABLE:
            log.postpone(tx, exchange_id, outcome, phase=exchange.phase, until=custody.now())
        else:
            log.settle(tx, exchange_id, outcome, phase=exchange.phase, now=custody.now(), digest=digest)
    return outcome
