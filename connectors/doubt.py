"""What an exchange comes to that was not answered, or not so that it can be read: a doubt where a repeat could do harm."""

from connectors.port import Operation, OperationKind
from contracts.outcomes import ExchangeOutcome, OutcomeKind


def unavailable(operation: Operation, code: str) -> ExchangeOutcome:
    """Return that nobody who counts answered: harmless where a repeat is, a doubt where it could double the effect."""
    kind = OutcomeKind.UNAVAILABLE if operation.repeatable else OutcomeKind.IN_DOUBT
    return ExchangeOutcome(kind, code=code)


def unsure(operation: Operation, code: str) -> ExchangeOutcome:
    """Return what an answer comes to that cannot be read: of a write nobody knows, of a read it breaks the contract."""
    kind = OutcomeKind.IN_DOUBT if operation.kind is OperationKind.PUSH else OutcomeKind.CONTRACT_BREACH
    return ExchangeOutcome(kind, code=code)
