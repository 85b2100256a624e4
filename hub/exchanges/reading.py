"""What an exchange does, opened; and what its connector makes of an answer, whatever that is."""

import logging
from typing import Any

from sqlalchemy.engine import Row

from connectors.port import Exchange, OperationKind
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.exchanges.ways import Way
from vault.bodies.keeping import SealedCommand, open_command
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.errors import BodyGone

_LOG = logging.getLogger(__name__)


def command_of(tx: ReadTx, custody: Custody, way: Way, row: "Row[Any]") -> Any:
    """Return what an exchange does.

    Raises :class:`~vault.errors.BodyGone` where it has no command, or the key of its period was destroyed.
    """
    if row.command is None:
        raise BodyGone(str(row.exchange_id))
    sealed = SealedCommand(row.command_period, row.command_generation, bytes(row.command))
    return way.codec.commands.validate_json(open_command(tx, custody, row.exchange_id, sealed))


def decoded(way: Way, command: Any, exchange: Exchange) -> ExchangeOutcome:
    """Return what the codec makes of a conversation; where it raises against its contract, that is an outcome too."""
    try:
        return way.codec.decode(command, exchange)
    except Exception as error:  # noqa: BLE001 - decode is total by contract; what breaks that is still an outcome
        _LOG.error("the codec of %s raised %s", way.codec.manifest.connector, type(error).__name__)
        kind = way.operation(command.operation).kind
        doubt = kind is OperationKind.PUSH and exchange.phase is not Phase.NOT_SENT
        return ExchangeOutcome(OutcomeKind.IN_DOUBT if doubt else OutcomeKind.CONTRACT_BREACH, code="codec")
