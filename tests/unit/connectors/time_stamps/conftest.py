"""A time-stamping authority that really signs, and a way to it that knows no network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.port import Exchange, WireRequest
from connectors.sandbox.provisioning import STAMP_POLICY, create_stamp_root
from connectors.sandbox.time_stamps import StampingAuthority
from connectors.time_stamps.authority import Authority, Place
from connectors.time_stamps.tokens import Stamp, Trust
from contracts.outcomes import Phase

NOW = datetime(2026, 11, 23, 3, 40, tzinfo=UTC)
DATA = b"unefois/journal\n7\n"


@dataclass
class Wire:
    """Carries a query to the authority that the sandbox plays, with the fault that is set."""

    played: StampingAuthority
    fault: str | None = None
    sent: WireRequest | None = None

    def send(self, request: WireRequest) -> Exchange:
        self.sent = request
        return Exchange(Phase.COMPLETE, NOW, 200, (), self.played.answer(request.body, NOW, self.fault))


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_stamp_root(tmp_path_factory.mktemp("stamping"))


@pytest.fixture(scope="session")
def played(root: Path) -> StampingAuthority:
    return StampingAuthority(root.parent.parent)


@pytest.fixture
def trust(root: Path) -> Trust:
    return Trust.read(STAMP_POLICY, root)


@pytest.fixture
def wire(played: StampingAuthority) -> Wire:
    return Wire(played)


@pytest.fixture
def asked(wire: Wire, trust: Trust) -> Iterator[Callable[..., Stamp]]:
    """Ask the authority, with a fault of its."""

    def ask(fault: str | None = None, data: bytes = DATA) -> Stamp:
        wire.fault = fault
        return Authority(Place("https://tsa.example/"), trust, wire).stamp(data, now=NOW)

    return ask
