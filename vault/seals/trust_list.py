"""What a trust list says once it has been verified: which authorities were accredited, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_STATUS = "http://uri.etsi.org/TrstSvc/Svcstatus/"
_IN_FORCE = frozenset({"inaccord", "accredited", "undersupervision", "granted", "recognisedatnationallevel"})
_WITHDRAWN = frozenset({"accreditationrevoked", "supervisionrevoked", "withdrawn", "revoked", "suspended"})
"""Ends that say the authority was at fault; an orderly end (« ceased », « expired ») leaves its past seals standing."""


@dataclass(frozen=True, slots=True)
class Status:
    """A status of an authority and since when it holds; ``name`` is the last part of the URI of the standard."""

    name: str
    since: datetime

    @classmethod
    def from_uri(cls, uri: str, since: datetime) -> Self:
        """Return the status that ``uri`` names (ETSI TS 102 231, 5.5.4); an unknown one is kept and never counts."""
        return cls(uri.removeprefix(_STATUS).rstrip("/").rpartition("/")[2], since)

    @property
    def in_force(self) -> bool:
        """Tell whether the authority may seal while it holds."""
        return self.name in _IN_FORCE


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority of the list: its identifier in codes (« FR03 »), its keys, its statuses from the newest on."""

    identifier: str
    operator: str
    certificates: tuple[x509.Certificate, ...]
    statuses: tuple[Status, ...]

    @property
    def withdrawn(self) -> bool:
        """Tell whether it was struck off for cause; then none of its seals counts, for their dates are its own word."""
        return bool(self.statuses) and self.statuses[0].name in _WITHDRAWN

    def accredited_on(self, day: date) -> bool:
        """Tell whether it was accredited during ``day`` (UTC)."""
        evening = datetime.combine(day, time.max, UTC)
        held = next((status for status in self.statuses if status.since <= evening), None)
        return held is not None and held.in_force

    def to_wire(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "identifier": self.identifier,
            "operator": self.operator,
            "certificates": [each.public_bytes(Encoding.PEM).decode("ascii") for each in self.certificates],
            "statuses": [[status.name, status.since.isoformat()] for status in self.statuses],
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Rebuild it from :meth:`to_wire`."""
        return cls(
            wire["identifier"],
            wire["operator"],
            tuple(x509.load_pem_x509_certificate(pem.encode("ascii")) for pem in wire["certificates"]),
            tuple(Status(name, datetime.fromisoformat(since)) for name, since in wire["statuses"]),
        )


@dataclass(frozen=True, slots=True)
class TrustList:
    """A verified list; ``next_update`` is until when it vouches, nothing where it is closed for good."""

    sequence: int
    issued_at: datetime
    next_update: datetime | None
    authorities: tuple[Authority, ...]

    def authority(self, identifier: str) -> Authority | None:
        """Return the authority of that identifier."""
        return next((each for each in self.authorities if each.identifier == identifier), None)

    def vouches_for(self, day: date) -> bool:
        """Tell whether ``day`` lies before the day the list promised to be replaced on."""
        return self.next_update is None or day <= self.next_update.date()

    def to_wire(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "sequence": self.sequence,
            "issued_at": self.issued_at.isoformat(),
            "next_update": None if self.next_update is None else self.next_update.isoformat(),
            "authorities": [each.to_wire() for each in self.authorities],
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Rebuild it from :meth:`to_wire`."""
        until = wire["next_update"]
        return cls(
            wire["sequence"],
            datetime.fromisoformat(wire["issued_at"]),
            None if until is None else datetime.fromisoformat(until),
            tuple(Authority.from_wire(each) for each in wire["authorities"]),
        )
