"""How a binding is reached, and where an exchange with it stands after a step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.port import Binding, Operation, Replayable, Transport
from contracts.outcomes import ExchangeOutcome
from hub.exchanges.planning import State


@dataclass(frozen=True, slots=True)
class Way:
    """How one binding is reached: its connector's codec and the transport of this binding alone."""

    codec: Replayable[Any]
    binding: Binding
    transport: Transport

    def operation(self, name: str) -> Operation:
        """Return what the connector declares of an operation."""
        return self.codec.manifest.operations[name]

    def closed_until(self, now: datetime) -> datetime | None:
        """Return when the partner opens again, by what its connector says of every body and what is said of this one."""
        here = (until for one in self.binding.closed if (until := one.until(now)) is not None)
        return max((*here, *filter(None, [self.codec.manifest.closed_until(now)])), default=None)


Ways = Callable[[str], Way]
"""The way of a binding, by its name."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Where an exchange stands after this; ``again`` is when to take it up next, none where there is nothing to do."""

    exchange_id: UUID
    state: State
    outcome: ExchangeOutcome | None = None
    again: datetime | None = None
