"""The server that forks for every document keeps nothing of any of them."""

from datetime import date
from pathlib import Path

import pytest

from contracts.documents import MediaType
from tests.assets.heic import heic
from tests.assets.hostile import image, pdfs
from tests.system import eventually
from tests.unit.vault.ingest.processes import server_of
from vault.ingest.child import ReaderChild
from vault.ingest.reasons import Reason
from vault.seals.trust import TrustStore

DOCUMENTS = 500
GROWTH_KB = 4_000


def resident_kb(pid: int) -> int:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.slow
def test_five_hundred_documents_leave_no_memory_and_no_file(trust: TrustStore) -> None:
    kinds = [
        (image("PNG", (64, 48)), MediaType.PNG),
        (heic((64, 64)), MediaType.HEIC),
        (pdfs.pdf([b"<< /Type /Catalog /Pages 2 0 R >>"]), MediaType.PDF),
    ]
    with ReaderChild(trust) as child:
        server = server_of(child.start())
        readings = [child.read(data, kind, today=date(2026, 9, 1)) for data, kind in kinds]
        assert readings[0].reason is Reason.READ
        before, files = resident_kb(server), open_files(server)
        for turn in range(DOCUMENTS):
            data, kind = kinds[turn % len(kinds)]
            child.read(data, kind, today=date(2026, 9, 1))
        assert server_of(child.start()) == server
        assert resident_kb(server) - before < GROWTH_KB
        # Fewer where the last fork was still going when they were first counted; the last one now may take its moment.
        eventually(lambda: open_files(server) <= files)
