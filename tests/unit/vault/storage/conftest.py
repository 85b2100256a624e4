"""A real SeaweedFS."""

from collections.abc import Iterator

import pytest

from tests.unit.vault.storage.seaweed import Seaweed, running_seaweed


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Seaweed]:
    """One store a session."""
    with running_seaweed() as store:
        yield store
