"""Fixtures: a test seal authority, a test civil registry and the trust store that knows them."""

from pathlib import Path

import pytest

from connectors.sandbox.papers import CivilRegistry, SealAuthority, create_authority, create_registry
from vault.seals.trust import TrustStore


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the authorities live."""
    return tmp_path_factory.mktemp("seals")


@pytest.fixture(scope="session")
def authority(folder: Path) -> SealAuthority:
    """Return the test seal authority."""
    return create_authority(folder)


@pytest.fixture(scope="session")
def registry(folder: Path) -> CivilRegistry:
    """Return the test civil registry."""
    return create_registry(folder)


@pytest.fixture(scope="session")
def trust(folder: Path, authority: SealAuthority, registry: CivilRegistry) -> TrustStore:
    """Return a store that believes both."""
    return TrustStore.load(folder / "trust", allow_test_authority=True)
