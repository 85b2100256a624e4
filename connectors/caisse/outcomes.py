"""What the answers of every Caisse's software have in common: statuses, words for errors, and doubt where nothing is sure."""

from datetime import UTC, datetime

from connectors.doubt import unavailable, unsure
from connectors.port import Exchange, Operation, retry_after
from contracts.outcomes import ExchangeOutcome, OutcomeKind

_CODES = {
    "AUTH": OutcomeKind.AUTH_FAILED,
    "FERME": OutcomeKind.CLOSED,
    "DEBIT": OutcomeKind.RATE_LIMITED,
    "CONFLIT": OutcomeKind.CONFLICT,
    "INDISPONIBLE": OutcomeKind.UNAVAILABLE,
}
"""The partner's words for an error, however it is said; any other refuses what was sent."""


class Contradiction(Exception):
    """A valid answer that cannot be true: of something else, or with sums that do not add up; says which."""


def by_status(exchange: Exchange, operation: Operation) -> ExchangeOutcome | None:
    """Return what the status alone decides, or None where the body has to be read: under 200, and under 500 for faults."""
    status = exchange.status
    if status in (401, 403):
        return ExchangeOutcome(OutcomeKind.AUTH_FAILED, code=str(status))
    if status == 429:
        return ExchangeOutcome(OutcomeKind.RATE_LIMITED, code="429", until=retry_after(exchange))
    if status == 503 and retry_after(exchange) is not None:
        return ExchangeOutcome(OutcomeKind.CLOSED, code="503", until=retry_after(exchange))
    if status not in (200, 500):
        # Something between us and the partner answered: whether the partner got it, it does not say.
        return unavailable(operation, str(status))
    return None


def refusal(code: str, until: str, exchange: Exchange, operation: Operation) -> ExchangeOutcome:
    """Return what an error of the partner's comes to, by its word for it, and until when it said that holds."""
    if not code:
        return unsure(operation, "error_without_code")
    kind = _CODES.get(code, OutcomeKind.REJECTED)
    if kind is OutcomeKind.UNAVAILABLE:
        return unavailable(operation, code)
    waits = kind in (OutcomeKind.CLOSED, OutcomeKind.RATE_LIMITED)
    return ExchangeOutcome(kind, code=code[:64], until=_until(until, exchange) if waits else None)


def _until(said: str, exchange: Exchange) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return retry_after(exchange)
    return moment.astimezone(UTC) if moment.tzinfo is not None else None
