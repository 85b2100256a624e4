"""The City's gateway as whoever sends messages uses it: hand one over, or ask whether it was taken."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from connectors.port import Binding, Transport
from connectors.sms.codec import SmsCodec, TextMessage
from contracts.outcomes import ExchangeOutcome

_CODEC = SmsCodec()


class TextWay(Protocol):
    """What carries a text message."""

    def send(self, text: TextMessage) -> ExchangeOutcome:
        """Hand it over; a fault of the network is an outcome, never an exception."""
        ...

    def look(self, message: UUID) -> ExchangeOutcome:
        """Ask whether a message was taken."""
        ...


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """One gateway behind its binding."""

    binding: Binding
    transport: Transport = field(repr=False)

    def send(self, text: TextMessage) -> ExchangeOutcome:
        """Hand a message over; raises :class:`~connectors.errors.SecretMissing` for a binding without its token."""
        return _CODEC.decode(text, self.transport.send(_CODEC.encode(text, self.binding)))

    def look(self, message: UUID) -> ExchangeOutcome:
        """Ask whether the gateway has a message; raises as :meth:`send`."""
        return _CODEC.decode_look(message, self.transport.send(_CODEC.encode_look(message, self.binding)))
