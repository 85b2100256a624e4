"""Bubblewrap around the reader's server: what it shows there, and that papers are read in it as anywhere."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts.documents import MediaType
from tests.assets.hostile import image
from tests.debian import debian
from tests.unit.vault.ingest.processes import server_of
from vault.ingest import bubble
from vault.ingest.child import ReaderChild
from vault.ingest.reasons import Reason
from vault.seals.trust import TrustStore


@pytest.fixture(scope="module")
def child(trust: TrustStore) -> Iterator[ReaderChild]:
    debian("bwrap", package="bubblewrap")
    if not bubble.granted():
        pytest.skip("not run: this machine lets bubblewrap do nothing")
    with ReaderChild(trust) as running:
        yield running


def inside(child: ReaderChild) -> Path:
    return Path(f"/proc/{server_of(child.start())}")


def test_papers_are_read_there(child: ReaderChild) -> None:
    assert child.read(image("PNG"), MediaType.PNG, today=date(2026, 9, 1)).reason is Reason.READ


def test_it_sees_programs_and_none_of_our_files(child: ReaderChild, tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    root = inside(child) / "root"
    code = Path(bubble.vault.__file__).parents[1]
    assert (root / "usr").is_dir()
    assert not (root / tmp_path.relative_to("/")).exists()
    shown = {place.name for place in (root / code.relative_to("/")).iterdir()}
    assert shown <= {"vault", "contracts", ".venv"}
    assert not os.access(root / code.relative_to("/") / "vault" / "x", os.W_OK)


def test_it_has_no_network_and_is_alone(child: ReaderChild) -> None:
    server = inside(child)
    lines = (server / "net/dev").read_text(encoding="ascii").splitlines()
    assert [line.split(":")[0].strip() for line in lines if ":" in line] == ["lo"]
    for kind in ("pid", "net", "mnt", "ipc", "uts", "user"):
        assert (server / "ns" / kind).readlink() != Path(f"/proc/self/ns/{kind}").readlink()
    told = dict(line.split(":", 1) for line in (server / "status").read_text(encoding="ascii").splitlines())
    assert int(told["CapEff"], 16) == 0


def test_where_it_may_not_work_the_server_runs_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    bubble.granted.cache_clear()
    try:
        assert bubble.enclosed(["true"], folder=tmp_path) == ["true"]
    finally:
        bubble.granted.cache_clear()
