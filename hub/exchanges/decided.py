"""A file of decisions that a body left for us: one exchange a file, one outcome a line, harmless to take in again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from connectors.port import Binding
from contracts.decisions import Decision, DecisionOutcome, Taken
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.decisions.recording import Sender, record_decisions
from hub.exchanges import log
from hub.requirements.catalogue import Catalogue
from vault.documents.custody import Custody
from vault.standing import standing

OPERATION = "decisions"
BATCH = 200
"""Decisions of one transaction: it holds the body's lock, and a file may have thousands."""


@dataclass(frozen=True, slots=True)
class DecisionFile:
    """What a codec read: the partner's own name of the file, the SHA-256 of its bytes, and its decisions in order."""

    name: str
    digest: bytes
    decisions: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file: its exchange, the outcome as a whole, and one outcome a line, in the file's order."""

    exchange_id: UUID
    outcome: OutcomeKind
    lines: tuple[DecisionOutcome, ...]


def take_in(
    custody: Custody, catalogue: Catalogue, binding: Binding, file: DecisionFile, *, correlation: str
) -> TakenIn:
    """Record the decisions of a file under one exchange row, which is written first and settled last.

    A file that was re-sent with other bytes is another exchange, in which what was recorded is said to be a repetition.
    A process that dies in between leaves what it recorded, and the next one goes on. Raises
    :class:`~hub.errors.ExchangeInFlight` while another process is at it.
    """
    with standing(partner=binding.siret):
        with custody.db.transaction() as tx:
            key = log.Key(binding.slug, OPERATION, f"{file.name}/{file.digest.hex()}")
            begun = log.begin(tx, key, correlation=correlation, now=custody.now())
        sender, lines = Sender(binding.siret, begun.exchange_id), list[DecisionOutcome]()
        for first in range(0, len(file.decisions), BATCH):
            part = file.decisions[first : first + BATCH]
            with custody.db.transaction() as tx:
                lines += record_decisions(tx, catalogue, sender, part, now=custody.now())
        outcome = _outcome(lines)
        if begun.settled is None:
            with custody.db.transaction() as tx:
                log.hold(tx, begun)
                now = custody.now()
                log.settle(tx, begun.exchange_id, outcome, phase=Phase.COMPLETE, now=now, digest=file.digest)
    return TakenIn(begun.exchange_id, outcome.kind, tuple(lines))


def _outcome(lines: Sequence[DecisionOutcome]) -> ExchangeOutcome:
    counts = {kind.value: sum(one.taken is kind for one in lines) for kind in Taken}
    refused = counts[Taken.REFUSED]
    if not lines:
        return ExchangeOutcome(OutcomeKind.EMPTY, proof="the file counts no line")
    if refused:
        kind = OutcomeKind.REJECTED if refused == len(lines) else OutcomeKind.PARTIAL
        return ExchangeOutcome(kind, code=f"refused:{refused}", data=counts)
    return ExchangeOutcome(OutcomeKind.APPLIED if counts[Taken.RECORDED] else OutcomeKind.DUPLICATE, data=counts)
