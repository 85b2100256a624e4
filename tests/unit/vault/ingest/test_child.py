"""The limited child from outside: hostile files, loops, bombs and kills end in a reading, and the next one works."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from connectors.sandbox.papers import (
    Child,
    CivilRegistry,
    Parent,
    SealAuthority,
    birth_certificate,
    residence_bill,
    tax_notice_photo,
)
from contracts.documents import DocumentState, MediaType
from tests.assets.hostile import ASSETS, BOMBS, Asset, endless_drawing, image, vast_photo
from tests.system import eventually
from tests.unit.vault.ingest.processes import children_of, runs, server_of
from vault.ingest.child import Limits, ReaderChild
from vault.ingest.engines import Wanted
from vault.ingest.ocr import engine
from vault.ingest.reader import read
from vault.ingest.reasons import Reason
from vault.seals.trust import TrustStore

ENGINE = engine(Wanted())
TODAY = date(2026, 9, 1)
ENDLESS = endless_drawing()
PATIENCE = 120
"""Seconds after which a test gives up; none is ever compared with what something took."""


@pytest.fixture(scope="module")
def child(trust: TrustStore) -> Iterator[ReaderChild]:
    """Run a child with the usual limits."""
    with ReaderChild(trust) as running:
        yield running


def papers(authority: SealAuthority, registry: CivilRegistry) -> list[tuple[bytes, MediaType]]:
    """Return the three demo papers."""
    bill = residence_bill(
        authority,
        holder_name="Camille MARTIN",
        street="12 rue des Tilleuls",
        postcode="75012",
        town="Paris",
        issued_on=date(2026, 5, 4),
    )
    notice = tax_notice_photo(
        authority,
        declarant="MARTIN Camille",
        reference_income=24560,
        parts="2,5",
        income_year=2025,
        issued_on=date(2026, 7, 31),
    )
    born = birth_certificate(
        registry,
        child=Child("Martin", "Lina", date(2018, 3, 12), "Val-des-Tilleuls"),
        parents=[Parent("Martin", "Camille")],
        issued_on=TODAY,
    )
    return [(bill, MediaType.PDF), (notice, MediaType.JPEG), (born, MediaType.PDF)]


def wait_for_fork(pid: int) -> int:
    """Wait until ``pid`` has a child, and return it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if forks := children_of(pid):
            return forks[0]
        time.sleep(0.005)
    raise AssertionError


def test_the_child_reads_what_this_process_reads(
    child: ReaderChild, authority: SealAuthority, registry: CivilRegistry, trust: TrustStore
) -> None:
    for data, announced in papers(authority, registry):
        inside = child.read(data, announced, today=TODAY)
        assert inside == read(data, announced, trust=trust, today=TODAY, engine=ENGINE)
        assert inside.verdict is DocumentState.AVAILABLE


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_a_hostile_file_ends_as_it_must(asset: Asset, child: ReaderChild) -> None:
    assert child.read(asset.make(), asset.announced, today=TODAY).reason is asset.reason


@pytest.mark.parametrize("asset", BOMBS, ids=lambda asset: asset.name)
def test_a_bomb_is_quarantined_and_harms_nobody_else(asset: Asset, child: ReaderChild) -> None:
    assert child.read(asset.make(), asset.announced, today=TODAY).verdict is DocumentState.QUARANTINED
    assert child.read(image("PNG"), MediaType.PNG, today=TODAY).reason is Reason.READ


def test_many_threads_share_one_child(child: ReaderChild) -> None:
    kinds = [("JPEG", MediaType.JPEG), ("PNG", MediaType.PNG)] * 8
    with ThreadPoolExecutor(8) as pool:
        readings = list(pool.map(lambda kind: child.read(image(kind[0]), kind[1], today=TODAY), kinds))
    assert [reading.media_type for reading in readings] == [announced for _, announced in kinds]


def test_an_endless_page_meets_the_processor_limit(trust: TrustStore) -> None:
    with ReaderChild(trust, limits=Limits(cpu_seconds=1)) as child:
        assert child.read(ENDLESS, MediaType.PDF, today=TODAY).reason is Reason.TOO_SLOW
        assert child.read(image("PNG"), MediaType.PNG, today=TODAY).reason is Reason.READ


def test_an_endless_page_meets_the_clock(trust: TrustStore) -> None:
    # So much processor time is allowed that only the clock can end it.
    with ReaderChild(trust, limits=Limits(wall_seconds=0.5, cpu_seconds=600)) as child:
        reading = child.read(ENDLESS, MediaType.PDF, today=TODAY)
        assert (reading.reason, reading.verdict) == (Reason.TOO_SLOW, DocumentState.QUARANTINED)
        assert children_of(server_of(child.start())) == []


def test_a_memory_bomb_meets_its_limit(trust: TrustStore) -> None:
    with ReaderChild(trust, limits=Limits(address_space=600_000_000)) as child:
        assert child.read(vast_photo(), MediaType.PNG, today=TODAY).reason is Reason.TOO_MUCH_MEMORY
        assert child.read(image("PNG"), MediaType.PNG, today=TODAY).reason is Reason.READ


def test_a_vast_photo_stays_within_the_usual_limits(child: ReaderChild) -> None:
    assert child.read(vast_photo(), MediaType.PNG, today=TODAY).reason is Reason.READ


def test_a_fork_killed_midway_quarantines_its_document_only(child: ReaderChild) -> None:
    server = server_of(child.start())
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(child.read, ENDLESS, MediaType.PDF, today=TODAY)
        os.kill(wait_for_fork(server), signal.SIGKILL)
        assert answer.result(timeout=PATIENCE).reason is Reason.READER_FAILED
    assert child.read(image("PNG"), MediaType.PNG, today=TODAY).reason is Reason.READ
    assert server_of(child.start()) == server


def test_a_killed_server_is_replaced_and_its_document_read_again(trust: TrustStore) -> None:
    with ReaderChild(trust, limits=Limits(wall_seconds=2)) as child, ThreadPoolExecutor(1) as pool:
        server = server_of(child.start())
        answer = pool.submit(child.read, ENDLESS, MediaType.PDF, today=TODAY)
        fork = wait_for_fork(server)
        os.kill(server, signal.SIGKILL)
        assert answer.result(timeout=PATIENCE).reason is Reason.TOO_SLOW
        assert server_of(child.start()) != server
        eventually(lambda: not runs(fork))


def test_closing_leaves_no_process(trust: TrustStore) -> None:
    child = ReaderChild(trust)
    around = child.start()
    server = server_of(around)
    child.close()
    assert not Path(f"/proc/{around}").exists()
    eventually(lambda: not runs(server))


def test_the_server_knows_nothing_of_us(child: ReaderChild) -> None:
    server = server_of(child.start())
    told = Path(f"/proc/{server}/environ").read_bytes().rstrip(b"\0").split(b"\0")
    # Bubblewrap tells where it starts what it holds.
    told = [line for line in told if not line.startswith(b"PWD=")]
    assert set(told) == {b"OMP_NUM_THREADS=1", b"OMP_THREAD_LIMIT=1", b"OPENBLAS_NUM_THREADS=1"}
    links = [link.readlink() for link in Path(f"/proc/{server}/fd").iterdir()]
    assert sum("socket" in str(link) for link in links) == 1


def test_whoever_asks_loads_no_parser() -> None:
    parsers = "{'PIL', 'pypdfium2', 'zxingcpp', 'pyhanko', 'tddoc'}"
    command = [sys.executable, "-c", f"import sys, vault.ingest.child; print(sorted({parsers} & set(sys.modules)))"]
    done = subprocess.run(command, cwd=Path(__file__).parents[4], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
