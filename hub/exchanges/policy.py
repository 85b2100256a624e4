"""What follows from an outcome: the table of retries, by how far the conversation got and what a repeat would do."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from connectors.port import HELD_BACK, Operation, OperationKind, WriteClass
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)
_RANDOM = secrets.SystemRandom()


class Step(StrEnum):
    """What the engine does next with an exchange."""

    SETTLE = "settle"
    """It has its outcome."""
    AGAIN = "again"
    """The same is sent once more: nothing happened, or a repeat is harmless."""
    LOOK_UP = "look_up"
    """It may have happened, and the partner can be asked."""
    DOUBT = "doubt"
    """It may have happened, and only a person can find out."""
    PARK = "park"
    """It did not happen, and it will not without a person: the fault is ours."""
    QUARANTINE = "quarantine"
    """The answer breaks the contract: its bytes wait for somebody who understands them."""


_WAITS = frozenset({OutcomeKind.RATE_LIMITED, OutcomeKind.CLOSED})
_OURS = frozenset({OutcomeKind.AUTH_FAILED, OutcomeKind.MISCONFIGURED})
_UNSURE = frozenset({OutcomeKind.UNAVAILABLE, OutcomeKind.IN_DOUBT})


def next_step(outcome: ExchangeOutcome, phase: Phase, operation: Operation) -> Step:
    """Return what follows; a codec that calls a broken conversation harmless is not believed where a repeat is not.

    | how it failed | keyed, natural, read | look-up | none |
    | --- | --- | --- | --- |
    | not sent | again | again | again |
    | sent, and no full reply | again, under the same key | look-up | doubt |
    | rate-limited, closed | at the time given | the same | the same |
    | an answer that breaks the contract | quarantine | look-up | doubt |
    | refused for our credentials or settings | park | park | park |
    """
    if outcome.kind in _WAITS:
        return Step.AGAIN
    if outcome.kind in _OURS:
        return Step.PARK
    if outcome.kind is OutcomeKind.CONTRACT_BREACH:
        return Step.QUARANTINE if operation.repeatable else _unsure(operation)
    if outcome.kind in _UNSURE:
        return Step.AGAIN if operation.repeatable or phase is Phase.NOT_SENT else _unsure(operation)
    return Step.SETTLE


def after_a_death(operation: Operation) -> Step:
    """Return what follows where the process died while it was sending: it may have sent everything, or nothing."""
    return Step.AGAIN if operation.repeatable else _unsure(operation)


def _unsure(operation: Operation) -> Step:
    return Step.LOOK_UP if operation.write_class is WriteClass.LOOKUP else Step.DOUBT


def wait_before(attempt: int) -> timedelta:
    """Return how long to wait after the ``attempt``-th conversation: by chance, so that what failed together parts."""
    longest = min(FIRST_WAIT * 3 ** min(attempt, 8), LONGEST_WAIT)
    return timedelta(seconds=_RANDOM.uniform(FIRST_WAIT.total_seconds(), longest.total_seconds()))


def counted(outcome: ExchangeOutcome) -> bool:
    """Tell whether a conversation uses up one of an exchange's tries: what was put off by agreement does not."""
    return outcome.kind not in _WAITS and outcome.code != HELD_BACK


@dataclass(frozen=True, slots=True)
class Budget:
    """How many of a binding's conversations in an hour may be repeats: a tenth, and a few where there are hardly any."""

    share: float = 0.1
    always: int = 20

    def allows(self, repeats: int, altogether: int) -> bool:
        """Tell whether one more repeat is within it."""
        return repeats < max(self.always, self.share * altogether)


def fails(outcome: ExchangeOutcome, operation: Operation) -> bool:
    """Tell whether an outcome speaks against the partner's end-point, as the breaker counts it."""
    unsure_write = operation.kind is OperationKind.PUSH and outcome.kind is OutcomeKind.IN_DOUBT
    return outcome.code != HELD_BACK and (outcome.kind is OutcomeKind.UNAVAILABLE or unsure_write)
