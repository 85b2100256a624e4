"""A confined process can compute and answer, and nothing else, with every limit and with one of them missing."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vault.ingest.limits import available_limits

ROOT = Path(__file__).parents[4]
GRANTED = available_limits()


def probe(folder: Path, *without: str) -> dict[str, Any]:
    """Run the probe in a process of its own and return its results."""
    (folder / "there").write_text("")
    command = [sys.executable, "-m", "tests.unit.vault.ingest.probe", str(folder), *without]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGABRT, done.stderr.decode()
    results: dict[str, Any] = json.loads(done.stdout)
    return results


@pytest.mark.skipif(not GRANTED.seccomp, reason="this machine grants no system-call filter")
@pytest.mark.parametrize("without", [(), ("landlock",)], ids=["all limits", "no Landlock"])
def test_a_confined_process_can_only_compute(tmp_path: Path, without: tuple[str, ...]) -> None:
    results = probe(tmp_path, *without)
    assert results["seccomp"]
    assert [act for act, came_to in results["acts"].items() if came_to == "done"] == []
    assert results["works"] == ["thread", "pair", "memory", "bounded"]
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.skipif(not GRANTED.landlock, reason="this machine grants no Landlock")
def test_landlock_alone_still_keeps_files_closed(tmp_path: Path) -> None:
    results = probe(tmp_path, "seccomp")
    assert (results["landlock"], results["seccomp"]) == (GRANTED.landlock, False)
    for act in ("read a file", "read the parent's environment", "write a file", "remove a file"):
        assert results["acts"][act] == "PermissionError", act


def test_the_machine_says_what_it_grants() -> None:
    assert GRANTED.no_new_privileges
    assert GRANTED.landlock >= 0
