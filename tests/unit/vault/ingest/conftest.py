"""The authorities that demo papers are sealed by, and what this machine reads pixels with."""

from collections.abc import Iterator

import pytest

from tests.assets.authorities import authority, folder, registry, trust
from vault.ingest import ocr
from vault.ingest.engines import Wanted

__all__ = ["authority", "engine", "folder", "registry", "trust"]


@pytest.fixture(scope="module")
def engine() -> Iterator[ocr.Engine]:
    """Return what this machine reads pixels with."""
    with pytest.MonkeyPatch.context() as patch:
        # A busy machine must not make a page illegible.
        patch.setattr(ocr, "_PAGE_MILLISECONDS", 60_000)
        found = ocr.engine(Wanted())
        if found is None:
            pytest.skip("no engine on this machine")
        yield found
