"""One question to API Particulier: what may not be asked, or cannot be, leaves no byte and says why."""

from connectors.api_particulier.codec import ApiParticulierCodec
from connectors.api_particulier.messages import Question
from connectors.errors import OperationNotEnabled, SecretMissing
from connectors.port import Binding, Transport
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from vault.telemetry import span

CODEC = ApiParticulierCodec()


def ask(question: Question, binding: Binding, transport: Transport) -> tuple[ExchangeOutcome, Phase]:
    """Ask, and return what it came to and how far it got.

    Misconfigured: the binding's habilitation is not for this route, or a secret is missing. Rejected: the question lacks
    what the route requires, which is the person's civil status here and no fault of the partner's.
    """
    try:
        request = CODEC.encode(question, binding)
    except OperationNotEnabled:
        return ExchangeOutcome(OutcomeKind.MISCONFIGURED, code=f"not_enabled:{question.route.name}"), Phase.NOT_SENT
    except SecretMissing:
        return ExchangeOutcome(OutcomeKind.MISCONFIGURED, code="secret_missing"), Phase.NOT_SENT
    if lacking := question.missing():
        return ExchangeOutcome(OutcomeKind.REJECTED, code=f"missing:{','.join(lacking)}"), Phase.NOT_SENT
    with span("exchange", f"{binding.slug} {question.route.name}") as told:
        exchange = transport.send(request)
        outcome = CODEC.decode(question, exchange)
        told["outcome"] = str(outcome.kind)
    return outcome, exchange.phase
