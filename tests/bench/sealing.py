"""What finding and verifying a seal costs on a clean page, and how many photographs of one are read."""

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from connectors.sandbox.papers import create_authority
from contracts.documents import Outcome
from tests.assets import sealed_photos
from tests.bench.measuring import Row, at_most, seconds
from vault.ingest import codes
from vault.seals.trust import TrustStore

REPETITIONS = 25
ON = date(2026, 9, 1)


def seal_a4_page() -> Iterator[Row]:
    """Milliseconds to find and verify the code of an A4 page at 200 dots per inch; its goal is 150."""
    with tempfile.TemporaryDirectory() as folder:
        authority = create_authority(Path(folder))
        trust = TrustStore.load(authority.trust, allow_test_authority=True)
        page = sealed_photos.page(authority.seal("28", sealed_photos.FIELDS, issued_on=date(2026, 7, 1)))

        def verified() -> None:
            assert codes.judge(codes.find(page), trust, on=ON).outcome is Outcome.PASSED

        verified()
        spent = [seconds(verified) * 1000 for _ in range(REPETITIONS)]
    yield at_most("seal_a4_page", spent, 150, "ms")


def seals_photographed() -> Iterator[Row]:
    """Codes read among those of every distortion and measure; none may be read wrongly, one may stay unread."""
    with tempfile.TemporaryDirectory() as folder:
        authority = create_authority(Path(folder))
        trust = TrustStore.load(authority.trust, allow_test_authority=True)
        seen = [outcome for _, _, outcome, _ in sealed_photos.outcomes(authority, trust)]
    read, wrong = seen.count(Outcome.PASSED.value), [each for each in seen if each not in ("passed", "no_seal")]
    holds = not wrong and read >= len(seen) - 1
    yield Row("seals_photographed", read, "", f"≥ {len(seen) - 1}", holds, note=f"of {len(seen)}; {len(wrong)} wrongly")
