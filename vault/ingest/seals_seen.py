"""The seals of one file, each with its verdict and its sealed values, and their form on the pipe from the child."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from vault.ingest.reading import WireError
from vault.ingest.reasons import Reason
from vault.seals.verdict import SealVerdict


@dataclass(frozen=True, slots=True)
class SealsSeen:
    """What looking for seals came to: why it ended, one verdict a seal, and the verdict on all of them together."""

    reason: Reason
    verdicts: tuple[SealVerdict, ...] = field(default=(), repr=False)
    together: SealVerdict | None = field(default=None, repr=False)

    def to_wire(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "reason": self.reason.value,
            "verdicts": [verdict.to_wire() for verdict in self.verdicts],
            "together": None if self.together is None else self.together.to_wire(),
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Rebuild it from :meth:`to_wire`; the sender has parsed hostile bytes and is not believed.

        Raises:
            WireError: a value is missing, of another type, or not one of ours.
        """
        try:
            together = wire["together"]
            return cls(
                Reason(wire["reason"]),
                tuple(SealVerdict.from_wire(verdict) for verdict in wire["verdicts"]),
                None if together is None else SealVerdict.from_wire(together),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise WireError from None
